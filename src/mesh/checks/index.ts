/** All checks, in the order in which people read them: what Azure says first, then what the cluster shows. */
import type { Snapshot } from "../observation.ts";
import { clusterReady } from "./cluster-ready.ts";
import { cniChainingEnabled } from "./cni-chaining-enabled.ts";
import { cniCoversNodes } from "./cni-covers-nodes.ts";
import { cniDaemonsetReady } from "./cni-daemonset-ready.ts";
import { featureRegistered } from "./feature-registered.ts";
import { injectorConfigured } from "./injector-configured.ts";
import type { Goal, Judgement } from "./judgement.ts";
import { meshEnabled } from "./mesh-enabled.ts";
import { namespacesLabelled } from "./namespaces-labelled.ts";
import { nodeOsSupported } from "./node-os-supported.ts";
import { podsRedirected } from "./pods-redirected.ts";
import { revisionSupported } from "./revision-supported.ts";
import { workloadsAdmitted } from "./workloads-admitted.ts";
import { workloadsCurrent } from "./workloads-current.ts";

export type { Goal, Judgement } from "./judgement.ts";

/** In the order of the contract's ids. The admission probe asks the cluster a question, so it is not one of these. */
const CHECKS: readonly ((snapshot: Snapshot, goal: Goal) => Judgement)[] = [
  clusterReady,
  meshEnabled,
  revisionSupported,
  nodeOsSupported,
  featureRegistered,
  cniChainingEnabled,
  injectorConfigured,
  cniDaemonsetReady,
  cniCoversNodes,
  namespacesLabelled,
  podsRedirected,
  workloadsCurrent,
  workloadsAdmitted,
];

/** Judges a snapshot by a goal. Pure: the same snapshot and goal always give the same judgements. */
export function judge(snapshot: Snapshot, goal: Goal): readonly Judgement[] {
  return CHECKS.map((check) => check(snapshot, goal));
}
