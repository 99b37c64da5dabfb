/** What Azure answers about operations on the cluster while they run and when they have ended. */
import type { Reply } from "../lib/http.ts";
import { type JsonObject, objectsAt, setAt } from "../lib/json.ts";
import type { Operation } from "../world/cluster.ts";
import { runningOperations } from "../world/operations.ts";
import type { World } from "../world/world.ts";
import { gatewayError } from "./errors.ts";

/** Spells the eTags of a body as this cloud does. */
function spellETags(world: World, body: JsonObject): void {
  const name = world.resourceManager.eTagName;
  if (name === "eTag") return;
  for (const holder of [body, ...objectsAt(body, "properties", "agentPoolProfiles")]) {
    if (holder["eTag"] === undefined) continue;
    holder[name] = holder["eTag"];
    delete holder["eTag"];
  }
}

/** The cluster's body at a time, after `settleOperations`: Updating, with the old eTag, while an operation runs. */
export function clusterBody(world: World, now: number): JsonObject {
  const body = structuredClone(world.cluster.body);
  spellETags(world, body);
  const running = runningOperations(world, now);
  if (running.length === 0) return body;
  setAt(body, ["properties", "provisioningState"], "Updating");
  for (const pool of objectsAt(body, "properties", "agentPoolProfiles")) {
    if (running.some((operation) => operation.pool === undefined || operation.pool === pool["name"])) {
      pool["provisioningState"] = "Updating";
    }
  }
  return body;
}

/** The value of the Azure-AsyncOperation header. */
export function operationUrl(world: World, armOrigin: string, operation: Operation): string {
  const path = `/subscriptions/${world.subscriptionId}/providers/Microsoft.ContainerService/locations/${world.cluster.location}/operations/${operation.id}`;
  const query = `api-version=2025-03-01&t=${operation.startedAt}&c=MIIHpTCCBo2gAwIBAgITOgSimulated&s=${operation.signature}&h=${operation.id.replaceAll("-", "")}`;
  return `${armOrigin}${path}?${query}`;
}

function statusOf(operation: Operation, now: number): string {
  if (now >= operation.endsAt) return operation.status;
  const progress = (now - operation.startedAt) / (operation.endsAt - operation.startedAt);
  if (progress < 0.1) return "InProgress";
  if (operation.pool !== undefined) return "CreatingAgentPools: 1/3 nodes completed";
  return progress < 0.6 ? "ProvisioningControlPlane" : "ReconcilingAddons";
}

/** An operation as polls return it. */
export function operationBody(operation: Operation, now: number): JsonObject {
  const ended = now >= operation.endsAt;
  return {
    name: operation.id,
    status: statusOf(operation, now),
    startTime: new Date(operation.startedAt).toISOString(),
    ...(ended ? { endTime: new Date(operation.endsAt).toISOString() } : {}),
    ...(operation.error === undefined ? {} : { error: operation.error }),
  };
}

/** The answer to a poll of an operation. */
export function operationReply(world: World, id: string, signature: string | null, now: number): Reply {
  const operation = world.cluster.operations.find((candidate) => candidate.id === id);
  if (operation === undefined) return gatewayError(404, "NotFound", `The operation '${id}' could not be found.`);
  if (signature !== operation.signature) {
    return gatewayError(
      403,
      "InvalidAsyncOperationToken",
      "The async operation token in the request URL is missing or invalid.",
    );
  }
  return { status: 200, body: operationBody(operation, now) };
}

/** The result of an operation that an abort has ended: nothing. */
export function abortedOperationReply(world: World, id: string): Reply {
  return world.cluster.operations.some((operation) => operation.id === id) ? { status: 204 } : gatewayError(404, "NotFound", `The operation '${id}' could not be found.`);
}
