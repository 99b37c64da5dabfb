/** Counts the pods of a workload by state. */
import type { Workload } from "../../world/workload.ts";
import type { World } from "../../world/world.ts";
import type { Generation } from "./generations.ts";
import { isReady, podsOf } from "./pod-schedule.ts";
import { podPhase } from "./pod-status.ts";

export interface PodCounts {
  readonly total: number;
  readonly ready: number;
  readonly succeeded: number;
  /** When a pod was last created or became ready; without pods, when their template was set. ms since the epoch. */
  readonly lastProgressAt: number;
}

/** Counts the pods of a workload, or of one of its generations. */
export function countPods(world: World, workload: Workload, now: number, generation?: Generation): PodCounts {
  const pods = podsOf(world, workload, now).filter(
    (pod) => generation === undefined || pod.generation.index === generation.index,
  );
  const phases = pods.map((pod) => podPhase(pod, now));
  const times = pods.flatMap(({ createdAt, readyAt }) => [createdAt, readyAt ?? 0]).filter((at) => at <= now);
  return {
    total: pods.length,
    ready: pods.filter((pod, index) => phases[index] === "Running" && isReady(pod, now)).length,
    succeeded: phases.filter((phase) => phase === "Succeeded").length,
    lastProgressAt: times.reduce((latest, at) => Math.max(latest, at), generation?.at ?? 0),
  };
}
