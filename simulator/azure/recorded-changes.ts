/** Puts requests that change something into the activity log. */
import type { Reply, SimulatedRequest } from "../lib/http.ts";
import type { Change } from "../world/activity.ts";
import { ownIdentity } from "../world/changes.ts";
import type { World } from "../world/world.ts";

/** The change that a request asks for, as the activity log names it. */
export function changeOf(world: World, request: SimulatedRequest, operation: string, resourceId: string): Change {
  const correlationId = String(request.headers["x-ms-correlation-request-id"] ?? "");
  return { by: ownIdentity(world), operation, method: request.method, resourceId, correlationId };
}

/** Records a change that has ended with its answer. @returns the answer */
export function recorded(world: World, request: SimulatedRequest, operation: string, resourceId: string, reply: Reply): Reply {
  const status = reply.status < 400 ? "Succeeded" : "Failed";
  world.activity.push({ at: request.at, change: changeOf(world, request, operation, resourceId), status, httpStatus: reply.status });
  return reply;
}
