/** Routes below a subscription that are not about one cluster. */
import type { World } from "../world/world.ts";
import { activityLogReply } from "./activity-log.ts";
import { featureReply, featuresReply, providerReply, providersReply, PROVIDER } from "./features.ts";
import { meshRevisionProfiles } from "./mesh-revisions.ts";
import { abortedOperationReply, clusterBody, operationReply } from "./operation-status.ts";
import { page } from "./paging.ts";
import { recorded } from "./recorded-changes.ts";
import { type Route, route } from "./route.ts";
import { resourceGroupReply, resourceGroupsReply, subscriptionBody } from "./subscriptions.ts";

const PAGE_SIZE = 100;
const FEATURES = String.raw`/providers/Microsoft\.Features`;
const PROVIDERS = String.raw`/providers/Microsoft\.ContainerService`;
const READ_FEATURE = "Microsoft.Features/providers/features/read";
const REGISTER_FEATURE = "Microsoft.Features/providers/features/register/action";
const REGISTER_PROVIDER = "Microsoft.ContainerService/register/action";
const READ_CLUSTER = "Microsoft.ContainerService/managedClusters/read";

/** The routes of the subscription itself, its resource group and the lists of clusters. */
function subscription(world: World, armOrigin: () => string): Route[] {
  const clusters = String.raw`${PROVIDERS}/managedClusters`;
  const list: Route["reply"] = (request) => page([clusterBody(world, request.at)], request, armOrigin(), PAGE_SIZE);
  return [
    route("GET", "", undefined, () => ({ status: 200, body: subscriptionBody(world.subscriptionId, world.identity.tenantId) })),
    route("GET", "/resourceGroups", undefined, () => resourceGroupsReply(world)),
    route("GET", "/resourceGroups/([^/]+)", undefined, (request) => resourceGroupReply(world, request)),
    route("HEAD", "/resourceGroups/([^/]+)", undefined, (request) => resourceGroupReply(world, request)),
    route("GET", clusters, READ_CLUSTER, list),
    route("GET", `/resourceGroups/([^/]+)${clusters}`, READ_CLUSTER, list),
    route("GET", String.raw`/providers/Microsoft\.Insights/eventtypes/management/values`, "Microsoft.Insights/eventtypes/values/read", (request) =>
      activityLogReply(world, request, armOrigin()),
    ),
  ];
}

/** The routes of the preview flag and the resource provider. */
function registration(world: World): Route[] {
  const feature = String.raw`${FEATURES}/providers/Microsoft\.ContainerService/features/([^/]+)`;
  const subscriptionId = `/subscriptions/${world.subscriptionId}`;
  return [
    route("GET", `${FEATURES}/features`, READ_FEATURE, ({ at }) => featuresReply(world, at)),
    route("GET", String.raw`${FEATURES}/providers/Microsoft\.ContainerService/features`, READ_FEATURE, ({ at }) => featuresReply(world, at)),
    route("GET", feature, READ_FEATURE, ({ at }, [name = ""]) => featureReply(world, name, false, at)),
    route("POST", `${feature}/register`, REGISTER_FEATURE, (request, [name = ""]) =>
      recorded(world, request, REGISTER_FEATURE, `${subscriptionId}/providers/Microsoft.Features/providers/${PROVIDER}/features/${name}`, featureReply(world, name, true, request.at)),
    ),
    route("GET", "/providers", undefined, () => providersReply(world)),
    route("GET", PROVIDERS, undefined, ({ at }) => providerReply(world, false, at)),
    route("POST", `${PROVIDERS}/register`, REGISTER_PROVIDER, (request) =>
      recorded(world, request, REGISTER_PROVIDER, `${subscriptionId}/providers/${PROVIDER}`, providerReply(world, true, request.at)),
    ),
  ];
}

/** The routes of the region: operations and mesh revisions. */
function region(world: World): Route[] {
  const location = `${PROVIDERS}/locations/([^/]+)`;
  const readRevisions = "Microsoft.ContainerService/locations/meshRevisionProfiles/read";
  return [
    route("GET", `${location}/operations/([^/]+)`, undefined, (request, [, id = ""]) => operationReply(world, id, request.query.get("s"), request.at)),
    route("GET", `${location}/operationresults/([^/]+)`, undefined, (_, [, id = ""]) => abortedOperationReply(world, id)),
    route("GET", `${location}/meshRevisionProfiles`, readRevisions, (_, [name = ""]) => meshRevisionProfiles(world, name, undefined)),
    route("GET", `${location}/meshRevisionProfiles/([^/]+)`, readRevisions, (_, [name = "", profile]) => meshRevisionProfiles(world, name, profile)),
  ];
}

/** All routes below a subscription that are not about one cluster. */
export function subscriptionRoutes(world: World, armOrigin: () => string): Route[] {
  return [...subscription(world, armOrigin), ...registration(world), ...region(world)];
}
