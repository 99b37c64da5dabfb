/** Resource Manager: authentication, authorization, routes. */
import { randomUUID } from "node:crypto";
import { bearerToken, type Handler, type Reply, type SimulatedRequest } from "../lib/http.ts";
import type { TokenRegistry } from "../lib/tokens.ts";
import { settleOperations } from "../world/operations.ts";
import type { ArmAction, ArmGrant, World } from "../world/world.ts";
import { clusterRoutes, refusedApiVersion } from "./cluster-routes.ts";
import { ARM_AUDIENCE, endpointMetadata } from "./endpoint-metadata.ts";
import { authorizationFailed, gatewayError, noSuchRoute } from "./errors.ts";
import type { ClusterAccess } from "./kubeconfig.ts";
import type { Route } from "./route.ts";
import type { RunCommands } from "./run-command.ts";
import { subscriptionRoutes } from "./subscription-routes.ts";
import { subscriptionBody, tenantsReply } from "./subscriptions.ts";

export interface ResourceManagerOptions {
  readonly world: World;
  readonly tokens: TokenRegistry;
  readonly origins: () => { readonly arm: string; readonly entra: string };
  readonly access: () => ClusterAccess;
  readonly runCommands: RunCommands;
}

function routesOf({ world, origins, access, runCommands }: ResourceManagerOptions): Route[] {
  const armOrigin = (): string => origins().arm;
  return [...subscriptionRoutes(world, armOrigin), ...clusterRoutes({ world, armOrigin, access, runCommands })];
}

/** 401 for a request without a valid token for Resource Manager; undefined where it has one. */
export function authenticationError(
  request: SimulatedRequest,
  options: Pick<ResourceManagerOptions, "world" | "tokens" | "origins">,
): Reply | undefined {
  const { arm, entra } = options.origins();
  const challenge = {
    "www-authenticate": `Bearer authorization_uri="${entra}/${options.world.identity.tenantId}", error="invalid_token", error_description="The access token is missing, expired or invalid."`,
  };
  const presented = bearerToken(request.headers);
  if (presented === undefined) {
    return gatewayError(
      401,
      "AuthenticationFailed",
      "Authentication failed. The 'Authorization' header is missing.",
      challenge,
    );
  }
  const token = options.tokens.find(presented);
  if (token === undefined || ![ARM_AUDIENCE, arm].includes(token.audience)) {
    return gatewayError(401, "InvalidAuthenticationToken", "The access token is invalid.", challenge);
  }
  if (token.expiresAt <= request.at) {
    const times = `expiry time '${new Date(token.expiresAt).toISOString()}', current time '${new Date(request.at).toISOString()}'`;
    return gatewayError(
      401,
      "ExpiredAuthenticationToken",
      `The access token expiry UTC time is in the past: ${times}.`,
      challenge,
    );
  }
  return undefined;
}

/** When grants that are still propagating were first needed. */
const firstNeeded = new WeakMap<ArmGrant, number>();

function isEffective(grant: ArmGrant, at: number): boolean {
  if (grant.propagation === undefined) return true;
  const since = firstNeeded.get(grant) ?? at;
  firstNeeded.set(grant, since);
  return at >= since + grant.propagation;
}

function authorizationError(world: World, action: ArmAction | undefined, scope: string, at: number): Reply | undefined {
  if (action === undefined) return undefined;
  const group = `/resourcegroups/${world.resourceGroup.toLowerCase()}/`;
  const inGroup = scope.toLowerCase().includes(group);
  const granted = world.rights.arm.some(
    (grant) => grant.action === action && (grant.scope === "subscription" || inGroup) && isEffective(grant, at),
  );
  return granted ? undefined : authorizationFailed(world, action, scope);
}

/** 404 where the path names another resource group or cluster; undefined where it names this world's. `path`: below the subscription. */
function notFound(world: World, path: string): Reply | undefined {
  const [, resourceGroup, cluster] = /^\/resourceGroups\/([^/]+)(?:\/providers\/[^/]+\/managedClusters\/([^/]+))?/i.exec(path) ?? [];
  if (resourceGroup === undefined) return undefined;
  if (resourceGroup.toLowerCase() !== world.resourceGroup.toLowerCase()) {
    return gatewayError(404, "ResourceGroupNotFound", `Resource group '${resourceGroup}' could not be found.`);
  }
  if (cluster !== undefined && cluster.toLowerCase() !== world.cluster.name.toLowerCase()) {
    return gatewayError(
      404,
      "ResourceNotFound",
      `The Resource 'Microsoft.ContainerService/managedClusters/${cluster}' under resource group '${resourceGroup}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
    );
  }
  return undefined;
}

function handle(request: SimulatedRequest, options: ResourceManagerOptions, routes: readonly Route[]): Reply {
  const { world } = options;
  const { arm, entra } = options.origins();
  if (request.path === "/metadata/endpoints") {
    return { status: 200, body: endpointMetadata(arm, entra, request.query.get("api-version"), world.resourceManager.metadata) };
  }
  const unauthenticated = authenticationError(request, options);
  if (unauthenticated !== undefined) return unauthenticated;
  if (!request.query.has("api-version")) {
    return gatewayError(
      400,
      "MissingApiVersionParameter",
      "The api-version query parameter (?api-version=) is required for all requests.",
    );
  }
  if (request.method === "GET" && request.path === "/tenants") return tenantsReply(world);
  if (request.method === "GET" && request.path === "/subscriptions") {
    return { status: 200, body: { value: [subscriptionBody(world.subscriptionId, world.identity.tenantId)] } };
  }
  const [, subscription = "", rest = ""] = /^\/subscriptions\/([^/]+)(\/.*)?$/i.exec(request.path) ?? [];
  if (subscription === "") return noSuchRoute(request);
  if (subscription.toLowerCase() !== world.subscriptionId) {
    return gatewayError(404, "SubscriptionNotFound", `The subscription '${subscription}' could not be found.`);
  }
  for (const candidate of routes) {
    const match = candidate.method === request.method ? candidate.pattern.exec(rest) : null;
    if (match === null) continue;
    const scope = request.path.replace(/\/(register|listClusterUserCredential|runCommand)$/i, "");
    return (
      refusedApiVersion(world, rest, request.query.get("api-version") ?? "") ??
      authorizationError(world, candidate.action, scope, request.at) ??
      notFound(world, rest) ??
      candidate.reply(request, match.slice(1))
    );
  }
  return noSuchRoute(request);
}

/** The simulated Resource Manager. */
export function createResourceManager(options: ResourceManagerOptions): Handler {
  const routes = routesOf(options);
  const left = { reads: 16_500, writes: 12_000 };
  return (request) => {
    settleOperations(options.world, request.at);
    const requestId = randomUUID();
    const correlationId = String(request.headers["x-ms-correlation-request-id"] ?? requestId);
    const reply = handle({ ...request, headers: { ...request.headers, "x-ms-correlation-request-id": correlationId } }, options, routes);
    const isRead = request.method === "GET" || request.method === "HEAD";
    const limit = isRead ? "reads" : "writes";
    left[limit] -= 1;
    return {
      ...reply,
      headers: {
        "cache-control": "no-cache",
        "x-content-type-options": "nosniff",
        [`x-ms-ratelimit-remaining-subscription-global-${limit}`]: String(left[limit]),
        "x-ms-request-id": requestId,
        "x-ms-correlation-request-id": correlationId,
        ...reply.headers,
      },
    };
  };
}
