/** The changes of a world that its activity log tells of. */
import { randomUUID } from "node:crypto";
import type { Caller, Change } from "./activity.ts";
import type { World } from "./world.ts";

export const WRITE_CLUSTER = "Microsoft.ContainerService/managedClusters/write";
export const STOP_CLUSTER = "Microsoft.ContainerService/managedClusters/stop/action";

/** The resource ID of the cluster. */
export function clusterId({ subscriptionId, resourceGroup, cluster }: World): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${cluster.name}`;
}

/** The identity of the run, as the activity log names it. */
export function ownIdentity({ identity }: World): Caller {
  return { caller: identity.objectId, applicationId: identity.clientId };
}

/** A change of the cluster: a PUT, or another operation. */
export function clusterChange(world: World, by: Caller, operation: string = WRITE_CLUSTER): Change {
  return { by, operation, method: operation === WRITE_CLUSTER ? "PUT" : "POST", resourceId: clusterId(world), correlationId: randomUUID() };
}

/** Adds a change of the cluster that another client made, and that has ended: an event when it started, and one when it ended. */
export function addNeighboursChange(world: World, at: number, change: Change, ended: "Succeeded" | "Failed" = "Succeeded"): void {
  world.activity.push({ at, change, status: "Started" }, { at: at + world.timing.clusterUpdate, change, status: ended, httpStatus: ended === "Succeeded" ? 200 : 409 });
  world.activity.sort((one, other) => one.at - other.at);
}

/** Someone who works with the cluster by the Azure CLI. */
export const OPERATOR: Caller = { caller: "operator@contoso.example", applicationId: "04b07795-8ddb-461a-bbee-02f9e1bf7b46", name: "An Operator" };

/** The pipeline that runs Terraform, as a managed identity. */
export function terraformPipeline({ subscriptionId }: World): Caller {
  return {
    caller: "7d0c7f0e-2f64-4d8b-9a3a-5b8f3f0f6c11",
    applicationId: "e4a1a1d7-6a0b-4a55-8c41-d7f5b9a7b0c2",
    managedIdentity: `/subscriptions/${subscriptionId}/resourcegroups/rg-identities/providers/Microsoft.ManagedIdentity/userAssignedIdentities/terraform-prod`,
  };
}
