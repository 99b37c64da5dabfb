import { failedOperations, isStopped, operationsInProgress, unfinishedUpgrade } from "../istio/cluster-facts.ts";
import type { Goal } from "../istio/goal.ts";
import type { Snapshot } from "../istio/observation.ts";
import { redirectsOtherwise, switchNeed } from "../istio/redirection.ts";
import { type CheckInfo, type CheckResult, fail, pass, unverifiable, warn } from "./check-result.ts";
import { shellWord } from "../lib/remedy.ts";
import { clusterArguments } from "./remedies.ts";

const CHECK: CheckInfo = { id: "cluster-ready", title: "Cluster is ready" };

/** Whether the cluster is in a state in which its mesh can be switched and observed. */
export function clusterReady(snapshot: Snapshot, goal: Goal): CheckResult {
  const { cluster } = snapshot;
  const state = cluster.provisioningState.toLowerCase();
  if (state === "deleting") {
    return fail(CHECK, "Its provisioningState is Deleting, so nothing can be changed any more.", {
      title: "The cluster is being deleted",
      remedy: "Remove the cluster from the list of clusters that the workflow covers.",
    });
  }
  if (isStopped(cluster) && state !== "starting") {
    const message = `Its powerState is ${cluster.powerState}, so it can be neither changed nor looked into.`;
    const remedy = `Start it:\naz aks start ${clusterArguments(cluster)}`;
    return redirectsOtherwise(snapshot, goal.mechanism) ? fail(CHECK, message, { title: "The cluster is stopped", remedy }) : unverifiable(CHECK, { why: message, remedy });
  }
  const inProgress = operationsInProgress(cluster);
  if (inProgress.length > 0) {
    return warn(CHECK, `An operation is in progress: ${inProgress.slice(0, 3).join(", ")}.`, {
      title: "Another operation is in progress",
      evidence: inProgress,
      remedy: `Wait until it ends: Azure refuses changes until then. If it does not end, abort it:\naz aks operation-abort ${clusterArguments(cluster)}`,
    });
  }
  const upgrade = unfinishedUpgrade(cluster);
  if (upgrade !== undefined && switchNeed(snapshot, goal.mechanism).needed) {
    return fail(CHECK, "A Kubernetes upgrade did not finish, and switching the mesh would resume it.", {
      title: "A Kubernetes upgrade did not finish",
      evidence: [upgrade],
      remedy: `Finish the upgrade, or set the versions back. Then run this action again.\naz aks upgrade ${clusterArguments(cluster)} --kubernetes-version ${shellWord(cluster.kubernetesVersion, "version")}`,
    });
  }
  const failed = failedOperations(cluster);
  if (failed.length > 0) {
    return warn(CHECK, `The last operation did not succeed: ${failed.slice(0, 3).join(", ")}.`, {
      title: "The last operation on the cluster did not succeed",
      evidence: upgrade === undefined ? failed : [...failed, upgrade],
      remedy: `Find the reason in the activity log, then reconcile the cluster:\naz monitor activity-log list --resource-id CLUSTER_ID --offset 7d --status Failed --output table\naz aks update ${clusterArguments(cluster)}`,
    });
  }
  return pass(CHECK, `The cluster is ${cluster.powerState || "Running"} and its last operation succeeded.`);
}
