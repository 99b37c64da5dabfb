/** Resource Manager: authentication, authorization, routes. */
import { randomUUID } from "node:crypto";
import { bearerToken, type Handler, type Reply, type SimulatedRequest } from "../lib/http.ts";
import type { TokenRegistry } from "../lib/tokens.ts";
import { settleOperations } from "../world/operations.ts";
import type { ArmAction, ArmGrant, World } from "../world/world.ts";
import { ARM_AUDIENCE, endpointMetadata } from "./endpoint-metadata.ts";
import { authorizationFailed, gatewayError, noSuchRoute } from "./errors.ts";
import { featureReply, providerReply } from "./features.ts";
import { type ClusterAccess, kubeconfigReply } from "./kubeconfig.ts";
import { readCluster, writeCluster } from "./managed-cluster.ts";
import { operationReply } from "./operation-status.ts";
import type { RunCommands } from "./run-command.ts";

export interface ResourceManagerOptions {
  readonly world: World;
  readonly tokens: TokenRegistry;
  readonly origins: () => { readonly arm: string; readonly entra: string };
  readonly access: () => ClusterAccess;
  readonly runCommands: RunCommands;
}

/** One route below a subscription. `reply` gets the groups of the pattern. */
interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  readonly action: ArmAction | undefined;
  readonly reply: (request: SimulatedRequest, groups: readonly string[]) => Reply;
}

const CLUSTER = String.raw`/resourceGroups/([^/]+)/providers/Microsoft\.ContainerService/managedClusters/([^/]+)`;

function route(method: string, pattern: string, action: ArmAction | undefined, reply: Route["reply"]): Route {
  return { method, pattern: new RegExp(`^${pattern}$`, "i"), action, reply };
}

function routesOf({ world, origins, access, runCommands }: ResourceManagerOptions): Route[] {
  const feature = String.raw`/providers/Microsoft\.Features/providers/Microsoft\.ContainerService/features/([^/]+)`;
  const provider = String.raw`/providers/Microsoft\.ContainerService`;
  return [
    route("GET", feature, "Microsoft.Features/providers/features/read", ({ at }, [name = ""]) =>
      featureReply(world, name, false, at),
    ),
    route(
      "POST",
      `${feature}/register`,
      "Microsoft.Features/providers/features/register/action",
      ({ at }, [name = ""]) => featureReply(world, name, true, at),
    ),
    route("GET", provider, undefined, ({ at }) => providerReply(world, false, at)),
    route("POST", `${provider}/register`, "Microsoft.ContainerService/register/action", ({ at }) =>
      providerReply(world, true, at),
    ),
    route("GET", `${provider}/locations/[^/]+/operations/([^/]+)`, undefined, (request, [id = ""]) =>
      operationReply(world, id, request.query.get("s"), request.at),
    ),
    route("GET", CLUSTER, "Microsoft.ContainerService/managedClusters/read", (request) => readCluster(world, request)),
    route("PUT", CLUSTER, "Microsoft.ContainerService/managedClusters/write", (request) =>
      writeCluster(world, request, origins().arm),
    ),
    route(
      "POST",
      `${CLUSTER}/listClusterUserCredential`,
      "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
      ({ query }) => kubeconfigReply(world, access(), query.get("server-fqdn")),
    ),
    route("POST", `${CLUSTER}/runCommand`, "Microsoft.ContainerService/managedClusters/runcommand/action", (request) =>
      runCommands.submit(request, origins().arm),
    ),
    route(
      "GET",
      `${CLUSTER}/commandResults/([^/]+)`,
      "Microsoft.ContainerService/managedClusters/commandResults/read",
      (request, [, , id = ""]) => runCommands.result(id, request, origins().arm),
    ),
  ];
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

/** 404 where the path names another resource group or cluster; undefined where it names this world's. */
function notFound(world: World, groups: readonly string[], isCluster: boolean): Reply | undefined {
  const [resourceGroup = "", cluster = ""] = groups;
  if (!isCluster) return undefined;
  if (resourceGroup.toLowerCase() !== world.resourceGroup.toLowerCase()) {
    return gatewayError(404, "ResourceGroupNotFound", `Resource group '${resourceGroup}' could not be found.`);
  }
  if (cluster.toLowerCase() !== world.cluster.name.toLowerCase()) {
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
  if (request.path === "/metadata/endpoints") return { status: 200, body: endpointMetadata(arm, entra) };
  const unauthenticated = authenticationError(request, options);
  if (unauthenticated !== undefined) return unauthenticated;
  if (!request.query.has("api-version")) {
    return gatewayError(
      400,
      "MissingApiVersionParameter",
      "The api-version query parameter (?api-version=) is required for all requests.",
    );
  }
  const [, subscription = "", rest = ""] = /^\/subscriptions\/([^/]+)(\/.*)?$/i.exec(request.path) ?? [];
  if (subscription === "") return noSuchRoute(request);
  if (subscription.toLowerCase() !== world.subscriptionId) {
    return gatewayError(404, "SubscriptionNotFound", `The subscription '${subscription}' could not be found.`);
  }
  for (const candidate of routes) {
    const match = candidate.method === request.method ? candidate.pattern.exec(rest) : null;
    if (match === null) continue;
    const groups = match.slice(1);
    const scope = request.path.replace(/\/(register|listClusterUserCredential|runCommand)$/i, "");
    const isCluster = /\/managedClusters\//i.test(rest);
    return (
      authorizationError(world, candidate.action, scope, request.at) ??
      notFound(world, groups, isCluster) ??
      candidate.reply(request, groups)
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
    const reply = handle(request, options, routes);
    const isRead = request.method === "GET";
    const limit = isRead ? "reads" : "writes";
    left[limit] -= 1;
    const requestId = randomUUID();
    return {
      ...reply,
      headers: {
        "cache-control": "no-cache",
        "x-content-type-options": "nosniff",
        [`x-ms-ratelimit-remaining-subscription-global-${limit}`]: String(left[limit]),
        "x-ms-request-id": requestId,
        "x-ms-correlation-request-id": String(request.headers["x-ms-correlation-request-id"] ?? requestId),
        ...reply.headers,
      },
    };
  };
}
