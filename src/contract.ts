/**
 * The contract of the main action: values of its inputs and outputs, the IDs of steps and checks, and the JSON report.
 * Types and constant lists only. Every folder may import this file; it imports nothing.
 */

/** What a run does: the input `mode`. */
export const MODES = ["apply", "plan", "check", "disable"] as const;
export type Mode = (typeof MODES)[number];

/** When to register the preview feature: the input `register-feature`. */
export const REGISTER_FEATURE = ["auto", "always", "never"] as const;
export type RegisterFeature = (typeof REGISTER_FEATURE)[number];

/** Which workloads to restart: those whose pods admission refused (`refused`), or these and those whose pods predate the switch (`stale`). The input `restart-workloads`. */
export const RESTART_WORKLOADS = ["never", "refused", "stale"] as const;
export type RestartWorkloads = (typeof RESTART_WORKLOADS)[number];

/** How to reach the Kubernetes API: the input `kube-access`. */
export const KUBE_ACCESS = ["auto", "direct", "run-command", "kubeconfig", "none"] as const;
export type KubeAccess = (typeof KUBE_ACCESS)[number];

/** The result of a run: the output `status`. */
export const STATUSES = ["compliant", "changed", "drifted", "unverified", "failed"] as const;
export type Status = (typeof STATUSES)[number];

/** The steps of a run, in the order in which they are carried out. */
export const STEP_IDS = [
  "register-feature",
  "refresh-provider",
  "wait-until-idle",
  "switch-redirection",
  "label-namespaces",
  "restart-workloads",
] as const;
export type StepId = (typeof STEP_IDS)[number];

/** The steps that change Azure; the others change the cluster through the Kubernetes API. */
export const AZURE_STEP_IDS: readonly StepId[] = ["register-feature", "refresh-provider", "wait-until-idle", "switch-redirection"];

/** The outcome of a step; `planned` until it has started. */
export const STEP_OUTCOMES = ["planned", "done", "unneeded", "failed", "skipped"] as const;
export type StepOutcome = (typeof STEP_OUTCOMES)[number];

/** Checks that need answers of Azure only. */
export const AZURE_CHECK_IDS = [
  "cluster-ready",
  "mesh-enabled",
  "revision-supported",
  "revision-in-support",
  "node-os-supported",
  "feature-registered",
  "cni-chaining-enabled",
] as const;

/** Checks that need answers of the Kubernetes API. */
export const CLUSTER_CHECK_IDS = [
  "injector-configured",
  "cni-daemonset-ready",
  "cni-covers-nodes",
  "namespaces-labelled",
  "admission-probe",
  "pods-redirected",
  "workloads-current",
  "workloads-admitted",
] as const;
export type AzureCheckId = (typeof AZURE_CHECK_IDS)[number];
export type ClusterCheckId = (typeof CLUSTER_CHECK_IDS)[number];
export type CheckId = AzureCheckId | ClusterCheckId;

export const CHECK_OUTCOMES = ["pass", "fail", "warn", "skip"] as const;
export type CheckOutcome = (typeof CHECK_OUTCOMES)[number];

/** The result of one check. All texts are plain text and are escaped where they are printed. */
export interface Check {
  readonly id: CheckId;
  readonly title: string;
  readonly result: CheckOutcome;
  /** One sentence: what was found. */
  readonly message: string;
  /** Facts that support the message, one per line. */
  readonly evidence: readonly string[];
  /** What to do about it; empty if nothing needs to be done. */
  readonly remedy: string;
}

/** How a pod takes part in the mesh, by its specification. The rules and their order are in `istio/pods/pod-state.ts`. */
export const POD_STATES = [
  "cni",
  "legacy-init",
  "conflicting",
  "malformed",
  "privileged-proxy",
  "not-injected",
  "dangling-revision",
  "gateway",
  "proxyless",
  "no-interception",
  "custom-template",
  "opted-out",
  "exempt",
  "out-of-mesh",
  "unknown",
] as const;
export type PodState = (typeof POD_STATES)[number];

/** Kind and name of a Kubernetes object. */
export interface ObjectName {
  readonly kind: string;
  readonly name: string;
}

/** A pod whose state is a finding. */
export interface Offender {
  readonly namespace: string;
  readonly name: string;
  /** The workload that owns the pod (a Deployment rather than its ReplicaSet); the pod itself if it has no owner. */
  readonly owner: ObjectName;
  readonly state: PodState;
  readonly detail: string;
}

/** One step of the plan and its outcome. */
export interface StepReport {
  readonly id: StepId;
  readonly title: string;
  readonly reason: string;
  readonly outcome: StepOutcome;
  readonly durationMs: number;
  /** ISO 8601, UTC; absent if the step was not started. */
  readonly startedAt?: string;
}

/** Azure's values of the redirection mechanism. The set is open: Azure may return any other string. */
export const INIT_CONTAINERS = "InitContainers";
export const CNI_CHAINING = "CNIChaining";
/** The two mechanisms between which the action switches. */
export type RedirectionMechanism = typeof CNI_CHAINING | typeof INIT_CONTAINERS;

