/**
 * The subscriptions that an identity can list, and the managed clusters of a subscription, as raw JSON: the SDK's typed list
 * drops a whole page for one invalid entry (see docs/adr/0001-raw-json-through-the-sdk-pipeline.md).
 */
import type { Right } from "../lib/errors.ts";
import type { ApiVersion } from "./api-version.ts";
import { listAll } from "./paged-list.ts";
import type { ArmClient } from "./arm-client.ts";

/** The list needs no right: it holds the subscriptions in which the identity has any role. */
const SUBSCRIPTIONS_API = "2022-12-01";

const LIST_CLUSTERS: Right = { action: "Microsoft.ContainerService/managedClusters/read", scope: "the subscription", role: "Reader" };

/** Lists the subscriptions. @throws ServiceError if they cannot be listed */
export function listSubscriptions(arm: ArmClient): Promise<readonly unknown[]> {
  return listAll(arm, { doing: "listing the subscriptions", path: `/subscriptions?api-version=${SUBSCRIPTIONS_API}` });
}

/** Lists the clusters of a subscription. @throws ServiceError if they cannot be listed, such as 403 without the right on the subscription itself */
export function listSubscriptionClusters(arm: ArmClient, apiVersion: ApiVersion, subscriptionId: string): Promise<readonly unknown[]> {
  return apiVersion.read(subscriptionId, (version) =>
    listAll(arm, {
      doing: `listing the clusters of the subscription ${subscriptionId}`,
      path: `/subscriptions/${subscriptionId}/providers/Microsoft.ContainerService/managedClusters?api-version=${version}`,
      needs: LIST_CLUSTERS,
    }),
  );
}
