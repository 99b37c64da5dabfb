/** Which pods a workload has at a moment: a function of its templates, the mechanism over time, and the clock. */
import { fingerprint } from "../../lib/json.ts";
import type { World } from "../../world/world.ts";
import { cniReadyAt } from "../mesh/cni-readiness.ts";
import { type Generation, generationsOf, templateHash } from "./generations.ts";
import type { ObjectName } from "../objects/metadata.ts";
import type { Workload } from "../../world/workload.ts";

/** One pod, light enough to have a hundred thousand of them; rendered when it is asked for. Times: ms since the epoch. */
export interface PodSlot {
  readonly workload: Workload;
  readonly generation: Generation;
  readonly name: string;
  readonly node: string;
  readonly createdAt: number;
  /** When its containers start: redirection is programmed. undefined: never, as things are. */
  readonly startedAt: number | undefined;
  /** undefined: never, as things are. */
  readonly readyAt: number | undefined;
}

/** The nodes that run Linux, in order. */
export function linuxNodes(world: World): string[] {
  return world.kubernetes.nodes.filter((node) => node.os === "linux").map((node) => node.name);
}

/** The nodes that a workload's pods go to, in order. */
function nodesFor(world: World, workload: Workload): string[] {
  if (workload.onNode !== undefined) return [workload.onNode];
  const open = world.kubernetes.nodes.filter(({ os, cordoned = false }) => os === "linux" && !cordoned);
  return workload.kind === "DaemonSet" ? linuxNodes(world) : open.map(({ name }) => name);
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

function slotOf(world: World, generation: Generation, slot: number, node: string, createdAt: number): PodSlot {
  const { workload } = generation;
  const usesCni = generation.injection?.mechanism === "CNIChaining";
  const programmedAt = usesCni ? cniReadyAt(world, node, createdAt) : createdAt;
  const repairedAt = usesCni ? createdAt + (workload.repairedAfter ?? 0) : createdAt;
  const startedAt =
    programmedAt === undefined ? undefined : Math.max(createdAt, programmedAt, repairedAt) + world.timing.podStart;
  const isStuck = workload.neverReadyFrom !== undefined && generation.index >= workload.neverReadyFrom;
  const name = podName(workload, generation, slot);
  return { workload, generation, name, node, createdAt, startedAt, readyAt: isStuck ? undefined : startedAt };
}

/** How many new pods a controller makes before it waits for one of them to become ready. */
function patience(workload: Workload, isFirst: boolean, wanted: number): number {
  if (workload.kind === "StatefulSet") return 1;
  if (isFirst) return Number.POSITIVE_INFINITY;
  return workload.kind === "Deployment" ? Math.max(1, Math.ceil(wanted / 4)) : 1;
}

/** The slots in the order in which a generation takes them: an update of a StatefulSet starts at its highest ordinal. */
function order(workload: Workload, isFirst: boolean, wanted: number): number[] {
  const slots = Array.from({ length: wanted }, (_, slot) => slot);
  if (workload.kind !== "StatefulSet" || isFirst) return slots;
  return slots.reverse().filter((slot) => slot >= workload.partition);
}

/** The pods that a generation has made until now, by slot. */
function podsOfGeneration(world: World, generation: Generation, nodes: readonly string[], now: number): Map<number, PodSlot> {
  const { workload } = generation;
  const wanted = wantedPods(world, workload);
  const offset = firstNode(workload);
  const isFirst = generation.index === 0;
  const { admittedAt } = generation;
  const made: PodSlot[] = [];
  const bySlot = new Map<number, PodSlot>();
  if (admittedAt === undefined || (!isFirst && workload.updateStrategy === "OnDelete")) return bySlot;
  const ahead = patience(workload, isFirst, wanted);
  for (const [position, slot] of order(workload, isFirst, wanted).entries()) {
    const readyBefore = position < ahead ? admittedAt : made[position - ahead]?.readyAt;
    if (readyBefore === undefined) break;
    const pace = isFirst ? 0 : position * world.timing.rolloutStep;
    const node = nodes[(slot + offset) % nodes.length] ?? "";
    const pod = slotOf(world, generation, slot, node, Math.max(admittedAt + pace, readyBefore));
    if (pod.createdAt > now) break;
    made.push(pod);
    bySlot.set(slot, pod);
  }
  return bySlot;
}

/** Whether a pod is ready at a moment. */
export function isReady(pod: PodSlot, now: number): boolean {
  return pod.readyAt !== undefined && pod.readyAt <= now;
}

/** How many pods a workload wants. */
export function wantedPods(world: World, workload: Workload): number {
  if (workload.kind === "DaemonSet") return linuxNodes(world).length;
  return workload.kind === "Pod" ? 1 : workload.replicas;
}

/** The pods of a workload at a moment: of each slot the newest, and of a Deployment that rolls also the one it replaces. */
export function podsOf(world: World, workload: Workload, now: number): PodSlot[] {
  const wanted = wantedPods(world, workload);
  const nodes = nodesFor(world, workload);
  const generations = generationsOf(world, workload, now).map((each) => podsOfGeneration(world, each, nodes, now));
  const pods: PodSlot[] = [];
  for (let slot = 0; slot < wanted; slot += 1) {
    const [current, ...older] = generations
      .map((bySlot) => bySlot.get(slot))
      .filter((pod) => pod !== undefined)
      .reverse();
    if (current === undefined) continue;
    const leaving = older.find((pod) => isReady(pod, now));
    if (leaving !== undefined && workload.kind === "Deployment" && !isReady(current, now)) pods.push(leaving);
    pods.push(current);
  }
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
