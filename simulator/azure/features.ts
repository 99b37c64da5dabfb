/** The preview flag and the registration of the resource provider, and when they allow the switch to CNI chaining. */
import type { Reply } from "../lib/http.ts";
import type { World } from "../world/world.ts";
import { gatewayError } from "./errors.ts";

/** The preview flag of CNI chaining. */
export const FEATURE = "IstioCNIPreview";
export const PROVIDER = "Microsoft.ContainerService";

/** The state of the flag; undefined where Azure does not know the flag. */
function featureState(world: World, now: number): string | undefined {
  const { variant, registrationAskedAt } = world.feature;
  if (variant === "graduated") return undefined;
  if (registrationAskedAt === undefined) return "NotRegistered";
  if (variant === "pending") return "Pending";
  return now >= registrationAskedAt + world.timing.featureRegistration ? "Registered" : "Registering";
}

/** Whether a PUT may switch to CNI chaining: the flag is registered, and the provider was registered again afterwards and long enough ago. */
export function featureIsEffective(world: World, now: number): boolean {
  const { variant, registrationAskedAt, providerRefreshedAt } = world.feature;
  if (variant === "graduated") return true;
  if (variant === "pending" || registrationAskedAt === undefined || providerRefreshedAt === undefined) return false;
  const registeredAt = registrationAskedAt + world.timing.featureRegistration;
  return providerRefreshedAt >= registeredAt && now >= providerRefreshedAt + world.timing.featurePropagation;
}

/** GET or POST …/register of a feature; the shape is recorded, api-version 2021-07-01. */
export function featureReply(world: World, feature: string, register: boolean, now: number): Reply {
  if (feature.toLowerCase() !== FEATURE.toLowerCase() || world.feature.variant === "graduated") {
    return gatewayError(404, "FeatureNotFound", `The feature '${feature}' could not be found.`);
  }
  if (register) world.feature.registrationAskedAt ??= now;
  return {
    status: 200,
    headers: { "content-type": "application/json; charset=utf-8" },
    body: {
      properties: { state: featureState(world, now) ?? "NotSpecified" },
      id: `/subscriptions/${world.subscriptionId}/providers/Microsoft.Features/providers/${PROVIDER}/features/${FEATURE}`,
      type: "Microsoft.Features/providers/features",
      name: `${PROVIDER}/${FEATURE}`,
    },
  };
}

/** GET or POST …/register of the resource provider. It is always Registered, as in Azure. */
export function providerReply(world: World, register: boolean, now: number): Reply {
  if (register) world.feature.providerRefreshedAt = now;
  return {
    status: 200,
    headers: { "content-type": "application/json; charset=utf-8" },
    body: {
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
          apiVersions: ["2026-01-01", "2025-10-01", "2025-08-02-preview"],
          capabilities: "SupportsTags, SupportsLocation",
        },
      ],
      registrationState: "Registered",
      registrationPolicy: "RegistrationRequired",
    },
  };
}
