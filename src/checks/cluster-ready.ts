import { busyWith, type ClusterFacts, endedBadly, redirectsBy, unfinishedUpgrade } from "../istio/cluster-facts.ts";
import type { Snapshot } from "../istio/observation.ts";
import { clusterArguments } from "./remedies.ts";
import { fail, type CheckResult, pass, type CheckInfo, unverifiable, warn } from "./check-result.ts";
import type { Goal } from "../istio/goal.ts";

const SUBJECT: CheckInfo = { id: "cluster-ready", title: "Cluster is ready" };

/** Whether the cluster is in a state to be switched and looked into. */
export function clusterReady({ cluster }: Snapshot, goal: Goal): CheckResult {
  const needsSwitch = !redirectsBy(cluster, goal.mechanism);
  const state = cluster.provisioningState.toLowerCase();
  if (state === "deleting") {
    return fail(SUBJECT, "The cluster is being deleted.", {
      remedy: "Nothing to be done, other than taking it off the list of clusters to look after.",
    });
  }
  // A cluster that is starting says Stopped for a while.
  if (isStopped(cluster.powerState) && state !== "starting") {
    const message = `The cluster is stopped (powerState ${cluster.powerState}).`;
    const remedy = `Start it: az aks start ${clusterArguments(cluster)}`;
    return needsSwitch ? fail(SUBJECT, message, { remedy }) : unverifiable(SUBJECT, { why: message, remedy });
  }
  const busy = busyWith(cluster);
  if (busy.length > 0) {
    return warn(SUBJECT, `An operation is in progress: ${busy.slice(0, 3).join(", ")}.`, {
      evidence: busy,
      remedy: "Wait for it to end; Azure refuses changes until then.",
    });
  }
  const upgrade = unfinishedUpgrade(cluster);
  if (upgrade !== undefined && needsSwitch) {
    return fail(SUBJECT, "A Kubernetes upgrade did not finish, and switching the mesh would resume it.", {
      evidence: [upgrade],
      remedy: "Finish the upgrade with az aks upgrade, or set the versions back, then run this again.",
    });
  }
  const broken = brokenParts(cluster);
  if (broken.length > 0) {
    return warn(SUBJECT, `The last operation went wrong: ${broken.slice(0, 3).join(", ")}.`, {
      evidence: upgrade === undefined ? broken : [...broken, upgrade],
      remedy: `See the activity log for the reason, then reconcile: az aks update ${clusterArguments(cluster)}`,
    });
  }
  return pass(SUBJECT, `The cluster is ${cluster.powerState || "Running"} and its last operation succeeded.`);
}

function brokenParts({ provisioningState, agentPools }: ClusterFacts): readonly string[] {
  const pools = agentPools.filter((pool) => endedBadly(pool.provisioningState));
  return [
    ...(endedBadly(provisioningState) ? [`cluster is ${provisioningState}`] : []),
    ...pools.map((pool) => `node pool ${pool.name} is ${pool.provisioningState}`),
  ];
}

function isStopped(powerState: string): boolean {
  return powerState !== "" && powerState.toLowerCase() !== "running";
}
