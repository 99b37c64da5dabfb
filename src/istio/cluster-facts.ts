/**
 * A managed cluster, read from the body that Resource Manager answers. Numbers are not looked at: a body may come from a
 * parser that keeps them as objects, so that they survive a round trip unchanged.
 */
import { INIT_CONTAINERS } from "../contract.ts";
import { arrayAt, at, booleanAt, isRecord, stringMapAt, textAt, textsAt } from "../lib/json.ts";
import type { AgentPoolFacts, ClusterFacts } from "./observation.ts";

/** Where a cluster keeps its redirection mechanism, as people search for it. */
export const MECHANISM_PATH = "properties.serviceMeshProfile.istio.components.proxyRedirectionMechanism";

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
      redirectionMechanism: textAt(body, ...MECHANISM_PATH.split(".")),
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
