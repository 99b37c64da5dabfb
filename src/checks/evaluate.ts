/** All checks, in the order in which people read them: what Azure says first, then what the cluster shows. */
import { isMeshOn } from "../istio/cluster-facts.ts";
import type { Snapshot } from "../istio/observation.ts";
import { admissionProbe } from "./admission-probe.ts";
import { clusterReady } from "./cluster-ready.ts";
import { cniChainingEnabled } from "./cni-chaining-enabled.ts";
import { cniCoversNodes } from "./cni-covers-nodes.ts";
import { cniDaemonsetReady } from "./cni-daemonset-ready.ts";
import { featureRegistered } from "./feature-registered.ts";
import { injectorConfigured } from "./injector-configured.ts";
import { type Goal, type CheckResult, skip } from "./check-result.ts";
import { meshEnabled } from "./mesh-enabled.ts";
import { namespacesLabelled } from "./namespaces-labelled.ts";
import { nodeOsSupported } from "./node-os-supported.ts";
import { podsRedirected } from "./pods-redirected.ts";
import { revisionSupported } from "./revision-supported.ts";
import { workloadsAdmitted } from "./workloads-admitted.ts";
import { workloadsCurrent } from "./workloads-current.ts";

export type { Goal, CheckResult } from "./check-result.ts";

type CheckFunction = (snapshot: Snapshot, goal: Goal) => CheckResult;

/** In the order of the contract's ids. */
const AZURE_CHECKS: readonly CheckFunction[] = [
  clusterReady,
  meshEnabled,
  revisionSupported,
  nodeOsSupported,
  featureRegistered,
  cniChainingEnabled,
];

/** In the order of the contract's ids. */
const MESH_CHECKS: readonly CheckFunction[] = [
  injectorConfigured,
  cniDaemonsetReady,
  cniCoversNodes,
  namespacesLabelled,
  admissionProbe,
  podsRedirected,
  workloadsCurrent,
  workloadsAdmitted,
];

/** Judges a snapshot by a goal. Pure: the same snapshot and goal always give the same judgements. */
export function evaluate(snapshot: Snapshot, goal: Goal): readonly CheckResult[] {
  return [...AZURE_CHECKS, ...MESH_CHECKS.map((check) => (isMeshOn(snapshot.cluster) ? check : withoutMesh(check)))].map((check) =>
    check(snapshot, goal),
  );
}

/** Where the mesh is off, its parts are missing for a reason that mesh-enabled tells: nothing else needs to be said. */
function withoutMesh(check: CheckFunction): CheckFunction {
  return (snapshot, goal) => skip(check(snapshot, goal), "The mesh is off, so there is nothing to look at.");
}
