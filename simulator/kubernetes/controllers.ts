/** Deployments, ReplicaSets, StatefulSets, DaemonSets and Jobs, with the status their pods add up to. */
import { type JsonObject, kubernetesTime } from "../json.ts";
import type { World } from "../world.ts";
import { metadata, ownerReference } from "./metadata.ts";
import { generationsOf, linuxNodes, templateHash } from "./timeline.ts";
import { createdAt, type Workload } from "./workload.ts";
import {
  condition,
  count,
  latestTemplate,
  own,
  replicaFailure,
  replicaSetName,
  selector,
  templateObject,
} from "./workload-status.ts";

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
          replicas: isCurrent ? workload.replicas : total,
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

/** A Deployment. */
export function renderDeployment(world: World, workload: Workload, now: number): JsonObject {
  const latest = generationsOf(world, workload, now).at(-1);
  const { total, ready } = count(world, workload, now);
  const updated = latest === undefined ? 0 : count(world, workload, now, latest).total;
  const available = ready >= workload.replicas;
  const at = latest?.admittedAt ?? createdAt(workload);
  const name = latest === undefined ? workload.name : replicaSetName(workload, latest);
  return {
    metadata: own(workload),
    spec: {
      replicas: workload.replicas,
      selector: selector(workload),
      template: templateObject(workload, latestTemplate(workload)),
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
      progressDeadlineSeconds: 600,
      ...(workload.paused ? { paused: true } : {}),
    },
    status: {
      observedGeneration: workload.templates.length,
      replicas: total,
      updatedReplicas: updated,
      readyReplicas: ready,
      availableReplicas: ready,
      ...(available ? {} : { unavailableReplicas: workload.replicas - ready }),
      conditions: [
        condition(
          "Available",
          available,
          available ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
          available ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
          at,
        ),
        condition(
          "Progressing",
          true,
          available && updated === total ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
          `ReplicaSet "${name}" is progressing.`,
          at,
        ),
        ...(latest === undefined ? [] : replicaFailure(workload, latest)),
      ],
    },
  };
}

/** A StatefulSet. */
export function renderStatefulSet(world: World, workload: Workload, now: number): JsonObject {
  const latest = generationsOf(world, workload, now).at(-1);
  const { total, ready } = count(world, workload, now);
  const updated = latest === undefined ? 0 : count(world, workload, now, latest).total;
  const revision = `${workload.name}-${templateHash(workload, latest?.index ?? 0)}`;
  return {
    metadata: own(workload),
    spec: {
      replicas: workload.replicas,
      selector: selector(workload),
      serviceName: workload.name,
      template: templateObject(workload, latestTemplate(workload)),
      updateStrategy:
        workload.updateStrategy === "OnDelete"
          ? { type: "OnDelete" }
          : { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
    },
    status: {
      observedGeneration: workload.templates.length,
      replicas: total,
      readyReplicas: ready,
      availableReplicas: ready,
      currentReplicas: total,
      updatedReplicas: updated,
      currentRevision: revision,
      updateRevision: revision,
      collisionCount: 0,
    },
  };
}

/** A DaemonSet of an application: one pod per Linux node. */
export function renderDaemonSet(world: World, workload: Workload, now: number): JsonObject {
  const latest = generationsOf(world, workload, now).at(-1);
  const { total, ready } = count(world, workload, now);
  const updated = latest === undefined ? 0 : count(world, workload, now, latest).total;
  const desired = linuxNodes(world).length;
  return {
    metadata: own(workload),
    spec: {
      selector: selector(workload),
      template: templateObject(workload, latestTemplate(workload)),
      updateStrategy: { type: workload.updateStrategy },
    },
    status: {
      observedGeneration: workload.templates.length,
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
