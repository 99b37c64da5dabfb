/**
 * The state of the simulated world. A scenario makes one, a test may tweak it before the start, and the services read it.
 * Everything that takes time is a function of this state and the clock: nothing happens in the background.
 * Times are simulated milliseconds since the epoch, durations simulated milliseconds, unless a name says otherwise.
 */
import type { GitHubApiWorld } from "../github/issues.ts";
import type { JsonObject } from "../lib/json.ts";
import type { AdmissionSettings } from "./admission.ts";
import type { Workload } from "./workload.ts";

export type Mechanism = "InitContainers" | "CNIChaining";

/** Resource Manager actions that a run of the action can need. */
export const ARM_ACTIONS = [
  "Microsoft.Features/providers/features/read",
  "Microsoft.Features/providers/features/register/action",
  "Microsoft.ContainerService/register/action",
  "Microsoft.ContainerService/managedClusters/read",
  "Microsoft.ContainerService/managedClusters/write",
  "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
  "Microsoft.ContainerService/managedClusters/runcommand/action",
  "Microsoft.ContainerService/managedClusters/commandResults/read",
] as const;
export type ArmAction = (typeof ARM_ACTIONS)[number];

/** An allowed action; a grant at "subscription" covers the cluster too, one at "cluster" only its resource group. */
export interface ArmGrant {
  action: ArmAction;
  scope: "subscription" | "cluster";
  /** So long, in simulated milliseconds, after the first request that needs it, the assignment has arrived; until then it is refused. */
  lateBy?: number;
}

/** Azure RBAC for Kubernetes: none, RBAC Reader, RBAC Writer, RBAC Cluster Admin. */
export type KubernetesRole = "none" | "reader" | "writer" | "cluster-admin";

export interface Rights {
  arm: ArmGrant[];
  kubernetes: KubernetesRole;
  /** Data actions of a custom role, which decide in place of `kubernetes`: `Microsoft.ContainerService/managedClusters/pods/read`. */
  dataActions?: readonly string[];
}

export interface FederatedCredential {
  issuer: string;
  subject: string;
  audience: string;
}

export interface Identity {
  tenantId: string;
  clientId: string;
  objectId: string;
  /** A client secret that works, or undefined. */
  secret: string | undefined;
  /** An issuer of "" stands for the simulated GitHub. */
  federatedCredentials: FederatedCredential[];
  /** Life of an access token, seconds. */
  tokenLifetime: number;
}

export interface GitHub extends GitHubApiWorld {
  repository: string;
  /** The `sub` claim of the tokens for this job. */
  subject: string;
  /** The bearer token of the job (ACTIONS_ID_TOKEN_REQUEST_TOKEN). */
  requestToken: string;
  /** Whether the job has `permissions: id-token: write`; without it the environment lacks the token endpoint. */
  idTokenPermission: boolean;
  /** Life of an OIDC token, seconds. */
  tokenLifetime: number;
}

export interface Feature {
  /** pending: registering waits for an approval that never comes; graduated: Azure knows no such flag, and needs none. */
  variant: "self-service" | "pending" | "graduated";
  /** When registering was asked for; undefined: NotRegistered. */
  registrationAskedAt: number | undefined;
  /** When the resource provider was last registered again. */
  providerRefreshedAt: number | undefined;
}

export interface Timing {
  /** From asking for the flag to Registered. */
  featureRegistration: number;
  /** From the provider's refresh to the moment the cluster's PUT honours the flag. */
  featurePropagation: number;
  /** The cluster's PUT, from its answer to the end of its operation; the recorded one took 108 s. */
  clusterUpdate: number;
  /** From the switch to the last ready pod of the CNI DaemonSet. */
  daemonSetRollout: number;
  /** From the switch to the next attempt of a controller whose pods were refused. */
  replicaSetRetry: number;
  /** From a pod's creation to Ready. */
  podStart: number;
  /** At least so long between one replaced pod of a workload and the next, while it rolls. */
  rolloutStep: number;
  /** From a run command's acceptance to its result, where the command itself does not take longer. */
  runCommand: number;
}

/** A long-running operation on the cluster. */
export interface Operation {
  id: string;
  /** Part of the operation's URL; a poll that lacks it is refused. */
  signature: string;
  startedAt: number;
  endsAt: number;
  /** The node pool it works on; undefined for the cluster itself. */
  pool: string | undefined;
  status: "Succeeded" | "Failed" | "Canceled";
  /** The `error` of the operation's answer; real ones carry it while running and even when Succeeded. */
  error: JsonObject | undefined;
  /** What the mesh does afterwards, where the operation changes that. */
  mechanismAfter: Mechanism | undefined;
  /** What the cluster's body says afterwards, where that differs from what was asked for. */
  saysAfter: string | undefined;
  /** Its time starts when the cluster is first read, however long a client takes to get there. */
  startsWhenRead: boolean;
  settled: boolean;
}

