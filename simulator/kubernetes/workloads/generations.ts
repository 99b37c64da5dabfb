/** The generations of a workload: one per template, with the result of its pods' admission. */
import { fingerprint } from "../../lib/json.ts";
import { exists, type PodTemplate, type Workload } from "../../world/workload.ts";
import type { World } from "../../world/world.ts";
import { admitPod } from "../admission/pod-admission.ts";
import type { Refusal } from "../admission/refusal.ts";
import { type Injection, injectionOf } from "../mesh/injection.ts";
import { type Attempt, lastAttempt, nextAttempt } from "./back-off.ts";
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
  /** The attempt that it refused. */
  readonly lastRefused: Attempt | undefined;
  /** How its pods are injected; undefined: they are not. */
  readonly injection: Injection | undefined;
}

/** When a generation's controller made its first attempt. */
export function firstAttemptAt({ index, at }: Pick<Generation, "index" | "at">): number {
  return index === 0 ? at : at + CONTROLLER_LAG;
}

/** Time until a controller has seen a change of its workload, ms. */
const CONTROLLER_LAG = 500;

/** The times at which the result of admission may change. */
function changesOfAdmission(world: World, namespace: string): number[] {
  const labels = world.kubernetes.namespaces.filter(({ name }) => name === namespace).flatMap((state) => state.labels);
  const quotas = world.kubernetes.admission.quotas.filter((quota) => quota.namespace === namespace);
  return [...world.cluster.mechanisms, ...labels, ...quotas].map(({ from }) => from).sort((a, b) => a - b);
}

/**
 * The attempts of a controller to create pods whose results may differ: the first one, and the first one after each change. Those in
 * between are refused for the same reason.
 */
function decisiveAttempts(world: World, workload: Workload, from: number, until: number): number[] {
  const changes = changesOfAdmission(world, workload.namespace).filter((at) => at > from && at <= until);
  const retries = changes.map((at) => nextAttempt(workload.kind, from, at).at);
  return [...new Set([from, ...retries.filter((at) => at <= until)])];
}

function generationOf(world: World, workload: Workload, index: number, now: number): Generation | undefined {
  const entry = workload.templates[index];
  if (entry === undefined) return undefined;
  const seenAt = firstAttemptAt({ index, at: entry.at });
  if (seenAt > now) return undefined;
  const until = Math.min(workload.templates[index + 1]?.at ?? now, now);
  const { template, at } = entry;
  const { namespace, kind } = workload;
  const { labels, annotations, hostNetwork } = template;
  let last: { refusal: Refusal; injection: Injection | undefined } | undefined;
  for (const attempt of decisiveAttempts(world, workload, seenAt, until)) {
    const injection = injectionOf(world, { namespace, labels, annotations, hostNetwork }, attempt);
    const pod = admittedPod(workload, template, injection);
    const revision = injection?.revision;
    const { refusal } = admitPod(world, { namespace, pod, revision, at: attempt, dryRun: false });
    if (refusal === undefined) {
      const lastRefused = last && lastAttempt(kind, seenAt, attempt - 1);
      return { workload, index, template, at, admittedAt: attempt, refusal: last?.refusal, lastRefused, injection };
    }
    // Nobody tries again to create a pod without a controller, and nothing tells of the refusal.
    if (kind === "Pod") return undefined;
    last = { refusal, injection };
  }
  return last && { workload, index, template, at, admittedAt: undefined, lastRefused: lastAttempt(kind, seenAt, until), ...last };
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
