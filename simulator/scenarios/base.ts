/** The world that scenarios start from: a cluster on the default revision, and an identity with all rights. */
import { managedClusterBody } from "../azure/cluster-body.ts";
import { defaultAdmission } from "../world/admission.ts";
import type { Mechanism } from "../world/cluster.ts";
import { emptyGitHubApi } from "../world/github.ts";
import type { NamespaceState } from "../world/kubernetes.ts";
import { supportedRevisions } from "../world/mesh-revisions.ts";
import { defaultResourceManager } from "../world/resource-manager-settings.ts";
import { type Workload, workload } from "../world/workload.ts";
import { ARM_ACTIONS, type Rights, type World } from "../world/world.ts";

export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;
/** The newest revision that AKS supports in late 2026, and the one before. */
export const DEFAULT_REVISION = "asm-1-30";
export const OLDER_REVISION = "asm-1-29";

/** How the cluster of a scenario differs from the default. */
interface BaseOptions {
  /** Start of the simulated time, ms since the epoch. */
  readonly now: number;
  /** AKS Automatic with Deployment Safeguards (the default), or a Base cluster without. */
  readonly automatic?: boolean;
  readonly revisions?: readonly string[];
  /** The mechanism over time; the cluster's body reports the last one. */
  readonly mechanisms?: readonly { readonly from: number; readonly mechanism: Mechanism }[];
  /** Whether the preview flag was registered long ago. */
  readonly flagRegistered?: boolean;
  readonly namespaces?: readonly NamespaceState[];
  readonly workloads?: readonly Workload[];
}

/** All rights that the action can need. */
function allRights(): Rights {
  return { arm: ARM_ACTIONS.map((action) => ({ action, scope: "subscription" })), kubernetes: "cluster-admin" };
}

/** A namespace that has had these labels since its creation. */
export function namespace(name: string, createdAt: number, labels: Record<string, string> = {}): NamespaceState {
  return { name, createdAt, labels: [{ from: createdAt, labels: { "kubernetes.io/metadata.name": name, ...labels } }] };
}

function systemNamespaces(createdAt: number): NamespaceState[] {
  const managed = { "kubernetes.azure.com/managedby": "aks" };
  return [
    namespace("default", createdAt),
    namespace("kube-system", createdAt, managed),
    namespace("kube-public", createdAt),
    namespace("gatekeeper-system", createdAt, managed),
    namespace("aks-istio-system", createdAt, managed),
    namespace("aks-istio-ingress", createdAt, managed),
    namespace("aks-command", createdAt, managed),
  ];
}

function systemWorkloads(createdAt: number, revisions: readonly string[]): Workload[] {
  return [
    workload({ namespace: "kube-system", name: "coredns", createdAt }),
    workload({ namespace: "gatekeeper-system", name: "gatekeeper-controller", createdAt }),
    ...revisions.map((revision) => workload({ namespace: "aks-istio-system", name: `istiod-${revision}`, createdAt })),
  ];
}

/** The namespaces of two teams in the mesh and one outside of it. */
export function teams(now: number, revision = DEFAULT_REVISION): NamespaceState[] {
  const createdAt = now - 30 * DAY;
  const inMesh = { "istio.io/rev": revision };
  return [namespace("shop", createdAt, inMesh), namespace("payments", createdAt, inMesh), namespace("docs", createdAt)];
}

/** The applications of the teams. `createdAt`: ms since the epoch. */
export function applications(createdAt: number): Workload[] {
  return [
    workload({ namespace: "shop", name: "storefront", replicas: 3, createdAt }),
    workload({ namespace: "shop", name: "cart", createdAt }),
    workload({ namespace: "payments", name: "ledger", kind: "StatefulSet", createdAt }),
    workload({ namespace: "docs", name: "handbook", replicas: 1, createdAt }),
  ];
}

