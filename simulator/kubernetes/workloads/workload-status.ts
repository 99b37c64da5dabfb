/** What the objects of all workload kinds share: counts, templates, conditions, and how a refusal reads. */
import { type JsonObject, kubernetesTime } from "../../lib/json.ts";
import type { World } from "../../world/world.ts";
import { metadata, resourceVersion } from "../objects/metadata.ts";
import { templateSpec } from "./pod-template.ts";
import { type Generation, templateHash } from "./generations.ts";
import { podPhase } from "./pod-status.ts";
import { isReady, podsOf } from "./pod-schedule.ts";
import { createdAt, type PodTemplate, type Workload } from "../../world/workload.ts";

/** What the pods of a workload add up to. */
export interface Counts {
  readonly total: number;
  readonly ready: number;
  readonly succeeded: number;
  /** When the last of them was created or became ready; where there is none, when their template came. ms since the epoch. */
  readonly lastProgressAt: number;
}

/** Counts the pods of a workload, or of one of its generations. */
export function count(world: World, workload: Workload, now: number, generation?: Generation): Counts {
  const pods = podsOf(world, workload, now).filter(
    (pod) => generation === undefined || pod.generation.index === generation.index,
  );
  const phases = pods.map((pod) => podPhase(pod, now));
  const moments = pods.flatMap(({ createdAt: created, readyAt }) => [created, readyAt ?? 0]).filter((at) => at <= now);
  return {
    total: pods.length,
    ready: pods.filter((pod, index) => phases[index] === "Running" && isReady(pod, now)).length,
    succeeded: phases.filter((phase) => phase === "Succeeded").length,
    lastProgressAt: moments.reduce((latest, at) => Math.max(latest, at), generation?.at ?? 0),
  };
}

/** A pod template as it stands in a workload. */
export function templateObject(workload: Workload, template: PodTemplate): JsonObject {
  return {
    metadata: {
      labels: { ...template.labels },
      ...(Object.keys(template.annotations).length === 0 ? {} : { annotations: { ...template.annotations } }),
    },
    spec: templateSpec(workload, template),
  };
}

/** The selector of a workload. */
export function selector(workload: Workload): JsonObject {
  return { matchLabels: { app: workload.templates[0]?.template.labels["app"] ?? workload.name } };
}

/** The template that a workload has now. */
export function latestTemplate(workload: Workload): PodTemplate {
  const latest = workload.templates.at(-1);
  if (latest === undefined) throw new Error(`The workload ${workload.namespace}/${workload.name} has no template.`);
  return latest.template;
}

/** The metadata of a workload. */
export function own(workload: Workload): JsonObject {
  const changedAt = workload.templates.at(-1)?.at ?? createdAt(workload);
  return metadata(workload, createdAt(workload), { app: workload.name }, {
    generation: workload.templates.length,
    resourceVersion: resourceVersion(changedAt),
  });
}

/** A condition in the status of a workload. `at`: ms since the epoch. */
export function condition(type: string, status: boolean, reason: string, message: string, at: number): JsonObject {
  return { type, status: status ? "True" : "False", reason, message, lastTransitionTime: kubernetesTime(at) };
}

/** The message of a controller whose pods are refused, as its condition and its events show it. */
export function refusalMessage(workload: Workload, generation: Generation): string {
  const { refusal } = generation;
  if (refusal === undefined) return "";
  const { name } = workload;
  if (workload.kind === "StatefulSet") {
    const pod = `${name}-${generation.index === 0 ? 0 : Math.max(0, workload.replicas - 1)}`;
    return `create Pod ${pod} in StatefulSet ${name} failed error: ${refusal.message(`pods "${pod}"`)}`;
  }
  const prefix = workload.kind === "Deployment" ? replicaSetName(workload, generation) : name;
  return refusal.message(`pods "${prefix}-"`);
}

/** The name of the ReplicaSet of one generation of a Deployment. */
export function replicaSetName(workload: Workload, generation: Generation): string {
  return `${workload.name}-${templateHash(workload, generation.index)}`;
}

/** The condition of a controller whose pods are refused; none where they are not. */
export function replicaFailure(workload: Workload, generation: Generation): JsonObject[] {
  if (generation.admittedAt !== undefined || generation.refusal === undefined) return [];
  return [
    condition(
      "ReplicaFailure",
      true,
      "FailedCreate",
      refusalMessage(workload, generation),
      generation.refusedAt ?? generation.at,
    ),
  ];
}
