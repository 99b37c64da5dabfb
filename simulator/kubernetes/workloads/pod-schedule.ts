/** The pods of a workload at a time: a function of its templates, the mechanism over time, and the clock. */
import { fingerprint } from "../../lib/json.ts";
import { linuxNodes } from "../../world/kubernetes.ts";
import type { Workload } from "../../world/workload.ts";
import type { World } from "../../world/world.ts";
import { cniReadyAt } from "../mesh/cni-readiness.ts";
import type { ObjectName } from "../objects/metadata.ts";
import { type Generation, generationsOf, replicaSetName } from "./generations.ts";

/** One pod, small enough to have a hundred thousand; its object is created when it is needed. Times: ms since the epoch. */
export interface ScheduledPod {
  readonly workload: Workload;
  readonly generation: Generation;
  readonly name: string;
  readonly node: string;
  readonly createdAt: number;
  /** When its containers start, with redirection set up; undefined: never, unless the world changes. */
  readonly startedAt: number | undefined;
  /** undefined: never, unless the world changes. */
  readonly readyAt: number | undefined;
}

/** The nodes for a workload's pods, in order. */
function nodesFor(world: World, workload: Workload): string[] {
  if (workload.onNode !== undefined) return [workload.onNode];
  const open = world.kubernetes.nodes.filter(({ os, cordoned = false, joinedAt, notReadySince }) => os === "linux" && !cordoned && joinedAt === undefined && notReadySince === undefined);
  return workload.kind === "DaemonSet" ? linuxNodes(world.kubernetes) : open.map(({ name }) => name);
}

function podName(workload: Workload, generation: Generation, index: number): string {
  const suffix = fingerprint(`${workload.namespace}/${workload.name}/${generation.index}/${index}`, 5);
  switch (workload.kind) {
    case "Deployment":
      return `${replicaSetName(workload, generation.index)}-${suffix}`;
    case "StatefulSet":
      return `${workload.name}-${index}`;
    case "DaemonSet":
    case "Job":
      return `${workload.name}-${suffix}`;
    case "Pod":
      return workload.name;
  }
}

/** The index of the first pod's node. It differs between workloads, so that their pods are spread. */
function firstNode(workload: Workload): number {
  return workload.kind === "DaemonSet"
    ? 0
    : Number.parseInt(fingerprint(`${workload.namespace}/${workload.name}`, 4), 16);
}

function schedulePod(world: World, generation: Generation, index: number, node: string, createdAt: number): ScheduledPod {
  const { workload } = generation;
  const usesCni = generation.injection?.mechanism === "CNIChaining";
  const pluginReadyAt = usesCni ? cniReadyAt(world, node, createdAt) : createdAt;
  const repairedAt = usesCni ? createdAt + (workload.repairedAfter ?? 0) : createdAt;
  const startedAt =
    pluginReadyAt === undefined ? undefined : Math.max(createdAt, pluginReadyAt, repairedAt) + world.timing.podStart;
  const isStuck = workload.neverReadyFrom !== undefined && generation.index >= workload.neverReadyFrom;
  const name = podName(workload, generation, index);
  return { workload, generation, name, node, createdAt, startedAt, readyAt: isStuck ? undefined : startedAt };
}

/** How many new pods may be unready before the controller waits. */
function mostUnready(workload: Workload, isFirst: boolean, wanted: number): number {
  if (workload.kind === "StatefulSet") return 1;
  if (isFirst) return Number.POSITIVE_INFINITY;
  return workload.kind === "Deployment" ? Math.max(1, Math.ceil(wanted / 4)) : 1;
}

/** The pods' indexes in the order of their creation: an update of a StatefulSet starts at its highest ordinal. */
function creationOrder(workload: Workload, isFirst: boolean, wanted: number): number[] {
  const indexes = Array.from({ length: wanted }, (_, index) => index);
  if (workload.kind !== "StatefulSet" || isFirst) return indexes;
  return indexes.reverse().filter((index) => index >= workload.partition);
}

