/** The changes of a world that its activity log tells of. */
import { randomUUID } from "node:crypto";
import type { Caller, Change } from "./activity.ts";
import type { World } from "./world.ts";

export const WRITE_CLUSTER = "Microsoft.ContainerService/managedClusters/write";

/** The resource ID of the cluster. */
export function clusterId({ subscriptionId, resourceGroup, cluster }: World): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${cluster.name}`;
}

/** The identity of the run, as the activity log names it. */
export function ownIdentity({ identity }: World): Caller {
  return { caller: identity.objectId, applicationId: identity.clientId };
}

/** A change of the cluster by a PUT. */
export function clusterWrite(world: World, by: Caller, correlationId: string = randomUUID()): Change {
  return { by, operation: WRITE_CLUSTER, method: "PUT", resourceId: clusterId(world), correlationId };
}

/** Adds a change of the cluster that another client made, and that has ended. */
export function addNeighboursWrite(world: World, at: number, by: Caller): void {
  world.activity.push({ at, change: clusterWrite(world, by), status: "Succeeded", httpStatus: 200 });
}