/** Creates the world. */
export function baseWorld(options: BaseOptions): World {
  const { now, automatic = true, revisions = [DEFAULT_REVISION], flagRegistered = false } = options;
  const createdAt = now - 60 * DAY;
  const mechanisms = options.mechanisms ?? [{ from: createdAt, mechanism: "InitContainers" as const }];
  const identity = {
    tenantId: "6b1f6a8e-52a5-4a0e-9c53-0d7a55d60f11",
    clientId: "0c7c1d8e-27f8-4f5c-8a25-5c9f2f3c8f64",
  };
  const names = {
    subscriptionId: "5f0f3c1e-9a3b-4a55-8f5e-2f1c6d7b8a90",
    resourceGroup: "rg-mesh-demo",
    name: "demo",
    location: "westeurope",
  };
  const mechanism = mechanisms.at(-1)?.mechanism ?? "InitContainers";
  return {
    startedAt: now,
    identity: {
      ...identity,
      objectId: "9e1d5c52-1f7b-4c86-9b0c-3f4f7ad1c2be",
      secret: undefined,
      federatedCredentials: [
        { issuer: "", subject: "repo:contoso/platform:environment:production", audience: "api://AzureADTokenExchange" },
      ],
      tokenLifetime: 3600,
    },
    github: {
      repository: "contoso/platform",
      subject: "repo:contoso/platform:environment:production",
      requestToken: "simulated-oidc-request-token",
      idTokenPermission: true,
      tokenLifetime: 300,
      ...emptyGitHubApi(),
    },
    subscriptionId: names.subscriptionId,
    resourceGroup: names.resourceGroup,
    rights: allRights(),
    resourceManager: defaultResourceManager(),
    meshRevisions: supportedRevisions(),
    activity: [],
    feature: {
      variant: "self-service",
      required: true,
      registrationAskedAt: flagRegistered ? now - 45 * DAY : undefined,
      providerRefreshedAt: flagRegistered ? now - 44 * DAY : undefined,
    },
    timing: {
      featureRegistration: 4 * MINUTE,
      featurePropagation: 30_000,
      clusterUpdate: 108_000,
      daemonSetRollout: 40_000,
      podStart: 8000,
      rolloutStep: 5000,
      runCommand: 4000,
      activityLog: 3 * MINUTE,
    },
    cluster: {
      name: names.name,
      location: names.location,
      body: managedClusterBody({ ...names, tenantId: identity.tenantId, automatic, revisions, mechanism }),
      operations: [],
      updateOutcome: { status: "Succeeded", error: undefined, mechanism: undefined },
      kubeconfig: "exec",
      reachable: true,
      unreachable: undefined,
      private: undefined,
      runCommand: { scheduling: "works", outputLimit: 512 * 1024, killAfter: 30_000 },
      safeguards: automatic,
      mechanisms: [...mechanisms],
    },
    kubernetes: {
      nodes: [
        ...["000000", "000001", "000002"].map((id) => ({
          name: `aks-systempool-31415926-vmss${id}`,
          os: "linux" as const,
          pool: "systempool",
        })),
        ...["000000", "000001"].map((id) => ({
          name: `aks-userpool-27182818-vmss${id}`,
          os: "linux" as const,
          pool: "userpool",
        })),
      ],
      namespaces: [...systemNamespaces(createdAt), ...(options.namespaces ?? teams(now))],
      workloads: [...systemWorkloads(createdAt, revisions), ...(options.workloads ?? applications(now - 30 * MINUTE))],
      tags: {},
      warnings: [],
      continueTokens: { lifetime: undefined, expireFirst: false },
      brokenCniNodes: [],
      nativeSidecars: undefined,
      admission: defaultAdmission(),
    },
  };
}

/** The world of a cluster that has used CNI chaining for weeks. */
export function switchedWorld(options: BaseOptions): World {
  const { now } = options;
  return baseWorld({
    flagRegistered: true,
    mechanisms: [
      { from: now - 60 * DAY, mechanism: "InitContainers" },
      { from: now - 40 * DAY, mechanism: "CNIChaining" },
    ],
    workloads: applications(now - 20 * DAY),
    ...options,
  });
}
