/** Deployments and their ReplicaSets, with the status their pods add up to. */
import type { JsonObject } from "../../lib/json.ts";
import type { World } from "../../world/world.ts";
import { type Generation, generationsOf, observedGeneration, templateHash } from "../workloads/generations.ts";
import { metadata, ownerReference } from "../objects/metadata.ts";
import { createdAt, type Workload } from "../../world/workload.ts";
import { condition, count, latestTemplate, own, replicaFailure, replicaSetName, selector, templateObject } from "../workloads/workload-status.ts";

/** A rollout that makes no progress for so long has failed, ms. */
const PROGRESS_DEADLINE = 600_000;

/** The ReplicaSets of a Deployment, one per generation. */
export function renderReplicaSets(
  world: World,
  workload: Workload,
  now: number,
): { name: string; render: () => JsonObject }[] {
  const generations = generationsOf(world, workload, now);
  return generations.map((generation) => ({
    name: replicaSetName(workload, generation),
    render: () => {
      const { total, ready } = count(world, workload, now, generation);
      const isCurrent = generation.index === generations.at(-1)?.index;
      const name = replicaSetName(workload, generation);
      const hash = templateHash(workload, generation.index);
      const conditions = isCurrent ? replicaFailure(workload, generation) : [];
      return {
        metadata: metadata(
          { kind: "ReplicaSet", namespace: workload.namespace, name },
          generation.at,
          { ...generation.template.labels, "pod-template-hash": hash },
          {
            annotations: {
              "deployment.kubernetes.io/desired-replicas": String(workload.replicas),
              "deployment.kubernetes.io/revision": String(generation.index + 1),
            },
            ownerReferences: [ownerReference(workload)],
            generation: 1,
          },
        ),
        spec: {
          replicas: replicasWanted(workload, generation, generations, total),
          selector: { matchLabels: { ...generation.template.labels, "pod-template-hash": hash } },
          template: templateObject(workload, generation.template),
        },
        status: {
          replicas: total,
          fullyLabeledReplicas: total,
          readyReplicas: ready,
          availableReplicas: ready,
          observedGeneration: 1,
          ...(conditions.length === 0 ? {} : { conditions }),
        },
      };
    },
  }));
}

/** A Deployment's first ReplicaSet wants all pods at once; a later one only as many as the rollout has come to. */
function replicasWanted(
  workload: Workload,
  generation: Generation,
  generations: readonly Generation[],
  total: number,
): number {
  const isCurrent = generation.index === generations.at(-1)?.index;
  if (!isCurrent) return total;
  return generation.index === 0 ? workload.replicas : Math.max(1, total);
}

/** The condition that tells how a rollout goes. */
function progressing(world: World, workload: Workload, latest: Generation, isComplete: boolean, now: number): JsonObject {
  const replicaSet = `ReplicaSet "${replicaSetName(workload, latest)}"`;
  const { lastProgressAt } = count(world, workload, now, latest);
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
  const all = count(world, workload, now);
  const updated = count(world, workload, now, latest);
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
  // No other kind of workload tells when a condition was looked at last.
  return found.map((each) => ({ ...each, lastUpdateTime: each["lastTransitionTime"] ?? null }));
}

/** A Deployment. */
export function renderDeployment(world: World, workload: Workload, now: number): JsonObject {
  const latest = generationsOf(world, workload, now).at(-1);
  const { total, ready } = count(world, workload, now);
  const updated = latest === undefined ? 0 : count(world, workload, now, latest).total;
  return {
    metadata: own(workload),
    spec: {
      replicas: workload.replicas,
      selector: selector(workload),
      template: templateObject(workload, latestTemplate(workload)),
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: PROGRESS_DEADLINE / 1000,
      ...(workload.paused ? { paused: true } : {}),
    },
    status: {
      observedGeneration: observedGeneration(workload, now),
      replicas: total,
      updatedReplicas: updated,
      readyReplicas: ready,
      availableReplicas: ready,
      ...(total > ready || ready < workload.replicas
        ? { unavailableReplicas: Math.max(total, workload.replicas) - ready }
        : {}),
      conditions: conditions(world, workload, now),
    },
  };
}