/** Path of the redirection mechanism in the body of a managed cluster. */
export const MECHANISM_PATH = ["properties", "serviceMeshProfile", "istio", "components", "proxyRedirectionMechanism"] as const;

/** One property that the PUT changes. Values are JSON texts; `before` is undefined if the property is new. */
export interface PropertyDifference {
  /** `properties.serviceMeshProfile.istio.components.proxyRedirectionMechanism`. */
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string;
}

/** A cause of findings: a check that fails or could not be decided, and that no other one explains. */
export interface Diagnosis<Id extends string = CheckId> {
  readonly cause: Id;
  /** The checks whose findings follow from the cause. */
  readonly consequences: readonly Id[];
  /** What was found. */
  readonly message: string;
  /** What to do, without its commands. */
  readonly remedy: string;
  /** Shell commands, each complete. A word in capitals such as `NAMESPACE` stands for a name that the run does not know. */
  readonly commands: readonly string[];
}

/** A right that the identity lacks, and the built-in role with the fewest other rights that includes it. */
export interface MissingRight {
  readonly action: string;
  /** `the cluster` or `the subscription`. */
  readonly scope: string;
  readonly role: string;
}

/** How far redirection by the mechanism of the mode has come. What was not observed is absent. */
export interface MeshCounts {
  /** Pods that are redirected or should be. */
  readonly podsInMesh?: number;
  /** Of these, pods in which redirection is proven to work. */
  readonly podsRedirected?: number;
  readonly workloadsToRestart?: number;
  /** Workloads whose pods admission refuses because of the mesh. */
  readonly workloadsRefused?: number;
  /** Nodes on which the CNI agent is ready, and should be; 0 and 0 without its DaemonSet. */
  readonly agentsReady?: number;
  readonly agentsDesired?: number;
  /** Namespaces with a dry-run pod; those in which it was admitted with the right redirection, and refused. */
  readonly namespacesProbed?: number;
  readonly namespacesAdmitted?: number;
  readonly namespacesRefused?: number;
}

/** A request that changed the cluster in Azure, as the activity log tells of it. Which properties it changed is not in the log. Texts may be empty. */
export interface LastWrite {
  /** When it was sent. ISO 8601, UTC. */
  readonly at: string;
  /** The caller: a display name, the name of a managed identity, a UPN, or an object ID, whichever comes first in the log. */
  readonly by: string;
  /** The client ID of the application through which it was sent; the caller's object ID where the log does not have it. */
  readonly application: string;
  /** `Create or Update Managed Cluster`. */
  readonly operation: string;
  /** `Succeeded`, `Failed`, `Canceled`; `Started` or `Accepted` while it goes on. */
  readonly status: string;
  readonly correlationId: string;
}

/** The JSON report, schema version 1. `report.schema.json` is its committed JSON Schema. */
export interface Report {
  readonly schemaVersion: 1;
  readonly mode: Mode;
  readonly status: Status;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly cluster: {
    readonly id: string;
    readonly name: string;
    readonly location: string;
    readonly sku: string;
    readonly kubernetesVersion: string;
    readonly provisioningState: string;
    readonly powerState: string;
  };
  readonly mesh: {
    readonly mode: string;
    readonly revisions: readonly string[];
    readonly redirectionMechanism: { readonly before: string; readonly after: string };
  };
  /** Feature states as Azure returns them; `NotFound` if Azure does not know the feature, `Unknown` if it was not read or could not be read. */
  readonly feature: { readonly name: string; readonly before: string; readonly after: string };
  readonly plan: readonly StepReport[];
  readonly checks: readonly Check[];
  /** The causes of the findings, the first one to mend first; absent without findings. */
  readonly diagnosis?: readonly Diagnosis[];
  readonly missingRights?: readonly MissingRight[];
  /** Before the first change and at the end; `before` is absent if the run changed nothing. */
  readonly counts?: { readonly before?: MeshCounts; readonly after: MeshCounts };
  readonly pods: {
    readonly total: number;
    readonly byState: Readonly<Partial<Record<PodState, number>>>;
    readonly offenders: readonly Offender[];
    /** How many more offenders there are than the ones listed. */
    readonly offendersNotListed: number;
  };
  readonly requests: { readonly arm: number; readonly kubernetes: number; readonly retried: number };
  /** The job on GitHub in which it ran, or else its run; absent if neither is known. */
  readonly run?: { readonly url: string };
  /** The last writes of the cluster before the run, newest first; absent if the run found no drift, or could not read the activity log. */
  readonly lastWrites?: readonly LastWrite[];
  /** The error that ended the run early; absent otherwise. */
  readonly error?: {
    readonly code: string;
    readonly doing: string;
    readonly message: string;
    readonly remedy: string;
    readonly correlationId?: string;
  };
}
