/** Resource IDs of managed clusters, and the patterns of their parts. */

/** A GUID: a subscription ID, a client ID, most tenant IDs. */
export const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
/** The name of a managed cluster, as the `managedClusters` schema has it. */
export const CLUSTER_NAME = /^[a-z0-9](?:[-_a-z0-9]{0,61}[a-z0-9])?$/i;
/** The name of a resource group: letters, digits, underscores, hyphens, periods and parentheses; no period at the end. */
export const RESOURCE_GROUP = /^[\p{L}\p{N}_\-.()]{0,89}[\p{L}\p{N}_\-()]$/u;
/** The resource ID of a managed cluster. Groups: subscription ID, resource group, name; none of them checked. */
export const CLUSTER_ID =
  /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.ContainerService\/managedClusters\/([^/]+)\/?$/i;

/** The parts of a cluster's resource ID. */
export interface ClusterParts {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
}

/** The resource ID of a managed cluster, in the letter case of Azure's documentation. */
export function resourceId({ subscriptionId, resourceGroup, name }: ClusterParts): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${name}`;
}

/** The parts of a managed cluster's resource ID; undefined if the text is not one, or if a part is not valid. */
export function clusterParts(id: string): ClusterParts | undefined {
  const [, subscriptionId = "", resourceGroup = "", name = ""] = CLUSTER_ID.exec(id) ?? [];
  return GUID.test(subscriptionId) && RESOURCE_GROUP.test(resourceGroup) && CLUSTER_NAME.test(name) ? { subscriptionId, resourceGroup, name } : undefined;
}

/** Whether `allowed-subscriptions` permits a subscription. The list is in lower case; an empty list permits every subscription. */
export function isAllowed(subscriptionId: string, allowed: readonly string[]): boolean {
  return allowed.length === 0 || allowed.includes(subscriptionId.toLowerCase());
}
