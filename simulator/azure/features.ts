/** The preview flag and the registration of the resource provider, and when they allow the switch to CNI chaining. */
import type { Reply } from "../lib/http.ts";
import type { JsonObject } from "../lib/json.ts";
import type { World } from "../world/world.ts";
import { listedApiVersions } from "./api-versions.ts";
import { gatewayError } from "./errors.ts";

/** The preview flag of CNI chaining. */
export const FEATURE = "IstioCNIPreview";
export const PROVIDER = "Microsoft.ContainerService";
const JSON_HEADERS = { "content-type": "application/json; charset=utf-8" };

/** The state of the flag; undefined where Azure does not know the flag. */
function featureState(world: World, now: number): string | undefined {
  const { variant, registrationAskedAt } = world.feature;
  if (variant === "graduated") return undefined;
  if (registrationAskedAt === undefined) return "NotRegistered";
  if (variant === "pending") return "Pending";
  return now >= registrationAskedAt + world.timing.featureRegistration ? "Registered" : "Registering";
}

/** When the flag became Registered; undefined where it never will. */
function registeredAt({ feature, timing }: World): number | undefined {
  if (feature.variant === "pending" || feature.registrationAskedAt === undefined) return undefined;
  return feature.registrationAskedAt + timing.featureRegistration;
}

/** Whether a PUT may switch to CNI chaining: the flag is registered, and the provider was registered again afterwards and long enough ago. */
export function featureIsEffective(world: World, now: number): boolean {
  const { variant, required, providerRefreshedAt } = world.feature;
  if (variant === "graduated" || !required) return true;
  const registered = registeredAt(world);
  if (registered === undefined || providerRefreshedAt === undefined) return false;
  return providerRefreshedAt >= registered && now >= providerRefreshedAt + world.timing.featurePropagation;
}

/** Registering the provider again makes the flag seen. Once that has happened, another time changes nothing. */
function refreshProvider(world: World, now: number): void {
  const registered = registeredAt(world);
  const { providerRefreshedAt } = world.feature;
  const hasSeenFlag = registered !== undefined && providerRefreshedAt !== undefined && providerRefreshedAt >= registered;
  if (!hasSeenFlag) world.feature.providerRefreshedAt = now;
}

function featureBody(world: World, now: number): JsonObject {
  return {
    properties: { state: featureState(world, now) ?? "NotSpecified" },
    id: `/subscriptions/${world.subscriptionId}/providers/Microsoft.Features/providers/${PROVIDER}/features/${FEATURE}`,
    type: "Microsoft.Features/providers/features",
    name: `${PROVIDER}/${FEATURE}`,
  };
}

/** GET or POST …/register of a feature; the shape is recorded, api-version 2021-07-01. */
export function featureReply(world: World, feature: string, register: boolean, now: number): Reply {
  if (feature.toLowerCase() !== FEATURE.toLowerCase() || world.feature.variant === "graduated") {
    return gatewayError(404, "FeatureNotFound", `The feature '${feature}' could not be found.`);
  }
  if (register) world.feature.registrationAskedAt ??= now;
  return { status: 200, headers: JSON_HEADERS, body: featureBody(world, now) };
}

/** GET of the subscription's features. */
export function featuresReply(world: World, now: number): Reply {
  const value = world.feature.variant === "graduated" ? [] : [featureBody(world, now)];
  return { status: 200, headers: JSON_HEADERS, body: { value } };
}

function providerBody(world: World): JsonObject {
  return {
    id: `/subscriptions/${world.subscriptionId}/providers/${PROVIDER}`,
    namespace: PROVIDER,
    authorizations: [
      {
        applicationId: "7319c514-987d-4e9b-ac3d-d38c4f427f4c",
        roleDefinitionId: "1b4a0c7f-2217-416f-acfa-cf73452fdc1c",
      },
    ],
    resourceTypes: [
      {
        resourceType: "managedClusters",
        locations: [world.cluster.location],
        apiVersions: [...listedApiVersions(world)],
        capabilities: "SupportsTags, SupportsLocation",
      },
    ],
    registrationState: "Registered",
    registrationPolicy: "RegistrationRequired",
  };
}

/** GET or POST …/register of the resource provider. It is always Registered, as in Azure. */
export function providerReply(world: World, register: boolean, now: number): Reply {
  if (register) refreshProvider(world, now);
  return { status: 200, headers: JSON_HEADERS, body: providerBody(world) };
}

/** GET of the subscription's resource providers. */
export function providersReply(world: World): Reply {
  return { status: 200, headers: JSON_HEADERS, body: { value: [providerBody(world)] } };
}
