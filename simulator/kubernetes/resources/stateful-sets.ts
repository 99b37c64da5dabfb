/** StatefulSets, with the status of their pods. */
import type { JsonObject } from "../../lib/json.ts";
import type { Workload } from "../../world/workload.ts";
import type { World } from "../../world/world.ts";
import { nonZero } from "../objects/counts.ts";
import { generationsOf, observedGeneration, templateHash } from "../workloads/generations.ts";
import { isReady, podsOf } from "../workloads/pod-schedule.ts";
import { latestTemplate, selector, templateObject, updateStrategy, workloadEntries, workloadMetadata } from "./workload-object.ts";

/** Its currentRevision becomes the updateRevision once all pods are updated and ready. */
function renderStatefulSet(world: World, workload: Workload, now: number): JsonObject {
  const pods = podsOf(world, workload, now);
  const newest = generationsOf(world, workload, now).at(-1)?.index ?? 0;
  const updated = pods.filter((pod) => pod.generation.index === newest);
  const isComplete = updated.length === workload.replicas && updated.every((pod) => isReady(pod, now));
  const others = pods.filter((pod) => pod.generation.index !== newest);
  const oldest = others.reduce((least, pod) => Math.min(least, pod.generation.index), Math.max(0, newest - 1));
  const revision = (index: number): string => `${workload.name}-${templateHash(workload, index)}`;
  const current = isComplete || newest === 0 ? newest : oldest;
  const ready = pods.filter((pod) => isReady(pod, now)).length;
  return {
    metadata: workloadMetadata(workload),
    spec: {
      replicas: workload.replicas,
      selector: selector(workload),
      serviceName: workload.name,
      podManagementPolicy: "OrderedReady",
      template: templateObject(workload, latestTemplate(workload)),
      updateStrategy: updateStrategy(workload, { partition: workload.partition }),
    },
    status: {
      observedGeneration: observedGeneration(workload, now),
      replicas: pods.length,
      availableReplicas: ready,
      ...nonZero({
        readyReplicas: ready,
        currentReplicas: pods.filter((pod) => pod.generation.index === current).length,
        updatedReplicas: updated.length,
      }),
      currentRevision: revision(current),
      updateRevision: revision(newest),
      collisionCount: 0,
    },
  };
}

export const statefulSets = workloadEntries("StatefulSet", renderStatefulSet);
