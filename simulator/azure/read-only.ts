/** Properties of a managed cluster that only the service sets, whatever a PUT contains. */
import { isObject, type Json, type JsonObject, objectsAt, setAt, valueAt } from "../lib/json.ts";

/** Read-only in the API's definition (2026-01-01), and properties that recorded PUTs lacked and their answers contained. */
export const READ_ONLY: readonly (readonly string[])[] = [
  ["id"],
  ["name"],
  ["type"],
  ["location"],
  ["eTag"],
  ["systemData"],
  ["identity", "principalId"],
  ["identity", "tenantId"],
  ["properties", "provisioningState"],
  ["properties", "powerState"],
  ["properties", "maxAgentPools"],
  ["properties", "currentKubernetesVersion"],
  ["properties", "fqdn"],
  ["properties", "privateFQDN"],
  ["properties", "azurePortalFQDN"],
  ["properties", "resourceUID"],
  ["properties", "controlPlanePluginProfiles"],
  ["properties", "oidcIssuerProfile", "issuerURL"],
  ["properties", "networkProfile", "loadBalancerProfile", "effectiveOutboundIPs"],
  ["properties", "networkProfile", "natGatewayProfile", "effectiveOutboundIPs"],
  ["properties", "ingressProfile", "webAppRouting", "identity"],
  ["properties", "addonProfiles", "azurepolicy", "identity"],
];

export const READ_ONLY_IN_POOLS = ["eTag", "currentOrchestratorVersion", "nodeImageVersion", "provisioningState"] as const;

/** Whether the PUT still contains the parent of a property. A read-only property is removed with its profile or add-on. */
function hasParent(requested: JsonObject, path: readonly string[]): boolean {
  return path.length === 1 || isObject(valueAt(requested, ...path.slice(0, -1)));
}

function setOrRemove(target: JsonObject, key: string, value: Json | undefined): void {
  if (value === undefined) Reflect.deleteProperty(target, key);
  else target[key] = value;
}

/** The body that the service stores for a PUT: the requested one, with the stored values of read-only properties. */
export function withServerValues(stored: JsonObject, requested: JsonObject): JsonObject {
  const result = structuredClone(requested);
  // The service keeps the eTag under one name only, whatever the body calls it.
  for (const holder of [result, ...objectsAt(result, "properties", "agentPoolProfiles")]) delete holder["etag"];
  for (const path of READ_ONLY) {
    if (!hasParent(result, path)) continue;
    const value = valueAt(stored, ...path);
    if (value !== undefined) setAt(result, path, structuredClone(value));
  }
  const storedPools = objectsAt(stored, "properties", "agentPoolProfiles");
  for (const pool of objectsAt(result, "properties", "agentPoolProfiles")) {
    const before = storedPools.find((candidate) => candidate["name"] === pool["name"]);
    for (const key of READ_ONLY_IN_POOLS) setOrRemove(pool, key, before?.[key]);
  }
  return result;
}
