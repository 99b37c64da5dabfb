/**
 * The body of a cluster. What is read of it does not depend on the parser, and the body of the PUT has every property that was read,
 * with every digit, but for those that the API declares read-only and the redirection mechanism.
 */
import assert from "node:assert/strict";
import { parse, stringify } from "lossless-json";
import { parseCluster, putBody, READ_ONLY } from "../../../src/azure/put-body.ts";
import { MECHANISM_PATH } from "../../../src/contract.ts";
import { failedOperations, isAutomatic, isMeshOn, isStopped, operationsInProgress, readClusterFacts, unfinishedUpgrade } from "../../../src/istio/cluster-facts.ts";
import { isRecord, parseJson, textAt } from "../../../src/lib/json.ts";
import type { Target } from "../target.ts";

/** Where the values of a JSON text are: the path with its keys as JSON, and the value. Numbers are those of the text. */
function leavesOf(value: unknown, at: readonly string[] = [], leaves = new Map<string, readonly [path: readonly string[], leaf: string]>()): ReadonlyMap<string, readonly [readonly string[], string]> {
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  if (entries.length === 0) leaves.set(JSON.stringify(at), [at, JSON.stringify(value)]);
  for (const [key, child] of entries) leavesOf(child, [...at, key], leaves);
  return leaves;
}

const isReadOnly = (path: readonly string[]): boolean => READ_ONLY.some((pattern) => pattern.length <= path.length && pattern.every((key, index) => key === "*" || key === path[index]));
/** The mechanism, and what stands in its place: a value that is no object can have no property. */
const isMechanism = (path: readonly string[]): boolean => MECHANISM_PATH.slice(0, path.length).every((key, index) => key === path[index]) && path.length <= MECHANISM_PATH.length;

/** The numbers of a JSON text, in their order. */
function numbersIn(text: string): readonly string[] {
  return text.replaceAll(/"(?:\\.|[^"\\])*"/g, '""').match(/-?\d[\d.eE+-]*/g) ?? [];
}

function fuzz(data: Buffer): string {
  const text = data.toString("utf8");
  const cluster = parseCluster(text);
  const json = parseJson(text);
  if (cluster === undefined || !isRecord(json)) {
    // lossless-json refuses a key that occurs twice with different values.
    assert(cluster === undefined, "only JSON is a cluster");
    return "no cluster";
  }
  const facts = readClusterFacts(cluster);
  assert.deepEqual(facts, readClusterFacts(json), "what is read does not depend on the parser");
  for (const read of [operationsInProgress, failedOperations, unfinishedUpgrade, isAutomatic, isMeshOn, isStopped]) read(facts);

  const { text: body, leftOut } = putBody(cluster, "CNIChaining");
  const written = parseJson(body);
  assert.equal(textAt(written, ...MECHANISM_PATH), "CNIChaining", "the PUT sets the mechanism");
  const [before, after] = [leavesOf(json), leavesOf(written)];
  for (const [place, [path, leaf]] of before) if (!isReadOnly(path) && !isMechanism(path)) assert.equal(after.get(place)?.[1], leaf, `the PUT keeps ${place}`);
  for (const [place, [path]] of after) assert(before.has(place) || isMechanism(path) || leftOut.length > 0, `the PUT adds ${place}`);
  if (leftOut.length === 0 && !before.has(JSON.stringify(MECHANISM_PATH))) assert.deepEqual(numbersIn(body).toSorted(), numbersIn(stringify(parse(text)) ?? "").toSorted(), "the PUT keeps every digit");
  return `${Math.min(3, leftOut.length)} left out`;
}

const CLUSTER = {
  id: "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/demo/providers/Microsoft.ContainerService/managedClusters/demo",
  name: "demo", location: "westeurope", eTag: "x", sku: { name: "Automatic", tier: "Standard" }, tags: { "managed-by": "terraform" }, systemData: { lastModifiedBy: "a", lastModifiedAt: "2026-11-26T02:14:00Z" },
  identity: { type: "SystemAssigned", principalId: "p", userAssignedIdentities: { "/x": { clientId: "c", principalId: "p" } } },
  properties: {
    provisioningState: "Failed", powerState: { code: "Running" }, kubernetesVersion: "1.33", currentKubernetesVersion: "1.32.4", fqdn: "demo.hcp", maxAgentPools: 100,
    agentPoolProfiles: [{ name: "system", count: 3, osType: "Linux", provisioningState: "Upgrading", powerState: { code: "Running" }, orchestratorVersion: "1.33", currentOrchestratorVersion: "1.32.4", eTag: "y", maxPods: 250 }],
    apiServerAccessProfile: { enablePrivateCluster: true, disableRunCommand: false }, aadProfile: { managed: true },
    serviceMeshProfile: { mode: "Istio", istio: { revisions: ["asm-1-30"], components: { ingressGateways: [{ enabled: true, mode: "External" }], proxyRedirectionMechanism: "InitContainers" } } },
  },
};

export const target: Target = {
  covers: ["src/azure/put-body.ts", "src/istio/cluster-facts.ts", "src/lib/json.ts"],
  seeds: () => [
    Buffer.from(JSON.stringify(CLUSTER)),
    Buffer.from(JSON.stringify({ ...CLUSTER, properties: { ...CLUSTER.properties, serviceMeshProfile: { mode: "Istio", istio: null } } })),
    Buffer.from('{"properties":{"a":1.0000000000000000001,"b":12345678901234567890,"c":[1e400,-0.0],"serviceMeshProfile":{"mode":"Istio"}}}'),
    Buffer.from('{"__proto__":{"a":1},"constructor":[{}],"properties":{"__proto__":null}}'),
  ],
  tokens: [
    '"__proto__":', '"constructor":', '"toString":', '"isLosslessNumber":true', '"value":"1"', '"properties":{', '"serviceMeshProfile":{', '"istio":{', '"components":{', '"proxyRedirectionMechanism":', '"eTag":', '"identity":{', '"provisioningState":"Updating",', '"agentPoolProfiles":[', '"*":', '"":',
    "12345678901234567890", "1.50", "1e400", "-0", "null", "true", "{}", "[]", "\\ud800", "\\u0000",
  ],
  fuzz,
};
