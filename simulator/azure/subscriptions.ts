/** Tenants, subscriptions and resource groups. */
import type { Reply, SimulatedRequest } from "../lib/http.ts";
import type { JsonObject } from "../lib/json.ts";
import type { World } from "../world/world.ts";

/** A subscription as lists and a GET return it. */
export function subscriptionBody(subscriptionId: string, tenantId: string, displayName = `Platform ${subscriptionId.slice(0, 4)}`): JsonObject {
  return {
    id: `/subscriptions/${subscriptionId}`,
    authorizationSource: "RoleBased",
    managedByTenants: [],
    subscriptionId,
    tenantId,
    displayName,
    state: "Enabled",
    subscriptionPolicies: { locationPlacementId: "Public_2014-09-01", quotaId: "EnterpriseAgreement_2014-09-01", spendingLimit: "Off" },
  };
}

/** GET /tenants. */
export function tenantsReply({ identity }: World): Reply {
  const { tenantId } = identity;
  const tenant = { id: `/tenants/${tenantId}`, tenantId, countryCode: "NL", displayName: "Contoso", domains: ["contoso.example"], tenantCategory: "Home", defaultDomain: "contoso.example", tenantType: "AAD" };
  return { status: 200, body: { value: [tenant] } };
}

function resourceGroupBody(world: World): JsonObject {
  return {
    id: `/subscriptions/${world.subscriptionId}/resourceGroups/${world.resourceGroup}`,
    name: world.resourceGroup,
    type: "Microsoft.Resources/resourceGroups",
    location: world.cluster.location,
    properties: { provisioningState: "Succeeded" },
  };
}

/** GET and HEAD of the cluster's resource group; the caller knows that it is the one that is asked for. */
export function resourceGroupReply(world: World, { method }: SimulatedRequest): Reply {
  return method === "HEAD" ? { status: 204 } : { status: 200, body: resourceGroupBody(world) };
}

/** GET …/resourcegroups. */
export function resourceGroupsReply(world: World): Reply {
  return { status: 200, body: { value: [resourceGroupBody(world)] } };
}
