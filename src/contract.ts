/**
 * The vocabulary of the action's contract: what goes in, what comes out, and the ids in between.
 * Types and constant lists only. Every folder may import it; it imports nothing.
 */

/** What a run is asked to do. */
export const MODES = ["apply", "plan", "check", "disable"] as const;
export type Mode = (typeof MODES)[number];

/** When to register the preview feature flag. */
export const REGISTER_FEATURE = ["auto", "always", "never"] as const;
export type RegisterFeature = (typeof REGISTER_FEATURE)[number];

/** Whether to restart workloads whose pods predate the switch. */
export const RESTART_WORKLOADS = ["never", "stale"] as const;
export type RestartWorkloads = (typeof RESTART_WORKLOADS)[number];

/** How to reach the Kubernetes API. */
export const KUBE_ACCESS = ["auto", "direct", "run-command", "kubeconfig", "none"] as const;
export type KubeAccess = (typeof KUBE_ACCESS)[number];

/** The verdict of a run; the `status` output. */
export const STATUSES = ["compliant", "changed", "drifted", "unverified", "failed"] as const;
export type Status = (typeof STATUSES)[number];

/** What a run may do, in the order in which it does it. */
export const STEP_IDS = [
  "register-feature",
  "refresh-provider",
  "wait-until-idle",
  "switch-redirection",
  "label-namespaces",
  "restart-workloads",
] as const;
export type StepId = (typeof STEP_IDS)[number];

/** The steps that Azure carries out; the others are the cluster's own. */
export const AZURE_STEP_IDS: readonly StepId[] = ["register-feature", "refresh-provider", "wait-until-idle", "switch-redirection"];

/** What became of a planned step. */
export const STEP_OUTCOMES = ["planned", "done", "unneeded", "failed", "skipped"] as const;
export type StepOutcome = (typeof STEP_OUTCOMES)[number];

/** Checks that Azure's own answers decide. */
export const AZURE_CHECK_IDS = [
  "cluster-ready",
  "mesh-enabled",
  "revision-supported",
  "node-os-supported",
  "feature-registered",
  "cni-chaining-enabled",
] as const;

/** Checks that need a look into the cluster. */
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

/** The verdict of one check. All texts are plain text: they are escaped where they are printed. */
export interface Check {
  readonly id: CheckId;
  readonly title: string;
  readonly result: CheckOutcome;
  /** One sentence: what was found. */
  readonly message: string;
  /** Facts that support the message, one a line. */
  readonly evidence: readonly string[];
  /** What to do about it; empty where nothing needs doing. */
  readonly remedy: string;
}

/**
 * What one pod is to the mesh, by its specification. The order of the rules that decide it is in `mesh/pod-state.ts`.
 */
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

/** A Kubernetes object, named the way people name it. */
export interface ObjectName {
  readonly kind: string;
  readonly name: string;
}

/** A pod that is not what it should be. */
export interface Offender {
  readonly namespace: string;
  readonly name: string;
  /** The workload that owns the pod (a Deployment rather than its ReplicaSet); the pod itself where it has no owner. */
  readonly owner: ObjectName;
  readonly state: PodState;
  readonly detail: string;
}

/** One step of the plan and what became of it. */
export interface StepReport {
  readonly id: StepId;
  readonly title: string;
  readonly reason: string;
  readonly outcome: StepOutcome;
  readonly durationMs: number;
}

/** The values Azure knows for the redirection mechanism; an open set, so any string may come back. */
export const INIT_CONTAINERS = "InitContainers";
export const CNI_CHAINING = "CNIChaining";
/** The two mechanisms that the action switches between. */
export type RedirectionMechanism = typeof CNI_CHAINING | typeof INIT_CONTAINERS;

/** Where a managed cluster keeps its redirection mechanism. */
export const MECHANISM_PATH = ["properties", "serviceMeshProfile", "istio", "components", "proxyRedirectionMechanism"] as const;

/** One property that the PUT changes. Values are JSON texts; `before` is undefined where the property is new. */
export interface PropertyDifference {
  /** `properties.serviceMeshProfile.istio.components.proxyRedirectionMechanism`. */
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string;
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
  /** Feature states are Azure's words; `NotFound` where Azure does not know the flag, `Unknown` where it was not or could not be read. */
  readonly feature: { readonly name: string; readonly before: string; readonly after: string };
  readonly plan: readonly StepReport[];
  readonly checks: readonly Check[];
  readonly pods: {
    readonly total: number;
    readonly byState: Readonly<Partial<Record<PodState, number>>>;
    readonly offenders: readonly Offender[];
    /** How many offenders there are beyond the ones listed. */
    readonly offendersNotListed: number;
  };
  readonly requests: { readonly arm: number; readonly kubernetes: number; readonly retried: number };
  /** Present when the run could not finish: what stopped it. */
  readonly error?: {
    readonly code: string;
    readonly doing: string;
    readonly message: string;
    readonly remedy: string;
    readonly correlationId?: string;
  };
}
