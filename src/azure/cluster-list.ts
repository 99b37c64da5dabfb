/** The subscriptions that an identity sees, and the managed clusters in one of them, as raw JSON. */
import type { Right } from "../lib/errors.ts";
import { listAll } from "./paged-list.ts";
import type { ArmClient } from "./arm-client.ts";

/** Stable since 2022; the list needs no right: it holds what the identity has any role in. */
const SUBSCRIPTIONS_API = "2022-12-01";
/** The first stable version that shows the redirection mechanism, as in `managed-cluster.ts`. */
const CLUSTERS_API = "2026-01-01";

const LIST_CLUSTERS: Right = { action: "Microsoft.ContainerService/managedClusters/read", scope: "the subscription", role: "Reader" };

/** @throws ServiceError where they cannot be listed */
export function listSubscriptions(arm: ArmClient): Promise<readonly unknown[]> {
  return listAll(arm, { doing: "listing the subscriptions", path: `/subscriptions?api-version=${SUBSCRIPTIONS_API}` });
}

/** @throws ServiceError where they cannot be listed, such as 403 without the right at the subscription itself */
export function listSubscriptionClusters(arm: ArmClient, subscriptionId: string): Promise<readonly unknown[]> {
  return listAll(arm, {
    doing: `listing the clusters of the subscription ${subscriptionId}`,
    path: `/subscriptions/${subscriptionId}/providers/Microsoft.ContainerService/managedClusters?api-version=${CLUSTERS_API}`,
    needs: LIST_CLUSTERS,
  });
}
