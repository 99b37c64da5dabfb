/** Evaluates the checks: all in the order of the contract (those of Azure first), or the ones that are named. */
import { AZURE_CHECK_IDS, type CheckId, CLUSTER_CHECK_IDS } from "../contract.ts";
import { isMeshOn, isStopped } from "../istio/cluster-facts.ts";
import type { Goal } from "../istio/goal.ts";
import type { Snapshot } from "../istio/observation.ts";
import { admissionProbe } from "./admission-probe.ts";
import { type CheckResult, skip } from "./check-result.ts";
import { clusterReady } from "./cluster-ready.ts";
import { cniChainingEnabled } from "./cni-chaining-enabled.ts";
import { cniCoversNodes } from "./cni-covers-nodes.ts";
import { cniDaemonsetReady } from "./cni-daemonset-ready.ts";
import { featureRegistered } from "./feature-registered.ts";
import { injectorConfigured } from "./injector-configured.ts";
import { meshEnabled } from "./mesh-enabled.ts";
import { namespacesLabelled } from "./namespaces-labelled.ts";
import { nodeOsSupported } from "./node-os-supported.ts";
import { podsRedirected } from "./pods-redirected.ts";
import { revisionInSupport } from "./revision-in-support.ts";
import { revisionSupported } from "./revision-supported.ts";
import { workloadsAdmitted } from "./workloads-admitted.ts";
import { workloadsCurrent } from "./workloads-current.ts";

type CheckFunction = (snapshot: Snapshot, goal: Goal) => CheckResult;

const CHECKS: Readonly<Record<CheckId, CheckFunction>> = {
  "cluster-ready": clusterReady,
  "mesh-enabled": meshEnabled,
  "revision-supported": revisionSupported,
  "revision-in-support": revisionInSupport,
  "node-os-supported": nodeOsSupported,
  "feature-registered": featureRegistered,
  "cni-chaining-enabled": cniChainingEnabled,
  "injector-configured": inCluster(injectorConfigured),
  "cni-daemonset-ready": inCluster(cniDaemonsetReady),
  "cni-covers-nodes": inCluster(cniCoversNodes),
  "namespaces-labelled": inCluster(namespacesLabelled),
  "admission-probe": inCluster(admissionProbe),
  "pods-redirected": inCluster(podsRedirected),
  "workloads-current": inCluster(workloadsCurrent),
  "workloads-admitted": inCluster(workloadsAdmitted),
};

const ALL: readonly CheckId[] = [...AZURE_CHECK_IDS, ...CLUSTER_CHECK_IDS];

/**
 * Evaluates checks. Pure: the same snapshot and goal always give the same results.
 *
 * @param ids the checks to evaluate, in the order of the results; all checks by default
 */
export function evaluate(snapshot: Snapshot, goal: Goal, ids: readonly CheckId[] = ALL): readonly CheckResult[] {
  return ids.map((id) => CHECKS[id](snapshot, goal));
}

/**
 * A check inside the cluster. Where the mesh is off it does not apply: `mesh-enabled` reports the cause. Where the cluster is stopped it
 * cannot be decided, which follows from `cluster-ready`.
 */
function inCluster(check: CheckFunction): CheckFunction {
  return (snapshot, goal) => {
    const result = check(snapshot, goal);
    if (!isMeshOn(snapshot.cluster)) return skip(result, "The mesh is off.");
    return result.unverifiable && isStopped(snapshot.cluster) ? { ...result, explainedBy: [["cluster-ready"]] } : result;
  };
}
