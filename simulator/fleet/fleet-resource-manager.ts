/** Resource Manager for a fleet: lists subscriptions and clusters, and passes other requests to the Resource Manager of the cluster they name. */
import { unknownApiVersion } from "../azure/api-versions.ts";
import { authorizationFailed, gatewayError, noSuchRoute } from "../azure/errors.ts";
import { clusterBody } from "../azure/operation-status.ts";
import { page } from "../azure/paging.ts";
import { authenticationError } from "../azure/resource-manager.ts";
import { subscriptionBody } from "../azure/subscriptions.ts";
import { createThrottle, type Limits } from "../azure/throttle.ts";
import type { Handler, SimulatedRequest } from "../lib/http.ts";
import type { TokenRegistry } from "../lib/tokens.ts";
import { settleOperations } from "../world/operations.ts";
import { type FleetCluster, subscriptionName } from "./fleet-clusters.ts";

export interface FleetResourceManagerOptions {
  readonly clusters: readonly FleetCluster[];
  /** All subscription IDs. Those in `forbidden` are listed, but their clusters may not be. */
  readonly subscriptions: readonly string[];
  readonly forbidden: ReadonlySet<string>;
  /** Subscriptions in which the identity has no role: they are not listed, and their clusters may not be. */
  readonly hidden: ReadonlySet<string>;
  /** Clusters that were deleted. */
  readonly deleted: ReadonlySet<FleetCluster>;
  readonly tokens: TokenRegistry;
  readonly origins: () => { readonly arm: string; readonly entra: string };
  /** The Resource Manager of one cluster's world. */
  readonly resourceManagerOf: (cluster: FleetCluster) => Handler;
  readonly pageSize: number;
  readonly limits: Limits;
}

const LIST_ACTION = "Microsoft.ContainerService/managedClusters/read";

/** The cluster for a request: by its resource ID, by its operation, or any cluster of the subscription for a request about the subscription. */
function targetOf(request: SimulatedRequest, clusters: readonly FleetCluster[], byId: ReadonlyMap<string, FleetCluster>): FleetCluster | undefined {
  const path = request.path.toLowerCase();
  // The activity log of a subscription is asked for one cluster.
  const filtered = /resourceuri eq '?([^' ]+)/i.exec(request.query.get("$filter") ?? "")?.[1];
  if (filtered !== undefined) return byId.get(filtered.toLowerCase());
  const [id] = /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/providers\/microsoft\.containerservice\/managedclusters\/[^/]+/.exec(path) ?? [];
  if (id !== undefined) return byId.get(id);
  const [, operation] = /\/operations\/([^/]+)$/.exec(path) ?? [];
  if (operation !== undefined) return clusters.find(({ world }) => world.cluster.operations.some((candidate) => candidate.id === operation));
  const [, subscription] = /^\/subscriptions\/([^/]+)/.exec(path) ?? [];
  return clusters.find(({ world }) => world.subscriptionId === subscription);
}

/** The Resource Manager of a fleet. */
export function createFleetResourceManager(options: FleetResourceManagerOptions): Handler {
  const { clusters, subscriptions, forbidden, hidden, deleted, tokens, origins, resourceManagerOf, pageSize, limits } = options;
  const byId = new Map(clusters.map((cluster) => [cluster.id.toLowerCase(), cluster]));
  const throttled = createThrottle(limits);
  const [first] = clusters;
  if (first === undefined) throw new Error("A fleet needs a cluster.");
  const { world } = first;
  return (request) => {
    if (request.path === "/metadata/endpoints") return resourceManagerOf(first)(request);
    const refused = authenticationError(request, { world, tokens, origins }) ?? throttled(request);
    if (refused !== undefined) return refused;
    if (request.path === "/subscriptions") {
      return page(subscriptions.flatMap((id, index) => (hidden.has(id) ? [] : [subscriptionBody(id, world.identity.tenantId, subscriptionName(index))])), request, origins().arm, pageSize);
    }
    const [, listed] = /^\/subscriptions\/([^/]+)\/providers\/Microsoft\.ContainerService\/managedClusters$/i.exec(request.path) ?? [];
    if (listed !== undefined) {
      const subscription = listed.toLowerCase();
      if (!subscriptions.includes(subscription)) return gatewayError(404, "SubscriptionNotFound", `The subscription '${listed}' could not be found.`);
      const unknown = unknownApiVersion(world, "managedClusters", request.query.get("api-version") ?? "");
      if (unknown !== undefined) return unknown;
      if (forbidden.has(subscription) || hidden.has(subscription)) return authorizationFailed(world, LIST_ACTION, `/subscriptions/${listed}`);
      const bodies = clusters.filter((cluster) => cluster.world.subscriptionId === subscription && !deleted.has(cluster)).map((cluster) => {
        settleOperations(cluster.world, request.at);
        return clusterBody(cluster.world, request.at);
      });
      return page(bodies, request, origins().arm, pageSize);
    }
    const target = targetOf(request, clusters, byId);
    if (target !== undefined && !deleted.has(target)) return resourceManagerOf(target)(request);
    return /\/managedClusters\//i.test(request.path)
      ? gatewayError(404, "ResourceNotFound", `The Resource '${request.path}' was not found.`)
      : noSuchRoute(request);
  };
}
