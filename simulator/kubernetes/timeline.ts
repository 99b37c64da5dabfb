/** Which pods a workload has at a moment: a function of its templates, the mechanism over time, and the clock. */
import { fingerprint } from "../json.ts";
import { type Mechanism, mechanismAt, type World } from "../world.ts";
import { cniReadyAt } from "./cni-nodes.ts";
import { injectingRevision } from "./injector.ts";
import type { ObjectName } from "./metadata.ts";
import { admittedPod } from "./pod-template.ts";
import { podRefusal } from "./safeguards.ts";
import type { PodTemplate, Workload } from "./workload.ts";

/** One template of a workload and what became of its pods. */
export interface Generation {
  readonly index: number;
  readonly template: PodTemplate;
  /** When the template came, ms since the epoch. */
  readonly at: number;
  /** When its first pod was let in; undefined: refused until now. */
  readonly admittedAt: number | undefined;
  /** The reason of the latest refusal, also where a later attempt succeeded. */
  readonly refusal: string | undefined;
  /** When that refusal was, ms since the epoch. */
  readonly refusedAt: number | undefined;
  readonly mechanism: Mechanism;
  /** The revision that injected the pods; undefined: not injected. */
  readonly revision: string | undefined;
}

/** One pod, light enough to have a hundred thousand of them; rendered when it is asked for. */
export interface PodSlot {
  readonly workload: Workload;
  readonly generation: Generation;
  readonly name: string;
  readonly node: string;
  /** ms since the epoch. */
  readonly createdAt: number;
  /** undefined: never, as things are. */
  readonly readyAt: number | undefined;
}

/** The nodes that run Linux, in order. */
export function linuxNodes(world: World): string[] {
  return world.kubernetes.nodes.filter((node) => node.os === "linux").map((node) => node.name);
}

/** When a controller tries: at once, and again some time after each switch of the mechanism. */
function attempts(world: World, from: number, until: number): number[] {
  const retries = world.cluster.mechanisms.map((entry) => entry.from + world.timing.replicaSetRetry);
  return [from, ...retries.filter((at) => at > from && at <= until)];
}

function generationOf(world: World, workload: Workload, index: number, now: number): Generation | undefined {
  const entry = workload.templates[index];
  if (entry === undefined || entry.at > now) return undefined;
  const until = Math.min(workload.templates[index + 1]?.at ?? now, now);
  const { template, at } = entry;
  const subject = {
    namespace: workload.namespace,
    labels: template.labels,
    annotations: template.annotations,
    hostNetwork: template.hostNetwork,
  };
  let last: { refusal: string; refusedAt: number; mechanism: Mechanism; revision: string | undefined } | undefined;
  for (const attempt of attempts(world, at, until)) {
    const { mechanism } = mechanismAt(world, attempt);
    const revision = injectingRevision(world, subject, attempt);
    const refusal = podRefusal(world, workload.namespace, admittedPod(workload, template, revision, mechanism));
    const { refusal: lastRefusal, refusedAt } = last ?? {};
    if (refusal === undefined) {
      return { index, template, at, admittedAt: attempt, refusal: lastRefusal, refusedAt, mechanism, revision };
    }
    last = { refusal, refusedAt: attempt, mechanism, revision };
  }
  return last && { index, template, at, admittedAt: undefined, ...last };
}

/** The generations of a workload until now, oldest first. A paused Deployment stays at its first. */
export function generationsOf(world: World, workload: Workload, now: number): Generation[] {
  const templates = workload.paused ? workload.templates.slice(0, 1) : workload.templates;
  return templates
    .map((_, index) => generationOf(world, workload, index, now))
    .filter((generation) => generation !== undefined);
}

/** The generated part of a ReplicaSet's name. */
export function templateHash(workload: Workload, index: number): string {
  return fingerprint(`${workload.namespace}/${workload.name}/${index}`, 10).replaceAll("e", "x").replaceAll("a", "z");
}

function podName(workload: Workload, generation: Generation, slot: number): string {
  const suffix = fingerprint(`${workload.namespace}/${workload.name}/${generation.index}/${slot}`, 5);
  switch (workload.kind) {
    case "Deployment":
      return `${workload.name}-${templateHash(workload, generation.index)}-${suffix}`;
    case "StatefulSet":
      return `${workload.name}-${slot}`;
    case "DaemonSet":
    case "Job":
      return `${workload.name}-${suffix}`;
    case "Pod":
      return workload.name;
  }
}

/** Workloads start on different nodes, so that their pods spread. */
function firstNode(workload: Workload): number {
  return workload.kind === "DaemonSet"
    ? 0
    : Number.parseInt(fingerprint(`${workload.namespace}/${workload.name}`, 4), 16);
}

function slotOf(
  world: World,
  workload: Workload,
  generation: Generation,
  slot: number,
  nodes: readonly string[],
): PodSlot | undefined {
  if (generation.admittedAt === undefined) return undefined;
  const isFirst = generation.index === 0;
  const createdAt = generation.admittedAt + slot * (isFirst ? 0 : world.timing.rolloutStep);
  const node = nodes[(slot + firstNode(workload)) % nodes.length] ?? "";
  const usesCni = generation.revision !== undefined && generation.mechanism === "CNIChaining";
  const programmedAt = usesCni ? cniReadyAt(world, node, createdAt) : createdAt;
  const readyAt = programmedAt === undefined ? undefined : Math.max(createdAt, programmedAt) + world.timing.podStart;
  return { workload, generation, name: podName(workload, generation, slot), node, createdAt, readyAt };
}

/** The pods of one slot: the newest, and during a Deployment's rollout the one that it replaces. */
function podsInSlot(
  world: World,
  workload: Workload,
  generations: readonly Generation[],
  slot: number,
  nodes: readonly string[],
  now: number,
): PodSlot[] {
  let current: PodSlot | undefined;
  let leaving: PodSlot | undefined;
  for (const generation of generations) {
    const candidate = slotOf(world, workload, generation, slot, nodes);
    if (candidate === undefined || candidate.createdAt > now) continue;
    if (current !== undefined && workload.updateStrategy === "OnDelete") continue;
    leaving = current;
    current = candidate;
  }
  if (current === undefined) return [];
  const isReady = current.readyAt !== undefined && current.readyAt <= now;
  return leaving !== undefined && workload.kind === "Deployment" && !isReady ? [leaving, current] : [current];
}

/** The pods of a workload at a moment. */
export function podsOf(world: World, workload: Workload, now: number): PodSlot[] {
  const generations = generationsOf(world, workload, now);
  const nodes = linuxNodes(world);
  const wanted = workload.kind === "DaemonSet" ? nodes.length : workload.kind === "Pod" ? 1 : workload.replicas;
  const pods: PodSlot[] = [];
  for (let slot = 0; slot < wanted; slot += 1) pods.push(...podsInSlot(world, workload, generations, slot, nodes, now));
  return pods;
}

/** The controller that owns a pod; undefined for a bare pod. */
export function ownerOf(pod: PodSlot): ObjectName | undefined {
  const { workload, generation } = pod;
  if (workload.kind === "Pod") return undefined;
  const isDeployment = workload.kind === "Deployment";
  const kind = isDeployment ? "ReplicaSet" : workload.kind;
  const name = isDeployment ? `${workload.name}-${templateHash(workload, generation.index)}` : workload.name;
  return { kind, name, namespace: workload.namespace };
}
