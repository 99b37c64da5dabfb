/** The pods of a cluster, counted by their state: what the checks read of them. Counted by `pod-census-builder.ts`. */
import { CNI_CHAINING, type ObjectName, type Offender, type PodState, type RedirectionMechanism } from "../../contract.ts";
import type { StuckReason } from "./pod-state.ts";
import { complianceOf } from "./pod-compliance.ts";

/** How many pods that do not comply a census lists. */
export const MAX_OFFENDERS = 50;
/** How many pods a census names as examples. */
export const MAX_EXAMPLES = 10;

/** A workload with stale pods. */
export interface StaleWorkload {
  readonly namespace: string;
  readonly owner: ObjectName;
  /** The most severe state of its stale pods. */
  readonly state: PodState;
  /** How many of its pods are stale. */
  readonly pods: number;
}

export interface PodCensus {
  /** The number of pods counted: those of the namespaces in scope and, in the default scope, pods of the mesh elsewhere. */
  readonly total: number;
  readonly byState: Readonly<Partial<Record<PodState, number>>>;
  /** Whether redirection works in the pods of state `cni`. */
  readonly redirection: { readonly effective: number; readonly notProgrammed: number; readonly pending: number };
  /** Nodes with pods of state `cni` in which redirection does not work. */
  readonly brokenOnNodes: readonly string[];
  /** Pods of state `cni` that are stuck before or in istio-validation. `failed` also counts pods that have ended; no other count does. */
  readonly stuck: Readonly<Record<StuckReason, number>>;
  /** Of the pods without a sandbox, those for which an event says that Istio's CNI plugin failed. */
  readonly failedByPlugin: number;
  /**
   * Pending pods in which istio-validation found no redirection. The CNI agent may repair them; if it deletes them instead, others take
   * their place, which are as young.
   */
  readonly awaitingRepair: { readonly count: number; readonly examples: readonly (PodName & { readonly owner: ObjectName })[] };
  /** Pods that failed for good, before other pods on their node passed istio-validation. */
  readonly failedBefore: { readonly count: number; readonly examples: readonly PodName[] };
  /** Pods that are redirected, but with settings that keep all of their traffic away from the proxy. */
  readonly bypassing: { readonly count: number; readonly examples: readonly (PodName & { readonly why: string })[] };
  /** Pods that do not comply, the most severe first, at most {@link MAX_OFFENDERS}. */
  readonly offenders: readonly Offender[];
  readonly offendersNotListed: number;
  /** Each workload once. Includes workloads with a dangling revision, which a restart alone does not repair. */
  readonly staleWorkloads: readonly StaleWorkload[];
  /** Nodes on which redirected pods run, and the number of these pods. */
  readonly meshedNodes: readonly { readonly name: string; readonly pods: number }[];
  /**
   * Pods of state `cni` with a classic sidecar and init containers of the application. The init containers run before the
   * sidecar, and their traffic is already redirected to it, so they have no network.
   */
  readonly initContainersWithoutNetwork: {
    readonly count: number;
    readonly examples: readonly (PodName & { readonly containers: readonly string[] })[];
  };
  /** Pods in which redirection works but istio-proxy has not been ready for minutes. */
  readonly withoutReadyProxy: { readonly count: number; readonly examples: readonly PodName[] };
}

/** A pod by its name. */
export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/** The number of pods in which redirection by the mechanism is known to work. */
export function podsProvingRedirection(census: PodCensus, mechanism: RedirectionMechanism): number {
  return mechanism === CNI_CHAINING ? census.redirection.effective : (census.byState["legacy-init"] ?? 0);
}

/** The workloads that comply with the mechanism after a restart. Their number is the output `stale-workloads`. */
export function restartable(census: PodCensus, mechanism: RedirectionMechanism): readonly StaleWorkload[] {
  return census.staleWorkloads.filter((workload) => complianceOf(workload.state, mechanism) === "stale");
}
