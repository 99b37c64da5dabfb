/** Long-running operations on the cluster: creation, and what they leave behind when they end. */
import { randomBytes, randomUUID } from "node:crypto";
import { objectsAt, setAt } from "../lib/json.ts";
import type { Operation } from "./cluster.ts";
import type { World } from "./world.ts";

/** Where the redirection mechanism is in the cluster's body. */
export const MECHANISM_PATH = [
  "properties",
  "serviceMeshProfile",
  "istio",
  "components",
  "proxyRedirectionMechanism",
] as const;

/** Recorded operation URLs are 3 to 4 kB long. */
const SIGNATURE_BYTES = 2400;

/** A new operation from `startedAt` on, which takes `duration` ms. The caller adds it to the cluster. */
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
    reportedMechanismAfter: undefined,
    startsWhenRead: false,
    change: undefined,
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

/** The operations that run at a time. */
export function runningOperations(world: World, now: number): Operation[] {
  return world.cluster.operations.filter(
    (operation) => !operation.startsWhenRead && operation.startedAt <= now && now < operation.endsAt,
  );
}

/** Applies the results of operations that have ended: a new eTag, a provisioning state, the mechanism in use. */
export function settleOperations(world: World, now: number): void {
  const { cluster } = world;
  for (const operation of cluster.operations) {
    if (operation.settled || operation.startsWhenRead || now < operation.endsAt) continue;
    operation.settled = true;
    cluster.body["eTag"] = randomUUID();
    for (const pool of objectsAt(cluster.body, "properties", "agentPoolProfiles")) pool["eTag"] = randomUUID();
    setAt(cluster.body, ["properties", "provisioningState"], operation.status);
    if (operation.reportedMechanismAfter !== undefined) setAt(cluster.body, MECHANISM_PATH, operation.reportedMechanismAfter);
    if (operation.mechanismAfter !== undefined) {
      cluster.mechanisms.push({ from: operation.endsAt, mechanism: operation.mechanismAfter });
    }
  }
}
