/** Workloads of the simulated cluster and the pod templates they had over time. */
import type { JsonObject } from "../json.ts";

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
  /** A Job's pods succeed this long after they are ready, ms; undefined: they run on. */
  completesAfter: number | undefined;
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
    completesAfter: undefined,
    ...options,
    templates: [{ at: createdAt, template: full }],
  };
}

/** When a workload was created, ms since the epoch. */
export function createdAt(owner: Workload): number {
  return owner.templates[0]?.at ?? 0;
}
