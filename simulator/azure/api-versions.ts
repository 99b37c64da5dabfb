/** The api-versions that a cloud knows, and the properties of a managed cluster that some of them do not have. */
import type { Reply } from "../lib/http.ts";
import { isObject, type Json, type JsonObject } from "../lib/json.ts";
import { MECHANISM_PATH } from "../world/operations.ts";
import type { World } from "../world/world.ts";
import { gatewayError } from "./errors.ts";

/** What the provider lists where the world does not say which ones there are. Newest first. */
const DEFAULT_API_VERSIONS = ["2026-08-01", "2026-06-01", "2026-05-01", "2026-01-01", "2025-10-01", "2025-08-02-preview"];

/** A property that came after the first api-version. `*` stands for each item of an array. */
interface NewerProperty {
  readonly path: readonly string[];
  /** The first stable api-version that has it. */
  readonly stable: string;
  /** The first preview that has it; by date where it is not known. */
  readonly preview: string;
}

function since(stable: string, ...paths: readonly string[]): NewerProperty[] {
  return paths.map((path) => ({ path: `properties.${path}`.split("."), stable, preview: stable }));
}

const MECHANISM: NewerProperty = { path: MECHANISM_PATH, stable: "2026-01-01", preview: "2025-08-02" };

/** The differences between the definitions of 2026-01-01, 2026-05-01 and 2026-08-01. */
const NEWER_PROPERTIES: readonly NewerProperty[] = [
  MECHANISM,
  ...since(
    "2026-05-01",
    "agentPoolProfiles.*.artifactStreamingProfile",
    "azureMonitorProfile.appMonitoring",
    "azureMonitorProfile.metrics.controlPlane",
    "hostedSystemProfile",
    "ingressProfile.gatewayAPI",
    "ingressProfile.webAppRouting.gatewayAPIImplementations",
    "schedulerProfile",
    "securityProfile.defender.securityGating",
  ),
  ...since(
    "2026-08-01",
    "agentPoolProfiles.*.networkProfile.dranet",
    "azureMonitorProfile.appMonitoring.openTelemetryLogsAndTraces",
    "azureMonitorProfile.appMonitoring.openTelemetryMetrics",
    "azureMonitorProfile.containerInsights",
    "enableFIPS",
    "networkProfile.natGatewayProfile.managedOutboundIPProfile.countIPv6",
    "networkProfile.natGatewayProfile.outboundIPPrefixes",
    "networkProfile.natGatewayProfile.outboundIPs",
    "networkProfile.natGatewayProfile.sku",
    "securityProfile.kubernetesResourceObjectEncryptionProfile",
  ),
];

function has(apiVersion: string, { stable, preview }: NewerProperty): boolean {
  return apiVersion.slice(0, 10) >= (apiVersion.endsWith("-preview") ? preview : stable);
}

/** The properties that an api-version does not have. The mechanism is always among them where the version is older: that is recorded. */
function unknownTo(world: World, apiVersion: string): NewerProperty[] {
  const properties = world.resourceManager.apiVersions.newerProperties === "shows" ? [MECHANISM] : NEWER_PROPERTIES;
  return properties.filter((property) => !has(apiVersion, property));
}

/** Calls `found` with each object that has the property at a path. */
function eachAt(root: Json | undefined, path: readonly string[], found: (parent: JsonObject, key: string) => void): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (key === "*") {
    if (Array.isArray(root)) for (const item of root) eachAt(item, rest, found);
  } else if (isObject(root) && root[key] !== undefined) {
    if (rest.length === 0) found(root, key);
    else eachAt(root[key], rest, found);
  }
}

/** Removes from a body what the api-version does not have. @returns the body */
export function inApiVersion(world: World, body: JsonObject, apiVersion: string): JsonObject {
  for (const { path } of unknownTo(world, apiVersion)) eachAt(body, path, (parent, key) => void Reflect.deleteProperty(parent, key));
  return body;
}

/** The name of a property in a body that the api-version does not have; undefined: there is none. */
export function unknownProperty(world: World, body: JsonObject, apiVersion: string): string | undefined {
  const names: string[] = [];
  for (const { path } of unknownTo(world, apiVersion)) eachAt(body, path, (_, key) => void names.push(key));
  return names[0];
}

/** Copies the property at a path, where the target has its parent. Items of arrays belong together by their `name`. */
function copyAt(from: Json | undefined, to: Json | undefined, [key, ...rest]: readonly string[]): void {
  if (key === undefined) return;
  if (key === "*") {
    if (!Array.isArray(from) || !Array.isArray(to)) return;
    for (const item of from.filter(isObject)) copyAt(item, to.filter(isObject).find(({ name }) => name === item["name"]), rest);
  } else if (isObject(from) && isObject(to) && from[key] !== undefined) {
    if (rest.length === 0) to[key] = structuredClone(from[key]);
    else copyAt(from[key], to[key], rest);
  }
}

/** Gives a body that is to be stored what its api-version cannot name, where the cloud does not reset that. */
export function keepUnnamed(world: World, stored: JsonObject, body: JsonObject, apiVersion: string): void {
  if (world.resourceManager.apiVersions.newerProperties !== "hides") return;
  for (const property of unknownTo(world, apiVersion)) {
    if (property !== MECHANISM) copyAt(stored, body, property.path);
  }
}

/** The api-versions that the provider lists for managed clusters. */
export function listedApiVersions({ resourceManager }: World): readonly string[] {
  return resourceManager.apiVersions.known ?? DEFAULT_API_VERSIONS;
}

/** The refusal of an api-version that the cloud does not know; undefined where it does. `type`: `managedClusters`. */
export function unknownApiVersion(world: World, type: string, apiVersion: string): Reply | undefined {
  const { known, refusal } = world.resourceManager.apiVersions;
  if (known === undefined || known.includes(apiVersion)) return undefined;
  const list = known.join(",");
  const { location } = world.cluster;
  const messages: Readonly<Record<typeof refusal, string>> = {
    NoRegisteredProviderFound: `No registered resource provider found for location '${location}' and API version '${apiVersion}' for type '${type}'. The supported api-versions are '${known.join(", ")}'. The supported locations are '${location}'.`,
    InvalidApiVersionParameter: `The api-version '${apiVersion}' is invalid. The supported versions are '${list}'.`,
    InvalidResourceType: `The resource type '${type}' could not be found in the namespace 'Microsoft.ContainerService' for api version '${apiVersion}'. The supported api-versions are '${list}'.`,
  };
  return gatewayError(400, refusal, messages[refusal]);
}
