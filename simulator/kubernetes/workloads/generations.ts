/** The generations of a workload: one per template, with the result of its pods' admission. */
import { fingerprint } from "../../lib/json.ts";
import { exists, type PodTemplate, type Workload } from "../../world/workload.ts";
import type { World } from "../../world/world.ts";
import { admitPod } from "../admission/pod-admission.ts";
import type { Refusal } from "../admission/refusal.ts";
import { type Injection, injectionOf } from "../mesh/injection.ts";
import { admittedPod } from "./pod-template.ts";

/** One template of a workload and the admission of its pods. */
export interface Generation {
  readonly workload: Workload;
  readonly index: number;
  readonly template: PodTemplate;
  /** When the template was set, ms since the epoch. */
  readonly at: number;
  /** When its first pod was admitted; undefined: all attempts were refused. */
  readonly admittedAt: number | undefined;
  /** The last refusal, also where a later attempt succeeded. */
  readonly refusal: Refusal | undefined;
  /** The time of that refusal, ms since the epoch. */
  readonly refusedAt: number | undefined;
  /** How its pods are injected; undefined: they are not. */
  readonly injection: Injection | undefined;
}

/** Time until a controller has seen a change of its workload, ms. */
const CONTROLLER_LAG = 500;

/** When a controller tries to create pods: when it sees the template, and some time after each switch of the mechanism. */
function attempts(world: World, from: number, until: number): number[] {
  const retries = world.cluster.mechanisms.map((entry) => entry.from + world.timing.replicaSetRetry);
  return [from, ...retries.filter((at) => at > from && at <= until)];
}

function generationOf(world: World, workload: Workload, index: number, now: number): Generation | undefined {
  const entry = workload.templates[index];
  const seenAt = index === 0 ? entry?.at : (entry?.at ?? 0) + CONTROLLER_LAG;
  if (entry === undefined || seenAt === undefined || seenAt > now) return undefined;
  const until = Math.min(workload.templates[index + 1]?.at ?? now, now);
  const { template, at } = entry;
  const { namespace } = workload;
  const { labels, annotations, hostNetwork } = template;
  let last: { refusal: Refusal; refusedAt: number; injection: Injection | undefined } | undefined;
  for (const attempt of attempts(world, seenAt, until)) {
    const injection = injectionOf(world, { namespace, labels, annotations, hostNetwork }, attempt);
    const pod = admittedPod(workload, template, injection);
    const revision = injection?.revision;
    const { refusal } = admitPod(world, { namespace, pod, revision, at: attempt, dryRun: false });
    if (refusal === undefined) {
      const { refusal: lastRefusal, refusedAt } = last ?? {};
      return { workload, index, template, at, admittedAt: attempt, refusal: lastRefusal, refusedAt, injection };
    }
    last = { refusal, refusedAt: attempt, injection };
  }
  return last && { workload, index, template, at, admittedAt: undefined, ...last };
}

/** The generations of a workload until now, oldest first. A paused Deployment has only its first. */
export function generationsOf(world: World, workload: Workload, now: number): Generation[] {
  if (!exists(workload, now)) return [];
  const templates = workload.paused ? workload.templates.slice(0, 1) : workload.templates;
  return templates
    .map((_, index) => generationOf(world, workload, index, now))
    .filter((generation) => generation !== undefined);
}

/** The number of templates that the controller has seen: status.observedGeneration. */
export function observedGeneration(workload: Workload, now: number): number {
  return workload.templates.filter(({ at }, index) => index === 0 || at + CONTROLLER_LAG <= now).length;
}

/** The generated part of a ReplicaSet's or ControllerRevision's name. */
export function templateHash(workload: Workload, index: number): string {
  return fingerprint(`${workload.namespace}/${workload.name}/${index}`, 10).replaceAll("e", "x").replaceAll("a", "z");
}

/** The name of the ReplicaSet of one generation of a Deployment. */
export function replicaSetName(workload: Workload, index: number): string {
  return `${workload.name}-${templateHash(workload, index)}`;
}
