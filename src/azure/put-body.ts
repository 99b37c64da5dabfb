/**
 * Builds the body of the PUT: the cluster as it was read, without the properties that the API declares read-only, and with
 * the redirection mechanism. Properties that no SDK knows are kept, and numbers keep every digit.
 */
import { isLosslessNumber, parse, stringify } from "lossless-json";
import { MECHANISM_PATH, type PropertyDifference } from "../contract.ts";

/** A JSON object from `lossless-json`: its numbers keep every digit. */
export type Json = { readonly [key: string]: unknown };

/** The body of the PUT, and how it differs from the cluster that was read. */
export interface PutBody {
  readonly text: string;
  readonly differences: readonly PropertyDifference[];
  /** Paths of the read-only properties that were read and are left out. */
  readonly leftOut: readonly string[];
}

/**
 * The properties of `managedClusters` that are read-only in the api-versions from 2026-01-01 to 2026-08-01; `*` is any key or index. The
 * `nodeImageVersion` of a pool is read-only in the first only, and the Azure CLI sends it: it is kept. The identity of the load balancer
 * is refused on write although no version declares it read-only (Azure/terraform-provider-azapi#1157).
 */
export const READ_ONLY: readonly (readonly string[])[] = [
  "id",
  "name",
  "type",
  "apiVersion",
  "eTag",
  "systemData",
  "identity.principalId",
  "identity.tenantId",
  "identity.userAssignedIdentities.*.principalId",
  "identity.userAssignedIdentities.*.clientId",
  "properties.provisioningState",
  "properties.powerState",
  "properties.maxAgentPools",
  "properties.currentKubernetesVersion",
  "properties.fqdn",
  "properties.privateFQDN",
  "properties.azurePortalFQDN",
  "properties.resourceUID",
  "properties.status.provisioningError",
  "properties.agentPoolProfiles.*.eTag",
  "properties.agentPoolProfiles.*.currentOrchestratorVersion",
  "properties.agentPoolProfiles.*.provisioningState",
  "properties.agentPoolProfiles.*.status.provisioningError",
  "properties.agentPoolProfiles.*.localDNSProfile.state",
  "properties.addonProfiles.*.identity",
  "properties.podIdentityProfile.userAssignedIdentities.*.provisioningState",
  "properties.podIdentityProfile.userAssignedIdentities.*.provisioningInfo",
  "properties.oidcIssuerProfile.issuerURL",
  "properties.networkProfile.loadBalancerProfile.effectiveOutboundIPs",
  "properties.networkProfile.natGatewayProfile.effectiveOutboundIPs",
  "properties.privateLinkResources.*.privateLinkServiceID",
  "properties.ingressProfile.webAppRouting.identity",
  "properties.ingressProfile.applicationLoadBalancer.identity",
].map((path) => path.split("."));

/** Levels of objects and lists. A cluster has some ten; from some thousand on, the functions here exhaust the stack. */
const DEEPEST = 500;

/**
 * Parses a managed cluster and keeps every digit of its numbers.
 *
 * @returns undefined if the text is not a JSON object, or is nested too deeply for a cluster
 */
export function parseCluster(text: string): Json | undefined {
  try {
    const value = parse(text);
    return isJson(value) && isWithin(DEEPEST, value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a value has at most this many levels. */
function isWithin(levels: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((child) => isWithin(levels - 1, child));
}

/** The body of the PUT that sets this redirection mechanism. */
export function putBody(cluster: Json, mechanism: string): PutBody {
  const leftOut: string[] = [];
  const writable = without(cluster, READ_ONLY, [], leftOut);
  const before = valueAt(writable, MECHANISM_PATH);
  const body = withValue(writable, MECHANISM_PATH, mechanism);
  const text = asText(body);
  const after = asText(mechanism);
  const previous = before === undefined ? undefined : asText(before);
  const differences = previous === after ? [] : [{ path: MECHANISM_PATH.join("."), before: previous, after }];
  return { text, differences, leftOut };
}

/** A copy without the values at the patterns. All other values are kept, also under keys such as `__proto__`. */
function without(value: unknown, patterns: readonly (readonly string[])[], at: readonly string[], leftOut: string[]): Json {
  return isJson(value) ? Object.fromEntries(kept(Object.entries(value), patterns, at, leftOut)) : {};
}

function kept(
  entries: readonly (readonly [string, unknown])[],
  patterns: readonly (readonly string[])[],
  at: readonly string[],
  leftOut: string[],
): [string, unknown][] {
  const result: [string, unknown][] = [];
  for (const [key, child] of entries) {
    const matching = patterns.filter(([first]) => first === key || first === "*").map(([, ...rest]) => rest);
    const path = [...at, key];
    if (matching.some((rest) => rest.length === 0)) leftOut.push(path.join("."));
    else if (matching.length === 0) result.push([key, child]);
    else if (Array.isArray(child)) {
      const items: unknown[] = child;
      const inner = matching.filter(([first]) => first === "*").map(([, ...rest]) => rest);
      result.push([key, items.map((item, index) => (isJson(item) ? without(item, inner, [...path, String(index)], leftOut) : item))]);
    } else result.push([key, isJson(child) ? without(child, matching, path, leftOut) : child]);
  }
  return result;
}

function valueAt(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return value;
  return isJson(value) && Object.hasOwn(value, key) ? valueAt(value[key], rest) : undefined;
}

function withValue(value: unknown, [key, ...rest]: readonly string[], leaf: string): unknown {
  if (key === undefined) return leaf;
  const object = isJson(value) ? value : {};
  if (!Object.hasOwn(object, key)) return Object.fromEntries([...Object.entries(object), [key, withValue(undefined, rest, leaf)]]);
  return Object.fromEntries(Object.entries(object).map(([name, child]) => [name, name === key ? withValue(child, rest, leaf) : child]));
}

/** Only `undefined` has no text, and JSON has none of it. */
function asText(value: unknown): string {
  return stringify(value) ?? "null";
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isLosslessNumber(value);
}
