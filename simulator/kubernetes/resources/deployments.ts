/** Deployments, with the status and conditions of their rollout. */
import type { JsonObject } from "../../lib/json.ts";
import { createdAt, type Workload } from "../../world/workload.ts";
import type { World } from "../../world/world.ts";
import { nonZero } from "../objects/counts.ts";
import { type Generation, generationsOf, observedGeneration, replicaSetName } from "../workloads/generations.ts";
import { countPods } from "../workloads/pod-counts.ts";
import { condition, replicaFailure } from "./conditions.ts";
import { latestTemplate, selector, templateObject, workloadEntries, workloadMetadata } from "./workload-object.ts";

/** A rollout without progress for this long has failed, ms. */
const PROGRESS_DEADLINE = 600_000;

/** The condition that reports the progress of a rollout. */
function progressing(world: World, workload: Workload, latest: Generation, isComplete: boolean, now: number): JsonObject {
  const replicaSet = `ReplicaSet "${replicaSetName(workload, latest.index)}"`;
  const { lastProgressAt } = countPods(world, workload, now, latest);
  if (workload.paused) {
    const paused = condition("Progressing", false, "DeploymentPaused", "Deployment is paused", latest.at);
    return { ...paused, status: "Unknown" };
  }
  if (isComplete) {
    const text = `${replicaSet} has successfully progressed.`;
    return condition("Progressing", true, "NewReplicaSetAvailable", text, lastProgressAt);
  }
  if (now - lastProgressAt > PROGRESS_DEADLINE) {
    const text = `${replicaSet} has timed out progressing.`;
    return condition("Progressing", false, "ProgressDeadlineExceeded", text, lastProgressAt + PROGRESS_DEADLINE);
  }
  return condition("Progressing", true, "ReplicaSetUpdated", `${replicaSet} is progressing.`, lastProgressAt);
}

function conditions(world: World, workload: Workload, now: number): JsonObject[] {
  const latest = generationsOf(world, workload, now).at(-1);
  if (latest === undefined) return [];
  const all = countPods(world, workload, now);
  const updated = countPods(world, workload, now, latest);
  const isAvailable = all.ready >= workload.replicas;
  const isComplete = updated.ready >= workload.replicas && updated.total === all.total;
  const found = [
    condition(
      "Available",
      isAvailable,
      isAvailable ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
      isAvailable ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
      latest.admittedAt ?? createdAt(workload),
    ),
    progressing(world, workload, latest, isComplete, now),
    ...replicaFailure(workload, latest),
  ];
  // Only the conditions of Deployments have lastUpdateTime.
  return found.map((each) => ({ ...each, lastUpdateTime: each["lastTransitionTime"] ?? null }));
}

function renderDeployment(world: World, workload: Workload, now: number): JsonObject {
  const latest = generationsOf(world, workload, now).at(-1);
  const { total, ready } = countPods(world, workload, now);
  const updated = latest === undefined ? 0 : countPods(world, workload, now, latest).total;
  return {
    metadata: workloadMetadata(workload),
    spec: {
      replicas: workload.replicas,
      selector: selector(workload),
      template: templateObject(workload, latestTemplate(workload)),
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: PROGRESS_DEADLINE / 1000,
      ...(workload.paused ? { paused: true } : {}),
    },
    status: {
      observedGeneration: observedGeneration(workload, now),
      ...nonZero({
        replicas: total,
        updatedReplicas: updated,
        readyReplicas: ready,
        availableReplicas: ready,
        unavailableReplicas: Math.max(total, workload.replicas) - ready,
      }),
      conditions: conditions(world, workload, now),
    },
  };
}

export const deployments = workloadEntries("Deployment", renderDeployment);
