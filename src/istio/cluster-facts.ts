/**
 * Facts of a managed cluster, read from the body of Resource Manager's answer. No numbers are read: the body may come from
 * a parser that represents numbers as objects, so that a PUT sends them back unchanged.
 */
import { MECHANISM_PATH } from "../contract.ts";
import { arrayAt, booleanAt, stringMapAt, textAt, textsAt } from "../lib/json.ts";

/** What the mesh needs to know of an agent pool. The values are Azure's, unchanged. */
export interface AgentPoolFacts {
  readonly name: string;
  readonly osType: string;
  readonly osSku: string;
  readonly nodeImageVersion: string;
  readonly provisioningState: string;
  readonly powerState: string;
  /** The version that was requested. It differs from the current one while an upgrade is unfinished. */
  readonly orchestratorVersion: string;
  readonly currentOrchestratorVersion: string;
}

/** A managed cluster as Resource Manager returns it. Texts are empty where Azure returns none. */
export interface ClusterFacts {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  /** Name and tier: `Automatic/Standard`. */
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
    /** Empty where Azure returns none, which does not say how the mesh redirects: see `redirection.ts`. */
    readonly redirectionMechanism: string;
  };
  /** The last write to the cluster, of any property, from `systemData`; empty where Azure returns none. */
  readonly lastChange: { readonly by: string; readonly byType: string; readonly at: string };
  /** Tags that name an infrastructure tool, such as `managed-by=terraform`. */
  readonly toolTags: readonly string[];
  readonly isPrivate: boolean;
  /** Whether the API server has a name in public DNS. */
  readonly hasPublicName: boolean;
  readonly runCommandDisabled: boolean;
  /** Whether the application routing add-on runs an Istio of its own, which excludes the mesh. */
  readonly usesAppRoutingIstio: boolean;
  /**
   * Whether the API server authenticates users with Microsoft Entra ID as AKS integrates it (`aadProfile.managed`). Only such a server
   * takes tokens for AKS' own application, and only it is sent one.
   */
  readonly usesEntra: boolean;
  /** Host names of the API server, public and private. */
  readonly apiServerNames: readonly string[];
}

/** The preview feature. Its state is Azure's, `NotFound` (left preview, or not in this cloud) or `Unknown` (not read). */
export interface FeatureFacts {
  readonly name: string;
  readonly state: string;
  /** Why the state is `Unknown`; empty otherwise. */
  readonly why: string;
}

/** Reads a `managedClusters` body of any api-version; what is absent reads as empty. Never throws. */
export function readClusterFacts(body: unknown): ClusterFacts {
  const id = textAt(body, "id");
  return {
    id,
    name: textAt(body, "name") || (id.split("/").at(-1) ?? ""),
    location: textAt(body, "location"),
    sku: [textAt(body, "sku", "name"), textAt(body, "sku", "tier")].filter((part) => part !== "").join("/"),
    kubernetesVersion: textAt(body, "properties", "kubernetesVersion"),
    currentKubernetesVersion: textAt(body, "properties", "currentKubernetesVersion"),
    provisioningState: textAt(body, "properties", "provisioningState"),
    powerState: textAt(body, "properties", "powerState", "code"),
    agentPools: arrayAt(body, "properties", "agentPoolProfiles").map(readAgentPool),
    mesh: {
      mode: textAt(body, "properties", "serviceMeshProfile", "mode"),
      revisions: textsAt(body, "properties", "serviceMeshProfile", "istio", "revisions"),
      redirectionMechanism: textAt(body, ...MECHANISM_PATH),
    },
    hasPublicName: textAt(body, "properties", "fqdn") !== "",
    lastChange: {
      by: textAt(body, "systemData", "lastModifiedBy"),
      byType: textAt(body, "systemData", "lastModifiedByType"),
      at: textAt(body, "systemData", "lastModifiedAt"),
    },
    toolTags: readToolTags(body),
    isPrivate: booleanAt(body, "properties", "apiServerAccessProfile", "enablePrivateCluster") ?? false,
    runCommandDisabled: booleanAt(body, "properties", "apiServerAccessProfile", "disableRunCommand") ?? false,
    usesAppRoutingIstio: textAt(body, ...APP_ROUTING_ISTIO, "mode").toLowerCase() === "enabled",
    usesEntra: booleanAt(body, "properties", "aadProfile", "managed") === true,
    apiServerNames: [textAt(body, "properties", "fqdn"), textAt(body, "properties", "privateFQDN")].filter((name) => name !== ""),
  };
}

