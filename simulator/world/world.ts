/**
 * The state of a simulated world. A scenario creates it, a test may change it before the start, and the services read it.
 * Everything that takes time is a function of this state and the clock: nothing runs in the background.
 * Times are simulated milliseconds since the epoch, durations simulated milliseconds, unless a name says otherwise.
 */
import type { ActivityEvent } from "./activity.ts";
import type { Cluster, Mechanism } from "./cluster.ts";
import type { GitHub } from "./github.ts";
import type { KubernetesState } from "./kubernetes.ts";
import type { MeshRevision } from "./mesh-revisions.ts";
import type { ResourceManagerSettings } from "./resource-manager-settings.ts";

/** The Entra application of every AKS cluster: the audience of tokens for the API server. */
export const AKS_APPLICATION = "6dae42f8-4368-4678-94ff-3960e28e3630";

/** The Resource Manager actions that the action can need. */
export const ARM_ACTIONS = [
  "Microsoft.Features/providers/features/read",
  "Microsoft.Features/providers/features/register/action",
  "Microsoft.ContainerService/register/action",
  "Microsoft.ContainerService/managedClusters/read",
  "Microsoft.ContainerService/managedClusters/write",
  "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
  "Microsoft.ContainerService/managedClusters/runcommand/action",
  "Microsoft.ContainerService/managedClusters/commandResults/read",
  "Microsoft.ContainerService/locations/meshRevisionProfiles/read",
  "Microsoft.Insights/eventtypes/values/read",
] as const;
export type ArmAction = (typeof ARM_ACTIONS)[number];

/** An allowed action. A grant at "subscription" includes the cluster; one at "cluster" covers only its resource group. */
export interface ArmGrant {
  action: ArmAction;
  scope: "subscription" | "cluster";
  /** Time that the role assignment needs to propagate, counted from the first request that needs it. Until then the action is refused. */
  propagation?: number;
}

/** Azure RBAC for Kubernetes: none, RBAC Reader, RBAC Writer, RBAC Cluster Admin. */
export type KubernetesRole = "none" | "reader" | "writer" | "cluster-admin";

export interface Rights {
  arm: ArmGrant[];
  kubernetes: KubernetesRole;
  /** Data actions of a custom role, which replace `kubernetes`: `Microsoft.ContainerService/managedClusters/pods/read`. */
  dataActions?: readonly string[];
}

export interface FederatedCredential {
  /** "" stands for the simulated GitHub. */
  issuer: string;
  subject: string;
  audience: string;
}

export interface Identity {
  tenantId: string;
  clientId: string;
  objectId: string;
  /** The valid client secret; undefined: the application has none. */
  secret: string | undefined;
  federatedCredentials: FederatedCredential[];
  /** Lifetime of an access token, seconds. */
  tokenLifetime: number;
}

export interface Feature {
  /** pending: registering waits for an approval that never comes. graduated: Azure does not know the flag and does not need it. */
  variant: "self-service" | "pending" | "graduated";
  /** Whether a PUT needs the flag. Without it Azure knows the flag, and accepts the PUT all the same. */
  required: boolean;
  /** When registration was requested; undefined: NotRegistered. */
  registrationAskedAt: number | undefined;
  /** When the resource provider was last registered again. */
  providerRefreshedAt: number | undefined;
}

export interface Timing {
  /** From the request to register the flag to Registered. */
  featureRegistration: number;
  /** From the provider's refresh until a PUT of the cluster is accepted. */
  featurePropagation: number;
  /** From the PUT's answer to the end of its operation; the recorded one took 108 s. */
  clusterUpdate: number;
  /** From the switch to the last ready pod of the CNI DaemonSet. */
  daemonSetRollout: number;
  /** From a pod's creation to Ready. */
  podStart: number;
  /** The least time between two replaced pods of a workload during a rollout. */
  rolloutStep: number;
  /** From a run command's acceptance to its result, where the command itself does not take longer. */
  runCommand: number;
  /** From an event to its appearance in the activity log. */
  activityLog: number;
}

export interface World {
  readonly startedAt: number;
  identity: Identity;
  github: GitHub;
  subscriptionId: string;
  resourceGroup: string;
  rights: Rights;
  resourceManager: ResourceManagerSettings;
  /** The mesh revisions that the cluster's region supports. */
  meshRevisions: MeshRevision[];
  /** Events of the activity log that do not follow from the cluster's operations; oldest first. */
  activity: ActivityEvent[];
  feature: Feature;
  timing: Timing;
  cluster: Cluster;
  kubernetes: KubernetesState;
}

/** The mechanism that the mesh uses at a time, and since when. */
export function mechanismAt(world: World, at: number): { from: number; mechanism: Mechanism } {
  const reached = world.cluster.mechanisms.filter((entry) => entry.from <= at).at(-1) ?? world.cluster.mechanisms[0];
  if (reached === undefined) throw new Error("The world has no redirection mechanism.");
  return reached;
}

/** The labels of a namespace at a time; undefined where it does not exist. */
export function namespaceLabelsAt(world: World, name: string, at: number): Record<string, string> | undefined {
  const namespace = world.kubernetes.namespaces.find((candidate) => candidate.name === name);
  const history = namespace?.labels;
  return (history?.filter((entry) => entry.from <= at).at(-1) ?? history?.[0])?.labels;
}
