/** What the activity log knows of requests that changed something. Times are simulated milliseconds since the epoch. */
import { randomUUID } from "node:crypto";
import type { World } from "./world.ts";

/** Who sent a request. */
export interface Caller {
  /** A user's UPN, or an application's object ID. */
  readonly caller: string;
  readonly applicationId: string;
  /** A user's display name; applications have none. */
  readonly name?: string;
}

/** A change, as far as the activity log tells of it. */
export interface Change {
  readonly by: Caller;
  /** The name of the operation: `Microsoft.ContainerService/managedClusters/write`. */
  readonly operation: string;
  readonly method: string;
  readonly resourceId: string;
  readonly correlationId: string;
}

/** One event of the activity log. */
export interface ActivityEvent {
  readonly at: number;
  readonly change: Change;
  readonly status: "Started" | "Succeeded" | "Failed";
  /** The HTTP status of the answer, where the event is about one. */
  readonly httpStatus?: number;
}

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
