/** Workloads of the simulated cluster and the pod templates they had over time. */
import type { JsonObject } from "../lib/json.ts";

export type WorkloadKind = "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "Pod";

export interface PodTemplate {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  image: string;
  port: number;
  hostNetwork: boolean;
  /** Init containers of the template's own, before any injection. */
  initContainers: JsonObject[];
  /** Containers beside the application's, before any injection. */
  extraContainers: JsonObject[];
}

export interface Workload {
  namespace: string;
  /** "Pod" is a bare pod without an owner. */
  kind: WorkloadKind;
  name: string;
  /** Pods wanted; a DaemonSet has one per Linux node instead. */
  replicas: number;
  /** The template over time, oldest first; a new one makes the pods roll. Times: ms since the epoch. */
  templates: { at: number; template: PodTemplate }[];
  /** A paused Deployment keeps its pods whatever becomes of the template. */
  paused: boolean;
  updateStrategy: "RollingUpdate" | "OnDelete";
  /** Of a StatefulSet: pods below this ordinal keep their template. */
  partition: number;
  /** A Job's pods succeed this long after they are ready, ms; undefined: they run on. */
  completesAfter: number | undefined;
  /** Pods of the template with this index, and of later ones, start and never become ready; undefined: all do. */
  neverReadyFrom: number | undefined;
  /**
   * The pods lost the race against the CNI plugin: istio-validation exits 126 at first, and is repaired so long after the
   * pod's creation, ms; undefined: they did not.
   */
  repairedAfter: number | undefined;
  /** The node that all its pods run on; undefined: they spread. */
  onNode: string | undefined;
  /** It is created when somebody first looks into the cluster, however long they take to get there. */
  createdWhenRead: boolean;
}

/** What a workload needs to be told; the rest has defaults. */
export interface WorkloadOptions extends Partial<Omit<Workload, "templates">> {
  namespace: string;
  name: string;
  /** ms since the epoch. */
  createdAt: number;
  template?: Partial<PodTemplate>;
}

/** A workload with a web application that satisfies Deployment Safeguards. */
export function workload({ createdAt, template, ...options }: WorkloadOptions): Workload {
  const full: PodTemplate = {
    annotations: {},
    image: `registry.example/contoso/${options.name}:1.4.2`,
    port: 8080,
    hostNetwork: false,
    initContainers: [],
    extraContainers: [],
    ...template,
    labels: { app: options.name, ...template?.labels },
  };
  return {
    kind: "Deployment",
    replicas: 2,
    paused: false,
    updateStrategy: "RollingUpdate",
    partition: 0,
    completesAfter: undefined,
    neverReadyFrom: undefined,
    repairedAfter: undefined,
    onNode: undefined,
    createdWhenRead: false,
    ...options,
    templates: [{ at: createdAt, template: full }],
  };
}

/** When a workload was created, ms since the epoch. */
export function createdAt(owner: Workload): number {
  return owner.templates[0]?.at ?? 0;
}

/** Whether a workload exists at a moment. */
export function exists(owner: Workload, now: number): boolean {
  return !owner.createdWhenRead && createdAt(owner) <= now;
}

/** Creates the workloads that wait for somebody to look into the cluster. */
export function createWaitingWorkloads(workloads: readonly Workload[], now: number): void {
  for (const owner of workloads) {
    const first = owner.templates[0];
    if (!owner.createdWhenRead || first === undefined) continue;
    owner.createdWhenRead = false;
    first.at = now;
  }
}
