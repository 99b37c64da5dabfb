/** Jobs, with the status of their pods. */
import { type JsonObject, kubernetesTime } from "../../lib/json.ts";
import { createdAt, type Workload } from "../../world/workload.ts";
import type { World } from "../../world/world.ts";
import { nonZero } from "../objects/counts.ts";
import { countPods } from "../workloads/pod-counts.ts";
import { condition } from "./conditions.ts";
import { latestTemplate, templateObject, workloadEntries, workloadMetadata } from "./workload-object.ts";

/** How long the pods of a Job run, in milliseconds. */
const RUN_MS = 30_000;

function renderJob(world: World, workload: Workload, now: number): JsonObject {
  const { total, ready, succeeded } = countPods(world, workload, now);
  const done = succeeded === workload.replicas;
  return {
    metadata: workloadMetadata(workload),
    spec: {
      parallelism: workload.replicas,
      completions: workload.replicas,
      backoffLimit: 6,
      template: templateObject(workload, latestTemplate(workload)),
    },
    status: {
      ...(done
        ? {
            conditions: [
              condition("Complete", true, "CompletionsReached", "Reached expected number of succeeded pods", Math.min(now, createdAt(workload) + RUN_MS)),
            ],
          }
        : {}),
      ready,
      ...nonZero({ active: total - succeeded, succeeded }),
      startTime: kubernetesTime(createdAt(workload)),
    },
  };
}

export const jobs = workloadEntries("Job", renderJob);