const APP_ROUTING_ISTIO = ["properties", "ingressProfile", "webAppRouting", "gatewayAPIImplementations", "appRoutingIstio"];

/** Tools that set a cluster to the state in their files, and so may undo a switch. */
const TOOLS = /terraform|opentofu|pulumi|bicep|crossplane|ansible/i;
const MAX_TOOL_TAGS = 3;

function readToolTags(body: unknown): readonly string[] {
  return Object.entries(stringMapAt(body, "tags"))
    .map(([key, value]) => `${key}=${value}`)
    .filter((tag) => TOOLS.test(tag))
    .slice(0, MAX_TOOL_TAGS);
}

function readAgentPool(pool: unknown): AgentPoolFacts {
  return {
    name: textAt(pool, "name"),
    osType: textAt(pool, "osType"),
    osSku: textAt(pool, "osSKU"),
    nodeImageVersion: textAt(pool, "nodeImageVersion"),
    provisioningState: textAt(pool, "provisioningState"),
    powerState: textAt(pool, "powerState", "code"),
    orchestratorVersion: textAt(pool, "orchestratorVersion"),
    currentOrchestratorVersion: textAt(pool, "currentOrchestratorVersion"),
  };
}

/** Whether the cluster is AKS Automatic. Its Deployment Safeguards cannot be switched off. */
export function isAutomatic({ sku }: ClusterFacts): boolean {
  return sku.split("/")[0]?.toLowerCase() === "automatic";
}

/** Whether the cluster does not run. While it starts, its powerState is Stopped for some time. */
export function isStopped({ powerState }: Pick<ClusterFacts, "powerState">): boolean {
  return powerState !== "" && powerState.toLowerCase() !== "running";
}

/** Whether the managed mesh is on. */
export function isMeshOn(facts: ClusterFacts): boolean {
  return facts.mesh.mode.toLowerCase() === "istio";
}

/**
 * The operations in progress: `cluster is Updating`, `node pool userpool is Upgrading`. Azure refuses a PUT as a conflict
 * until there are none.
 */
export function operationsInProgress(facts: ClusterFacts): readonly string[] {
  return partsInState(facts, (state) => !isTerminal(state));
}

/** The cluster and the node pools whose last operation failed or was cancelled: `node pool userpool is Failed`. */
export function failedOperations(facts: ClusterFacts): readonly string[] {
  return partsInState(facts, failedOrCanceled);
}

function partsInState({ provisioningState, agentPools }: ClusterFacts, matches: (provisioningState: string) => boolean): readonly string[] {
  const parts = [{ label: "cluster", provisioningState }, ...agentPools.map((pool) => ({ label: `node pool ${pool.name}`, ...pool }))];
  return parts.filter((part) => matches(part.provisioningState)).map((part) => `${part.label} is ${part.provisioningState}`);
}

/** `provisioningState` is an open set of values. Only these three, or none, mean that no operation is in progress. */
function isTerminal(provisioningState: string): boolean {
  return ["", "succeeded", "failed", "canceled"].includes(provisioningState.toLowerCase());
}

/**
 * The Kubernetes upgrade that any PUT of the cluster would resume, or undefined. An upgrade is unfinished where the last
 * operation failed or was cancelled and the current version is not the requested one.
 */
export function unfinishedUpgrade(facts: ClusterFacts): string | undefined {
  const clusterFailed = failedOrCanceled(facts.provisioningState);
  const unfinished: string[] = [];
  if (clusterFailed && !requestedVersionRuns(facts.kubernetesVersion, facts.currentKubernetesVersion)) {
    unfinished.push(`the cluster should run Kubernetes ${facts.kubernetesVersion} but runs ${facts.currentKubernetesVersion}`);
  }
  for (const pool of facts.agentPools) {
    if (!clusterFailed && !failedOrCanceled(pool.provisioningState)) continue;
    if (requestedVersionRuns(pool.orchestratorVersion, pool.currentOrchestratorVersion)) continue;
    unfinished.push(`node pool ${pool.name} should run Kubernetes ${pool.orchestratorVersion} but runs ${pool.currentOrchestratorVersion}`);
  }
  return unfinished.length === 0 ? undefined : unfinished.join("; ");
}

/** Whether a provisioningState says that the last operation failed or was cancelled. */
export function failedOrCanceled(provisioningState: string): boolean {
  return ["failed", "canceled"].includes(provisioningState.toLowerCase());
}

/** "1.32" requests any patch version of 1.32. Where Azure returns only one of the versions, they count as equal. */
function requestedVersionRuns(requested: string, current: string): boolean {
  return requested === "" || current === "" || current === requested || current.startsWith(`${requested}.`);
}
