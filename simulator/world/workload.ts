/** Workloads of the simulated cluster and their pod templates over time. Times are milliseconds since the epoch. */
import type { JsonObject } from "../lib/json.ts";

export type WorkloadKind = "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "Pod";

export interface PodTemplate {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  image: string;
  port: number;
  hostNetwork: boolean;
  /** The template's own init containers, before any injection. */
  initContainers: JsonObject[];
  /** Containers beside the application's, before any injection. */
  extraContainers: JsonObject[];
}

export interface Workload {
  namespace: string;
  /** "Pod" is a pod without an owner. */
  kind: WorkloadKind;
  name: string;
  /** The number of pods; a DaemonSet has one per Linux node instead. */
  replicas: number;
  /** The template over time, oldest first. A new one starts a rollout. */
  templates: { at: number; template: PodTemplate }[];
  /** A paused Deployment keeps its pods when the template changes. */
  paused: boolean;
  updateStrategy: "RollingUpdate" | "OnDelete";
  /** Of a StatefulSet: pods below this ordinal keep their template. */
  partition: number;
  /** Time after which a Job's ready pods succeed, ms; undefined: they keep running. */
  completesAfter: number | undefined;
  /** Index of the first template whose pods start but never become ready; undefined: all become ready. */
  neverReadyFrom: number | undefined;
  /**
   * The pods started before the CNI plugin was ready: istio-validation exits with 126 until the pod is repaired, this many ms after
   * its creation. undefined: the plugin was ready in time.
   */
  repairedAfter: number | undefined;
  /** The node that runs all its pods; undefined: they are spread over the nodes. */
  onNode: string | undefined;
  /** It is created when the cluster is first read, so that a slow client finds it as fresh as a fast one. */
  createdWhenRead: boolean;
}

/** Required properties of a workload; all others have defaults. */
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

/** Whether a workload exists at a time. */
export function exists(owner: Workload, now: number): boolean {
  return !owner.createdWhenRead && createdAt(owner) <= now;
}

/** Creates the workloads that wait for the cluster to be read. */
export function createWaitingWorkloads(workloads: readonly Workload[], now: number): void {
  for (const owner of workloads) {
    const first = owner.templates[0];
    if (!owner.createdWhenRead || first === undefined) continue;
    owner.createdWhenRead = false;
    first.at = now;
  }
}
