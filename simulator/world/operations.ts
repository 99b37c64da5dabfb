/** Long-running operations on the cluster: what they show while they run, and what they leave behind. */
import { randomBytes, randomUUID } from "node:crypto";
import type { Reply } from "../lib/http.ts";
import { type JsonObject, objectsAt, setAt } from "../lib/json.ts";
import type { Operation, World } from "./world.ts";
import { gatewayError } from "../azure/errors.ts";

export const MECHANISM_PATH = [
  "properties",
  "serviceMeshProfile",
  "istio",
  "components",
  "proxyRedirectionMechanism",
] as const;

/** Recorded operation URLs are 3 to 4 kB long. */
const SIGNATURE_BYTES = 2400;

/** A new operation from `startedAt` on; the caller adds it to the cluster. */
export function newOperation(startedAt: number, duration: number, changes: Partial<Operation> = {}): Operation {
  return {
    id: randomUUID(),
    signature: randomBytes(SIGNATURE_BYTES).toString("base64url"),
    startedAt,
    endsAt: startedAt + duration,
    pool: undefined,
    status: "Succeeded",
    error: undefined,
    mechanismAfter: undefined,
    saysAfter: undefined,
    startsWhenRead: false,
    settled: false,
    ...changes,
  };
}

/** Starts the operations that wait for the cluster to be read. */
export function startWaitingOperations(world: World, now: number): void {
  for (const operation of world.cluster.operations) {
    if (!operation.startsWhenRead) continue;
    operation.startsWhenRead = false;
    operation.endsAt = now + (operation.endsAt - operation.startedAt);
    operation.startedAt = now;
  }
}

/** The operations that run at a moment. */
export function runningOperations(world: World, now: number): Operation[] {
  return world.cluster.operations.filter(
    (operation) => !operation.startsWhenRead && operation.startedAt <= now && now < operation.endsAt,
  );
}

/** Writes down what operations that have ended leave behind: a new eTag, a state, the mechanism in force. */
export function settleOperations(world: World, now: number): void {
  const { cluster } = world;
  for (const operation of cluster.operations) {
    if (operation.settled || operation.startsWhenRead || now < operation.endsAt) continue;
    operation.settled = true;
    cluster.body["eTag"] = randomUUID();
    for (const pool of objectsAt(cluster.body, "properties", "agentPoolProfiles")) pool["eTag"] = randomUUID();
    setAt(cluster.body, ["properties", "provisioningState"], operation.status);
    if (operation.saysAfter !== undefined) setAt(cluster.body, MECHANISM_PATH, operation.saysAfter);
    if (operation.mechanismAfter !== undefined) {
      cluster.mechanisms.push({ from: operation.endsAt, mechanism: operation.mechanismAfter });
    }
  }
}

/** The cluster's body at a moment, after `settleOperations`: while something runs it says Updating, with the old eTag. */
export function clusterBody(world: World, now: number): JsonObject {
  const body = structuredClone(world.cluster.body);
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

function statusWord(operation: Operation, now: number): string {
  if (now >= operation.endsAt) return operation.status;
  const progress = (now - operation.startedAt) / (operation.endsAt - operation.startedAt);
  if (progress < 0.1) return "InProgress";
  if (operation.pool !== undefined) return "CreatingAgentPools: 1/3 nodes completed";
  return progress < 0.6 ? "ProvisioningControlPlane" : "ReconcilingAddons";
}

/** The answer to a poll. */
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
  const ended = now >= operation.endsAt;
  return {
    status: 200,
    body: {
      name: operation.id,
      status: statusWord(operation, now),
      startTime: new Date(operation.startedAt).toISOString(),
      ...(ended ? { endTime: new Date(operation.endsAt).toISOString() } : {}),
      ...(operation.error === undefined ? {} : { error: operation.error }),
    },
  };
}
