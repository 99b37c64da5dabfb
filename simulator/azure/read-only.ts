/** Which properties of a managed cluster the service keeps to itself, whatever a PUT says or leaves out. */
import { isObject, type Json, type JsonObject, objectsAt, setAt, valueAt } from "../lib/json.ts";

/** Read-only by the API's definition (2026-01-01), and those that recorded PUTs left out and the answer still had. */
const KEPT: readonly (readonly string[])[] = [
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

const KEPT_IN_POOLS = ["eTag", "currentOrchestratorVersion", "nodeImageVersion", "provisioningState"] as const;

/** Where it hangs below something that the PUT removed (a whole profile, an add-on), it goes with it. */
function parentSurvives(requested: JsonObject, path: readonly string[]): boolean {
  return path.length === 1 || isObject(valueAt(requested, ...path.slice(0, -1)));
}

function keep(target: JsonObject, key: string, value: Json | undefined): void {
  if (value === undefined) Reflect.deleteProperty(target, key);
  else target[key] = value;
}

/** What the service stores for a PUT: the requested body, with its own values where they are not for clients to set. */
export function withServerValues(stored: JsonObject, requested: JsonObject): JsonObject {
  const result = structuredClone(requested);
  for (const path of KEPT) {
    if (!parentSurvives(result, path)) continue;
    const value = valueAt(stored, ...path);
    if (value !== undefined) setAt(result, path, structuredClone(value));
  }
  const storedPools = objectsAt(stored, "properties", "agentPoolProfiles");
  for (const pool of objectsAt(result, "properties", "agentPoolProfiles")) {
    const before = storedPools.find((candidate) => candidate["name"] === pool["name"]);
    for (const key of KEPT_IN_POOLS) keep(pool, key, before?.[key]);
  }
  return result;
}
