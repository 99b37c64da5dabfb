/** StatefulSets, DaemonSets and Jobs, with the status their pods add up to. */
import { type JsonObject, kubernetesTime } from "../../lib/json.ts";
import type { World } from "../../world/world.ts";
import { generationsOf, observedGeneration, templateHash } from "../workloads/generations.ts";
import { isReady, podsOf, wantedPods } from "../workloads/pod-schedule.ts";
import { createdAt, type Workload } from "../../world/workload.ts";
import { condition, count, latestTemplate, own, selector, templateObject } from "../workloads/workload-status.ts";

function updateStrategy(workload: Workload, rollingUpdate: JsonObject): JsonObject {
  return workload.updateStrategy === "OnDelete" ? { type: "OnDelete" } : { type: "RollingUpdate", rollingUpdate };
}

/** A StatefulSet. Its currentRevision becomes the updateRevision once every pod is updated and ready. */
export function renderStatefulSet(world: World, workload: Workload, now: number): JsonObject {
  const pods = podsOf(world, workload, now);
  const newest = generationsOf(world, workload, now).at(-1)?.index ?? 0;
  const updated = pods.filter((pod) => pod.generation.index === newest);
  const isThrough = updated.length === workload.replicas && updated.every((pod) => isReady(pod, now));
  const others = pods.filter((pod) => pod.generation.index !== newest);
  const oldest = others.reduce((least, pod) => Math.min(least, pod.generation.index), Math.max(0, newest - 1));
  const revision = (index: number): string => `${workload.name}-${templateHash(workload, index)}`;
  const current = isThrough || newest === 0 ? newest : oldest;
  const ready = pods.filter((pod) => isReady(pod, now)).length;
  return {
    metadata: own(workload),
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
      readyReplicas: ready,
      availableReplicas: ready,
      currentReplicas: pods.filter((pod) => pod.generation.index === current).length,
      updatedReplicas: updated.length,
      currentRevision: revision(current),
      updateRevision: revision(newest),
      collisionCount: 0,
    },
  };
}

/** A DaemonSet of an application: one pod per Linux node. */
export function renderDaemonSet(world: World, workload: Workload, now: number): JsonObject {
  const latest = generationsOf(world, workload, now).at(-1);
  const { total, ready } = count(world, workload, now);
  const updated = latest === undefined ? 0 : count(world, workload, now, latest).total;
  const desired = wantedPods(world, workload);
  return {
    metadata: own(workload),
    spec: {
      selector: selector(workload),
      template: templateObject(workload, latestTemplate(workload)),
      updateStrategy: updateStrategy(workload, { maxSurge: 0, maxUnavailable: 1 }),
    },
    status: {
      observedGeneration: observedGeneration(workload, now),
      desiredNumberScheduled: desired,
      currentNumberScheduled: total,
      numberMisscheduled: 0,
      numberReady: ready,
      numberAvailable: ready,
      updatedNumberScheduled: updated,
      ...(ready < desired ? { numberUnavailable: desired - ready } : {}),
    },
  };
}

/** A Job. */
export function renderJob(world: World, workload: Workload, now: number): JsonObject {
  const { total, ready, succeeded } = count(world, workload, now);
  const done = succeeded === workload.replicas;
  return {
    metadata: own(workload),
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
              condition("Complete", true, "CompletionsReached", "Reached expected number of succeeded pods", now),
            ],
          }
        : { active: total - succeeded }),
      ready,
      succeeded,
      startTime: kubernetesTime(createdAt(workload)),
    },
  };
}
