/** What a run has observed in Azure and in the cluster. The plan and the checks are pure functions of a {@link Snapshot}. */
import type { PodCensus } from "./pods/pod-census.ts";
import type { ProbeRound } from "./admission/probe-result.ts";
import type { Observed } from "../lib/observed.ts";
import type { ClusterFacts, FeatureFacts } from "./cluster-facts.ts";
import type { AgentPodFacts, DaemonSetFacts, InjectionWebhook, InjectorFacts, NamespaceFacts, ReplicaSetFacts } from "./kubernetes-facts.ts";
import type { RefusedWorkloads } from "./workloads/refused-workloads.ts";
import type { RefusedRollable } from "./workloads/rollout.ts";

/** Everything that a run observes inside the cluster. */
export interface MeshObservation {
  /** The DaemonSet of the CNI agent; undefined where it does not exist. */
  readonly daemonSet: Observed<DaemonSetFacts | undefined>;
  readonly agentPods: Observed<readonly AgentPodFacts[]>;
  /** One for each installed revision whose ConfigMap exists. */
  readonly injectors: Observed<readonly InjectorFacts[]>;
  readonly webhooks: Observed<readonly InjectionWebhook[]>;
  readonly namespaces: Observed<readonly NamespaceFacts[]>;
  readonly replicaSets: Observed<readonly ReplicaSetFacts[]>;
  readonly refusedWorkloads: Observed<RefusedWorkloads>;
  /** The Deployments, StatefulSets and DaemonSets among the refused workloads, as they are now. */
  readonly refusedRollables: Observed<readonly RefusedRollable[]>;
  readonly probes: Observed<ProbeRound>;
  readonly pods: Observed<PodCensus>;
  /** Names of the Windows nodes. Unobserved with RBAC Reader, which may not list nodes: all nodes then count as Linux nodes. */
  readonly windowsNodes: Observed<readonly string[]>;
  /** Values of `istio.io/rev` on the namespaces of the whole cluster. Only read where a namespace may have to be labelled. */
  readonly revisionsInUse: Observed<readonly string[]>;
}

/** A revision of the managed mesh that AKS supports in a region. */
export interface SupportedRevision {
  readonly revision: string;
  /** The revisions to which a mesh of this one can be upgraded. */
  readonly upgrades: readonly string[];
}

/** The input of the plan and the checks. */
export interface Snapshot {
  readonly cluster: ClusterFacts;
  readonly feature: FeatureFacts;
  /** The revisions that AKS supports in the region of the cluster; left out where they were not asked for. */
  readonly supportedRevisions?: Observed<readonly SupportedRevision[]>;
  /** Unobserved where the cluster is stopped, has no mesh, cannot be reached, or `kube-access` is `none`. */
  readonly observation: Observed<MeshObservation>;
}