/**
 * Whether an update deletes a pod before it creates the next one: then a refused update leaves a gap. A ReplicaSet keeps the old pods
 * until new ones are ready. Source: kubernetes/kubernetes, pkg/controller/daemon/update.go and pkg/controller/statefulset.
 */
function deletesFirst({ workload, index }: Generation): boolean {
  return index > 0 && workload.updateStrategy !== "OnDelete" && (workload.kind === "StatefulSet" || workload.kind === "DaemonSet");
}

/** The pods that a generation has created until now, by index; undefined for one that it has deleted and could not create anew. */
function podsOfGeneration(world: World, generation: Generation, nodes: readonly string[], now: number): Map<number, ScheduledPod | undefined> {
  const { workload } = generation;
  const wanted = wantedPods(world, workload);
  const offset = firstNode(workload);
  const isFirst = generation.index === 0;
  const { admittedAt } = generation;
  const created: ScheduledPod[] = [];
  const byIndex = new Map<number, ScheduledPod | undefined>();
  if (admittedAt === undefined) {
    const [deleted] = deletesFirst(generation) ? creationOrder(workload, isFirst, wanted) : [];
    return deleted === undefined ? byIndex : byIndex.set(deleted, undefined);
  }
  if (!isFirst && workload.updateStrategy === "OnDelete") return byIndex;
  const ahead = mostUnready(workload, isFirst, wanted);
  for (const [position, index] of creationOrder(workload, isFirst, wanted).entries()) {
    const readyBefore = position < ahead ? admittedAt : created[position - ahead]?.readyAt;
    if (readyBefore === undefined) break;
    const pace = isFirst ? 0 : position * world.timing.rolloutStep;
    const node = nodes[(index + offset) % nodes.length] ?? "";
    const joinedAt = world.kubernetes.nodes.find(({ name }) => name === node)?.joinedAt ?? 0;
    const pod = schedulePod(world, generation, index, node, Math.max(admittedAt + pace, readyBefore, joinedAt));
    if (pod.createdAt > now) break;
    created.push(pod);
    byIndex.set(index, pod);
  }
  return byIndex;
}

/** Whether a pod is ready at a time. */
export function isReady(pod: ScheduledPod, now: number): boolean {
  return pod.readyAt !== undefined && pod.readyAt <= now;
}

/** The desired number of a workload's pods. */
export function wantedPods(world: World, workload: Workload): number {
  if (workload.kind === "DaemonSet") return linuxNodes(world.kubernetes).length;
  return workload.kind === "Pod" ? 1 : workload.replicas;
}

/** The pods of a workload at a time: the newest of each index, and during a Deployment's rollout also the one that it replaces. */
export function podsOf(world: World, workload: Workload, now: number): ScheduledPod[] {
  const wanted = wantedPods(world, workload);
  const nodes = nodesFor(world, workload);
  const generations = generationsOf(world, workload, now).map((each) => podsOfGeneration(world, each, nodes, now));
  const pods: ScheduledPod[] = [];
  for (let index = 0; index < wanted; index += 1) {
    const [current, ...older] = generations
      .filter((byIndex) => byIndex.has(index))
      .map((byIndex) => byIndex.get(index))
      .reverse();
    if (current === undefined) continue;
    const leaving = older.find((pod) => pod !== undefined && isReady(pod, now));
    if (leaving !== undefined && workload.kind === "Deployment" && !isReady(current, now)) pods.push(leaving);
    pods.push(current);
  }
  return pods;
}

/** The controller that owns a pod; undefined for a pod without one. */
export function ownerOf(pod: ScheduledPod): ObjectName | undefined {
  const { workload, generation } = pod;
  if (workload.kind === "Pod") return undefined;
  const isDeployment = workload.kind === "Deployment";
  const kind = isDeployment ? "ReplicaSet" : workload.kind;
  const name = isDeployment ? replicaSetName(workload, generation.index) : workload.name;
  return { kind, name, namespace: workload.namespace };
}
