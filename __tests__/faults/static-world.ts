/** Whether a scenario's world stays as it is while nobody changes it. */
import { isDeepStrictEqual } from "node:util";
import { clusterSnapshot, type World } from "../../simulator/index.ts";
import { isObject, type Json } from "../../simulator/lib/json.ts";
import type { RunEnd } from "./run-types.ts";

/**
 * Whether the world of a run that changed nothing has no schedule of its own for this long, in milliseconds since the run began. That a
 * controller is refused again, at least every 1000 s, is none: its event counts for 20 minutes.
 */
export function isStaticFor(ms: number, { world, startedAt, operationsBefore }: RunEnd): boolean {
  const { operations } = world.cluster;
  if (operations.length !== operationsBefore) return false;
  if (operations.some(({ startsWhenRead, endsAt }) => startsWhenRead || endsAt > startedAt)) return false;
  return isDeepStrictEqual(objectsOf(world, startedAt), objectsOf(world, startedAt + ms));
}

/** What of the world can decide anything. Of events, what was refused, and not how often, which pod, or when. */
function objectsOf(world: World, now: number): unknown {
  return JSON.parse(clusterSnapshot(structuredClone(world), now), (_, value: Json) => {
    if (isObject(value) && value["involvedObject"] !== undefined) return `${EVENT}${JSON.stringify([value["reason"], value["involvedObject"]])}`;
    const isOfEvents = Array.isArray(value) && value.some((item) => typeof item === "string" && item.startsWith(EVENT));
    return isOfEvents ? [...new Set(value)].sort() : value;
  });
}

const EVENT = "event: ";
