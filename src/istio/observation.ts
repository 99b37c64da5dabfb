/**
 * What a run has seen: of Azure in {@link ClusterFacts} and {@link FeatureFacts}, of the cluster in
 * {@link MeshObservation}. Plan and verify are pure functions of these.
 */
import type { PodCensus } from "./pods/pod-census.ts";
import type { ProbeOutcome } from "./admission/probe-result.ts";

/** The outcome of trying to look at something: seen, or not seen and why. "Not there" is a seen `undefined`. */
export type Observed<T> =
  | { readonly seen: true; readonly value: T }
  | {
      readonly seen: false;
      /** What came back, in one sentence. */
      readonly why: string;
      /** What to do about it, with the missing role where it is one; may be empty. */
      readonly remedy: string;
    };

/** An agent pool, as far as the mesh is concerned. Words are Azure's own, unchanged. */
export interface AgentPoolFacts {
  readonly name: string;
  readonly osType: string;
  readonly osSku: string;
  readonly nodeImageVersion: string;
  readonly provisioningState: string;
  readonly powerState: string;
  /** The version asked for, and the one that runs; they differ while an upgrade is unfinished. */
  readonly orchestratorVersion: string;
  readonly currentOrchestratorVersion: string;
}

/** A managed cluster as Resource Manager shows it. Texts are empty where Azure gives none. */
export interface ClusterFacts {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  /** `Automatic/Standard`: name and tier. */
  readonly sku: string;
  readonly kubernetesVersion: string;
  readonly currentKubernetesVersion: string;
  readonly provisioningState: string;
  readonly powerState: string;
  readonly agentPools: readonly AgentPoolFacts[];
  readonly mesh: {
    /** `Istio`, `Disabled`, or empty where the cluster has no service mesh profile. */
    readonly mode: string;
    readonly revisions: readonly string[];
    /** Empty where Azure names none: then the mesh redirects with init containers. */
    readonly redirectionMechanism: string;
  };
  /** The last write to the cluster, whatever it changed, in Azure's words; all empty where Azure tells nothing. */
  readonly lastChange: { readonly by: string; readonly byType: string; readonly at: string };
  /** Tags that name a tool which writes clusters, such as `managed-by=terraform`. */
  readonly toolTags: readonly string[];
  readonly isPrivate: boolean;
  /** Whether the API server has a name that resolves from anywhere. */
  readonly hasPublicName: boolean;
  readonly runCommandDisabled: boolean;
  /** Whether the API server knows its users by Entra's tokens. */
  readonly usesEntra: boolean;
  /** Host names of the API server, public and private. */
  readonly apiServerNames: readonly string[];
}

/** The preview flag: Azure's word for its state, `NotFound` (graduated, or not in this cloud) or `Unknown` (not or not to be read). */
export interface FeatureFacts {
  readonly name: string;
  readonly state: string;
  /** Why the state is `Unknown`; empty otherwise. */
  readonly why: string;
}

/** The CNI node agent's DaemonSet. */
export interface DaemonSetFacts {
  readonly generation: number;
  readonly observedGeneration: number;
  readonly desired: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  readonly matchLabels: Readonly<Record<string, string>>;
}

/** A pod of `aks-istio-system`, as far as needed to tell which nodes the node agent covers. */
export interface AgentPodFacts {
  readonly name: string;
  readonly nodeName: string;
  readonly ready: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

/** What a revision's injector is configured to do. `cniEnabled` is undefined where the configuration does not say. */
export interface InjectorFacts {
  readonly revision: string;
  readonly cniEnabled: boolean | undefined;
}

/** A Kubernetes label selector. */
export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values: readonly string[];
  }[];
}

/** One webhook of an injector's MutatingWebhookConfiguration: which pods of which namespaces it takes. */
export interface InjectionWebhook {
  readonly configuration: string;
  /** The value of `istio.io/rev` that it serves: a revision or a revision tag. */
  readonly revision: string;
  /** The revision tag it is for; empty for a revision's own webhook. */
  readonly tag: string;
  /** The revision whose injector answers; behind a tag that is the one the tag points to. Empty where it is not said. */
  readonly pointsTo: string;
  readonly namespaceSelector: LabelSelector;
  readonly objectSelector: LabelSelector;
}

export interface NamespaceFacts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A ReplicaSet, for two questions: whose is it, and was it refused pods? */
export interface ReplicaSetFacts {
  readonly namespace: string;
  readonly name: string;
  /** The controlling owner, usually a Deployment; undefined for a bare ReplicaSet. */
  readonly owner: { readonly kind: string; readonly name: string } | undefined;
  /** The message of a true ReplicaFailure condition; undefined where there is none. */
  readonly failure: string | undefined;
  /** Pods asked for; a ReplicaSet scaled to 0 is history. */
  readonly desired: number;
}

/** A StatefulSet, DaemonSet or Job that gets fewer pods than it asks for, because creating them is refused. */
export interface RefusedWorkload {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  /** The controlling owner of a Job, usually a CronJob; undefined where there is none. */
  readonly owner: { readonly kind: string; readonly name: string } | undefined;
  /** The message of the latest FailedCreate event. */
  readonly message: string;
}

/** The workloads that events speak of. */
export interface RefusedWorkloads {
  readonly workloads: readonly RefusedWorkload[];
  /** Workloads with such events that were not looked at, because there were too many. */
  readonly notLookedAt: number;
}

/** What admission said to the probe in one namespace. */
export interface ProbeFacts {
  readonly namespace: string;
  readonly outcome: ProbeOutcome;
  /** What policies in warn mode said. */
  readonly warnings: readonly string[];
}

/** One round of the admission probe. */
export interface ProbeRound {
  /** Why admission was not asked, as a sentence; empty where it was. There is nothing to judge then, and nothing left open. */
  readonly notAsked: string;
  readonly answers: readonly ProbeFacts[];
  /** Namespaces that were not probed because there were too many. */
  readonly leftOut: number;
}

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
