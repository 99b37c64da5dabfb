/**
 * What a run has seen: of Azure in {@link ClusterFacts} and {@link FeatureFacts}, of the cluster in
 * {@link MeshObservation}. Plan and verify are pure functions of these.
 */
import type { PodCensus } from "./pods/pod-census.ts";
import type { ProbeRound } from "./admission/probe-result.ts";
import type { Observed } from "../lib/observed.ts";
import type { ClusterFacts, FeatureFacts } from "./cluster-facts.ts";
import type { AgentPodFacts, DaemonSetFacts, InjectionWebhook, InjectorFacts, NamespaceFacts, ReplicaSetFacts } from "./kubernetes-facts.ts";
import type { RefusedWorkloads } from "./workloads/refused-workloads.ts";

/** Everything a run looks at inside the cluster. */
export interface MeshObservation {
  readonly daemonSet: Observed<DaemonSetFacts | undefined>;
  readonly agentPods: Observed<readonly AgentPodFacts[]>;
  /** One per installed revision whose configuration exists. */
  readonly injectors: Observed<readonly InjectorFacts[]>;
  readonly webhooks: Observed<readonly InjectionWebhook[]>;
  readonly namespaces: Observed<readonly NamespaceFacts[]>;
  readonly replicaSets: Observed<readonly ReplicaSetFacts[]>;
  readonly refusedWorkloads: Observed<RefusedWorkloads>;
  readonly probes: Observed<ProbeRound>;
  readonly pods: Observed<PodCensus>;
  /** Names of the Windows nodes. Not seeing them does no harm: RBAC Reader may not list nodes. */
  readonly windowsNodes: Observed<readonly string[]>;
  /** Values of `istio.io/rev` in use on namespaces anywhere in the cluster. Not seen where nobody needs them. */
  readonly revisionsInUse: Observed<readonly string[]>;
}

/** What plan and verify judge. */
export interface Snapshot {
  readonly cluster: ClusterFacts;
  readonly feature: FeatureFacts;
  /** Not seen as a whole where the cluster could not be reached, is stopped, or was not to be looked into. */
  readonly observation: Observed<MeshObservation>;
}