/** How the next PUT of the cluster ends. */
export interface UpdateOutcome {
  status: "Succeeded" | "Failed" | "Canceled";
  error: JsonObject | undefined;
  /** What the cluster says about the mechanism afterwards; undefined: what was asked for. */
  mechanism: Mechanism | undefined;
}

/** How run commands go. Whether they are forbidden stands in the cluster's body: apiServerAccessProfile.disableRunCommand. */
export interface RunCommandSettings {
  /**
   * Whether the command's pod finds a node: yes; no, which its result says after 60 s; or no, which the service says at once
   * where the request is made, as it does as well.
   */
  scheduling: "works" | "times-out" | "is-refused";
  /** Bytes of output that are kept, from the start. */
  outputLimit: number;
  /** Real milliseconds after which a command is killed. */
  killAfter: number;
}

export interface Cluster {
  name: string;
  location: string;
  /** The managed cluster as Resource Manager shows it while nothing is in progress. */
  body: JsonObject;
  operations: Operation[];
  updateOutcome: UpdateOutcome;
  kubeconfig: "exec" | "client-certificate";
  /** False: nobody listens where the API server should be, inside the cluster's network as well. */
  reachable: boolean;
  /**
   * How the API server fails those outside of the cluster's network: it refuses connections, takes them and never says a
   * word (authorised IP ranges), or its name does not resolve. undefined: it answers.
   */
  unreachable: "refused" | "blackhole" | "dns" | undefined;
  /** A private cluster (see `makePrivate`): its name does not resolve outside, unless it has a public name that is asked for. */
  private: { publicFqdn: boolean } | undefined;
  runCommand: RunCommandSettings;
  /** Deployment Safeguards with the baseline Pod Security Standard, as on AKS Automatic. */
  safeguards: boolean;
  /** Since when the mesh does what; oldest first, never empty. */
  mechanisms: { from: number; mechanism: Mechanism }[];
}

export interface NamespaceState {
  name: string;
  createdAt: number;
  /** The labels over time; oldest first, never empty. */
  labels: { from: number; labels: Record<string, string> }[];
}

export interface NodeState {
  name: string;
  os: "linux" | "windows";
  pool: string;
  /** Only DaemonSets put new pods there. */
  cordoned?: boolean;
}

export interface ContinueTokens {
  /** Older ones are answered 410 Gone; undefined: they do not expire. */
  lifetime: number | undefined;
  /** The first token that is used is expired, whatever its age; later ones follow `lifetime`. */
  expireFirst: boolean;
}

export interface KubernetesWorld {
  nodes: NodeState[];
  namespaces: NamespaceState[];
  workloads: Workload[];
  /** Revision tags: tag to revision. */
  tags: Record<string, string>;
  /** Texts for a `Warning` header on every answer. */
  warnings: string[];
  continueTokens: ContinueTokens;
  /** Nodes whose CNI pod never gets ready; pods there fail istio-validation with exit code 126. */
  brokenCniNodes: string[];
  /** Whether injectors make native sidecars, where a pod does not say; undefined: from asm-1-29 on. */
  nativeSidecars: boolean | undefined;
  admission: AdmissionSettings;
}

export interface World {
  readonly startedAt: number;
  identity: Identity;
  github: GitHub;
  subscriptionId: string;
  resourceGroup: string;
  rights: Rights;
  feature: Feature;
  timing: Timing;
  cluster: Cluster;
  kubernetes: KubernetesWorld;
}

/** The mechanism that the mesh works with at a moment. */
export function mechanismAt(world: World, at: number): { from: number; mechanism: Mechanism } {
  const reached = world.cluster.mechanisms.filter((entry) => entry.from <= at).at(-1) ?? world.cluster.mechanisms[0];
  if (reached === undefined) throw new Error("The world has no redirection mechanism.");
  return reached;
}

/** The labels of a namespace at a moment; undefined where it does not exist. */
export function namespaceLabelsAt(world: World, name: string, at: number): Record<string, string> | undefined {
  const namespace = world.kubernetes.namespaces.find((candidate) => candidate.name === name);
  const history = namespace?.labels;
  return (history?.filter((entry) => entry.from <= at).at(-1) ?? history?.[0])?.labels;
}
