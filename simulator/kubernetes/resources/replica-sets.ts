/** The ReplicaSets of Deployments, one per generation. */
import type { JsonObject } from "../../lib/json.ts";
import type { Workload } from "../../world/workload.ts";
import type { World } from "../../world/world.ts";
import { nonZero } from "../objects/counts.ts";
import { metadata, ownerReference } from "../objects/metadata.ts";
import type { ObjectEntry } from "../objects/resource.ts";
import { type Generation, generationsOf, replicaSetName, templateHash } from "../workloads/generations.ts";
import { countPods } from "../workloads/pod-counts.ts";
import { replicaFailure } from "./conditions.ts";
import { templateObject } from "./workload-object.ts";

/** A Deployment's first ReplicaSet wants all pods at once; a later one as many as the rollout has reached. */
function replicasWanted(workload: Workload, generation: Generation, isCurrent: boolean, total: number): number {
  if (!isCurrent) return total;
  return generation.index === 0 ? workload.replicas : Math.max(1, total);
}

function renderReplicaSet(world: World, workload: Workload, generation: Generation, isCurrent: boolean, now: number): JsonObject {
  const { total, ready } = countPods(world, workload, now, generation);
  const hash = templateHash(workload, generation.index);
  const labels = { ...generation.template.labels, "pod-template-hash": hash };
  const conditions = isCurrent ? replicaFailure(workload, generation) : [];
  const name = { kind: "ReplicaSet", namespace: workload.namespace, name: replicaSetName(workload, generation.index) };
  return {
    metadata: metadata(name, generation.at, labels, {
      annotations: {
        "deployment.kubernetes.io/desired-replicas": String(workload.replicas),
        "deployment.kubernetes.io/revision": String(generation.index + 1),
      },
      ownerReferences: [ownerReference(workload)],
      generation: 1,
    }),
    spec: {
      replicas: replicasWanted(workload, generation, isCurrent, total),
      selector: { matchLabels: labels },
      template: templateObject(workload, generation.template),
    },
    status: {
      replicas: total,
      ...nonZero({ fullyLabeledReplicas: total, readyReplicas: ready, availableReplicas: ready }),
      observedGeneration: 1,
      ...(conditions.length === 0 ? {} : { conditions }),
    },
  };
}

export function replicaSets(world: World, now: number): ObjectEntry[] {
  const deployments = world.kubernetes.workloads.filter((workload) => workload.kind === "Deployment");
  return deployments.flatMap((workload) => {
    const generations = generationsOf(world, workload, now);
    return generations.map((generation) => ({
      name: replicaSetName(workload, generation.index),
      namespace: workload.namespace,
      labels: { app: workload.name },
      fields: {},
      render: () => renderReplicaSet(world, workload, generation, generation === generations.at(-1), now),
    }));
  });
}
