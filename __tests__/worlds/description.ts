/** A world in words of the domain: plain data, which is generated, shrunk, printed, and built into the simulator's world. */
import type { RegisterFeature, RestartWorkloads } from "../../src/contract.ts";

/** How the mesh redirected until now, and what Azure's body says about it. */
export type History =
  | "CNI chaining for weeks"
  | "init containers from the start"
  | "CNI chaining for an hour"
  | "reset to init containers by Terraform two hours ago"
  /** The body names CNI chaining, since a PUT was accepted; the operation failed, and the mesh stayed as it was. */
  | "CNI chaining was requested, and the operation failed"
  /** Another client's PUT was accepted a moment ago. */
  | "CNI chaining is being switched on by another client";

export interface AzureDescription {
  readonly sku: "Automatic" | "Base";
  /** Of a Base cluster: Deployment Safeguards by the Azure Policy add-on. Those of AKS Automatic always refuse. */
  readonly safeguards: "none" | "warn" | "refuse";
  /** The installed revisions; none: the mesh is off. */
  readonly revisions: readonly string[];
  readonly history: History;
  /** Whether the body names the mechanism. */
  readonly isNamed: boolean;
  readonly lastOperation: "Succeeded" | "Failed" | "Canceled";
  /** What another client is doing when the first run starts. */
  readonly running: "nothing" | "a node pool's operation for 90 s" | "an operation on the cluster for 4 min" | "an operation that does not end";
  readonly isStopped: boolean;
  /** The cluster asks for a newer Kubernetes than it runs. */
  readonly hasUnfinishedUpgrade: boolean;
  readonly flag: "graduated" | "registered" | "not registered" | "not registered, and not needed" | "pending" | "pending, and not needed" | "registering";
  /** How the operation of a PUT ends. */
  readonly putEnds: "Succeeded" | "Failed" | "Canceled" | "Succeeded without effect";
  readonly cloud: "usual" | "quoted eTags only" | "bare eTags only" | "etag in lower case" | "api-versions until 2026-01-01 only" | "refuses revisions out of support";
}

export interface NodesDescription {
  readonly linux: number;
  readonly windows: number;
  readonly trouble: "none" | "broken CNI plugin on one node" | "one node is not ready" | "one node has just joined" | "one node is cordoned" | "a pool runs Ubuntu 20.04";
}

export interface NamespaceDescription {
  readonly name: string;
  readonly injection: "newest revision" | "oldest revision" | "revision tag" | "revision of nobody" | "none" | "istio-injection=enabled" | "both labels" | "istio-injection=disabled and a revision";
  readonly podSecurity: "none" | "baseline" | "restricted";
}

export type Template =
  | "plain" | "opted out by label" | "opted out by annotation" | "on the host network" | "TPROXY" | "without interception" | "classic sidecar"
  | "classic sidecar and an init container of its own" | "native sidecar" | "injected by hand" | "istio.io/rev on the pod";

export interface WorkloadDescription {
  readonly name: string;
  readonly namespace: string;
  readonly kind: "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "Pod";
  readonly replicas: number;
  readonly age: "weeks" | "a day" | "half an hour" | "a minute" | "created when the cluster is first read";
  readonly template: Template;
  readonly behaviour: "runs" | "never ready" | "never ready after a restart" | "started before the CNI agent" | "on the broken node" | "paused" | "OnDelete" | "partition" | "completes";
}

export interface AdmissionDescription {
  readonly gatekeeper: "none" | "refuses capabilities" | "warns of capabilities" | "refuses images";
  /** Namespaces whose quota has been used up for ten minutes; whose webhook has side effects. */
  readonly quotaIn: string | undefined;
  readonly sideEffectsIn: string | undefined;
  readonly injectorIsDown: boolean;
}

export interface ActorDescription {
  readonly azure: "everything" | "the cluster only" | "reads the cluster" | "no write" | "no credentials of the cluster" | "write takes effect after 3 min";
  readonly cluster: "cluster admin" | "writer" | "reader" | "nothing";
  readonly network: "reached directly" | "refuses connections" | "name does not resolve" | "never answers" | "private" | "private with a public name" | "private without run commands";
  /** Whether users sign in with Entra; else by certificates. */
  readonly usesEntra: boolean;
}

export interface InputsDescription {
  readonly restart: RestartWorkloads;
  readonly registerFeature: RegisterFeature;
  readonly label: "no" | "yes" | "yes, and removes istio-injection" | "yes, with the newest revision";
  readonly namespaces: readonly string[];
  readonly probe: boolean;
}

/** What somebody else does while `apply` runs, before its n-th request is answered. */
export interface NeighbourAction {
  readonly beforeRequest: number;
  readonly what: "changes a tag of the cluster" | "resets the mesh to init containers" | "upgrades a node pool" | "starts a canary upgrade of the mesh" | "deletes the last namespace" | "rolls the first workload" | "adds a node";
}

/** What happens to `apply`. */
export type Course =
  | { readonly kind: "undisturbed" }
  | { readonly kind: "neighbours"; readonly actions: readonly NeighbourAction[] }
  /** The runner cancels it at the n-th request; then it is run again. */
  | { readonly kind: "interrupted"; readonly atRequest: number }
  /** A second run starts at the n-th request of the first. */
  | { readonly kind: "twice at once"; readonly atRequest: number };

export interface WorldDescription {
  readonly azure: AzureDescription;
  readonly nodes: NodesDescription;
  readonly namespaces: readonly NamespaceDescription[];
  readonly workloads: readonly WorkloadDescription[];
  readonly admission: AdmissionDescription;
  readonly actor: ActorDescription;
  readonly inputs: InputsDescription;
  readonly course: Course;
}
