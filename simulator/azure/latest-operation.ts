/** The cluster's latest operation, and its abort: what `az aks operation show-latest` and `operation-abort` ask for. */
import type { Reply } from "../lib/http.ts";
import { clusterId } from "../world/changes.ts";
import { runningOperations, settleOperations } from "../world/operations.ts";
import type { World } from "../world/world.ts";
import { providerError } from "./errors.ts";
import { operationBody } from "./operation-status.ts";

/** GET …/managedClusters/{cluster}/operations/latest. */
export function latestOperation(world: World, now: number): Reply {
  const latest = world.cluster.operations.filter(({ startsWhenRead }) => !startsWhenRead).sort((a, b) => a.startedAt - b.startedAt).at(-1);
  if (latest === undefined) return providerError(404, "NotFound", "The managed cluster has no operation.");
  return { status: 200, body: { id: `${clusterId(world)}/operations/${latest.id}`, ...operationBody(latest, now) } };
}

/** POST …/managedClusters/{cluster}/abort: the running operation ends as Canceled, without its effect. */
export function abortOperation(world: World, now: number, armOrigin: string): Reply {
  const [running] = runningOperations(world, now);
  if (running === undefined) return providerError(409, "Conflict", "There is no operation in progress that can be aborted.");
  running.endsAt = now;
  running.status = "Canceled";
  running.mechanismAfter = undefined;
  running.error = { code: "OperationPreempted", message: "The operation has been preempted by an abort of the latest operation." };
  settleOperations(world, now);
  const { subscriptionId, cluster } = world;
  const result = `/subscriptions/${subscriptionId}/providers/Microsoft.ContainerService/locations/${cluster.location}/operationresults/${running.id}`;
  return { status: 202, headers: { location: `${armOrigin}${result}?api-version=2016-03-30` } };
}
