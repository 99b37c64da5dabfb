/**
 * A managed cluster, read from the body that Resource Manager answers. Numbers are not looked at: a body may come from a
 * parser that keeps them as objects, so that they survive a round trip unchanged.
 */
import { INIT_CONTAINERS, MECHANISM_PATH } from "../contract.ts";
import { arrayAt, at, booleanAt, isRecord, stringMapAt, textAt, textsAt } from "../lib/json.ts";

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
    usesEntra: isRecord(at(body, "properties", "aadProfile")),
    apiServerNames: [textAt(body, "properties", "fqdn"), textAt(body, "properties", "privateFQDN")].filter((name) => name !== ""),
  };
}

/** Tools that keep a cluster the way their own files say, and so may undo a switch. */
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

/** How the mesh redirects: Azure's word, or `InitContainers` where it names none. */
export function effectiveMechanism(facts: ClusterFacts): string {
  return facts.mesh.redirectionMechanism === "" ? INIT_CONTAINERS : facts.mesh.redirectionMechanism;
}

/** Whether the mesh redirects the way that is asked for; Azure's enumerations compare without case. */
export function redirectsBy(facts: ClusterFacts, mechanism: string): boolean {
  return effectiveMechanism(facts).toLowerCase() === mechanism.toLowerCase();
}

/** Whether the managed mesh is on. */
export function isMeshOn(facts: ClusterFacts): boolean {
  return facts.mesh.mode.toLowerCase() === "istio";
}

/**
 * `provisioningState` is an open set of words; only these three mean that nothing is going on. No word means so as well.
 */
function isTerminal(provisioningState: string): boolean {
  return ["", "succeeded", "failed", "canceled"].includes(provisioningState.toLowerCase());
}

/** Whether neither the cluster nor any of its node pools is being changed. Then a PUT will not be refused as a conflict. */
export function isIdle(facts: ClusterFacts): boolean {
  return busyWith(facts).length === 0;
}

/** What is being changed: `cluster is Updating`, `node pool userpool is Upgrading`. Empty where the cluster is idle. */
export function busyWith(facts: ClusterFacts): string[] {
  const busy: string[] = [];
  if (!isTerminal(facts.provisioningState)) busy.push(`cluster is ${facts.provisioningState}`);
  for (const pool of facts.agentPools) {
    if (!isTerminal(pool.provisioningState)) busy.push(`node pool ${pool.name} is ${pool.provisioningState}`);
  }
  return busy;
}

/**
 * The Kubernetes upgrade that any PUT of the cluster would resume, or undefined. An upgrade is unfinished where the last
 * operation failed or was cancelled and the version that was asked for is not the one that runs.
 */
export function unfinishedUpgrade(facts: ClusterFacts): string | undefined {
  const clusterBroke = endedBadly(facts.provisioningState);
  const unfinished: string[] = [];
  if (clusterBroke && !runsVersion(facts.kubernetesVersion, facts.currentKubernetesVersion)) {
    unfinished.push(
      `the cluster was to run Kubernetes ${facts.kubernetesVersion} and runs ${facts.currentKubernetesVersion}`,
    );
  }
  for (const pool of facts.agentPools) {
    if (!clusterBroke && !endedBadly(pool.provisioningState)) continue;
    if (runsVersion(pool.orchestratorVersion, pool.currentOrchestratorVersion)) continue;
    unfinished.push(
      `node pool ${pool.name} was to run Kubernetes ${pool.orchestratorVersion} and runs ${pool.currentOrchestratorVersion}`,
    );
  }
  return unfinished.length === 0 ? undefined : unfinished.join("; ");
}

/** Whether the last operation on a cluster or a pool failed or was cancelled. */
export function endedBadly(provisioningState: string): boolean {
  return ["failed", "canceled"].includes(provisioningState.toLowerCase());
}

/** "1.32" asks for whatever patch of 1.32 runs; where Azure leaves one of the two out, nothing can be said against it. */
function runsVersion(wanted: string, current: string): boolean {
  return wanted === "" || current === "" || current === wanted || current.startsWith(`${wanted}.`);
}
