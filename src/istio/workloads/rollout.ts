/** The progress of a workload's rollout, by the rules of `kubectl rollout status`. Source: kubernetes/kubectl, `pkg/polymorphichelpers/rollout_status.go`. */
import { arrayAt, booleanAt, momentAt, numberAt, textAt } from "../../lib/json.ts";
import { trueCondition } from "../kubernetes-facts.ts";

/** The kinds that start a rollout when their pod template changes. */
const ROLLABLE_KINDS = ["Deployment", "StatefulSet", "DaemonSet"] as const;
export type RollableKind = (typeof ROLLABLE_KINDS)[number];

/** The kind, where a change of the pod template rolls it out; else undefined. */
export function rollableKind(kind: string): RollableKind | undefined {
  return ROLLABLE_KINDS.find((rollable) => rollable === kind);
}

/** The annotation of the pod template that `kubectl rollout restart` sets to start a rollout. */
export const RESTARTED_AT_ANNOTATION = "kubectl.kubernetes.io/restartedAt";

/** What the progress of a workload's rollout depends on. */
export interface WorkloadFacts {
  readonly kind: RollableKind;
  readonly generation: number;
  readonly observedGeneration: number;
  /** The number of pods in the specification; for a DaemonSet, the nodes that should run a pod. */
  readonly desired: number;
  /** Pods of any version of the template. */
  readonly current: number;
  readonly updated: number;
  /** Available pods; for a StatefulSet, ready pods. */
  readonly available: number;
  readonly paused: boolean;
  readonly strategy: string;
  readonly partition: number;
  readonly currentRevision: string;
  readonly updateRevision: string;
  /** The message of a Deployment that exceeded its progress deadline; undefined where it did not. */
  readonly deadlineMessage: string | undefined;
  /** Whether its pod template contains istio-init itself. Then admission refuses its pods whatever the injector adds. */
  readonly hasOwnIstioInit: boolean;
  /** When a Deployment's pods were first refused, in milliseconds since the epoch; undefined where its status does not say. */
  readonly refusedSince: number | undefined;
}

/** A Deployment, StatefulSet or DaemonSet whose pods are refused, as it was read. */
export interface RefusedRollable {
  readonly namespace: string;
  readonly name: string;
  readonly kind: RollableKind;
  readonly facts: WorkloadFacts;
}

/** Reads a Deployment, StatefulSet or DaemonSet; undefined for an object without a name. */
export function readWorkload(kind: RollableKind, json: unknown): WorkloadFacts | undefined {
  if (textAt(json, "metadata", "name") === "") return undefined;
  const status = (name: string): number => numberAt(json, "status", name) ?? 0;
  const isDaemonSet = kind === "DaemonSet";
  const updateStrategy = textAt(json, "spec", "updateStrategy", "type");
  const progressing = arrayAt(json, "status", "conditions").find((condition) => textAt(condition, "type") === "Progressing");
  return {
    kind,
    generation: numberAt(json, "metadata", "generation") ?? 0,
    observedGeneration: status("observedGeneration"),
    // The API server's default is one replica.
    desired: isDaemonSet ? status("desiredNumberScheduled") : (numberAt(json, "spec", "replicas") ?? 1),
    current: isDaemonSet ? status("currentNumberScheduled") : status("replicas"),
    updated: isDaemonSet ? status("updatedNumberScheduled") : status("updatedReplicas"),
    available: isDaemonSet ? status("numberAvailable") : kind === "StatefulSet" ? status("readyReplicas") : status("availableReplicas"),
    paused: kind === "Deployment" && (booleanAt(json, "spec", "paused") ?? false),
    strategy: kind === "Deployment" ? "RollingUpdate" : updateStrategy || "RollingUpdate",
    partition: kind === "StatefulSet" ? (numberAt(json, "spec", "updateStrategy", "rollingUpdate", "partition") ?? 0) : 0,
    currentRevision: textAt(json, "status", "currentRevision"),
    updateRevision: textAt(json, "status", "updateRevision"),
    deadlineMessage: textAt(progressing, "reason") === "ProgressDeadlineExceeded" ? textAt(progressing, "message") || "it exceeded its progress deadline" : undefined,
    hasOwnIstioInit: arrayAt(json, "spec", "template", "spec", "initContainers").some((container) => textAt(container, "name") === "istio-init"),
    refusedSince: momentAt(trueCondition(json, "ReplicaFailure"), "lastTransitionTime"),
  };
}

/**
 * Why a change of the template would not give the workload new pods; undefined where it would.
 *
 * @param hasPods false for a workload without pods: then nothing has to be replaced, and its controller creates pods by any strategy
 */
export function rolloutObstacle(workload: WorkloadFacts, hasPods = true): string | undefined {
  if (workload.paused) return "its rollout is paused";
  if (workload.hasOwnIstioInit) return "its pod template contains istio-init itself: remove it there";
  if (!hasPods) return undefined;
  if (workload.strategy !== "RollingUpdate") return `its update strategy is ${workload.strategy}: it replaces pods only when they are deleted`;
  if (workload.partition > 0) return `its partition is ${workload.partition}: pods with a lower ordinal are not replaced`;
  return undefined;
}

export type RolloutProgress =
  | { readonly kind: "done" }
  | { readonly kind: "waiting"; readonly state: string }
  | { readonly kind: "failed"; readonly why: string };

/** @param hadPods whether the workload had pods before. Without, it is enough that all its pods are available */
export function rolloutProgress(workload: WorkloadFacts, hadPods = true): RolloutProgress {
  const { kind, desired, current, updated, available } = workload;
  if (workload.observedGeneration < workload.generation) return waiting("not started yet");
  switch (kind) {
    case "Deployment":
      if (workload.deadlineMessage !== undefined) return { kind: "failed", why: workload.deadlineMessage };
      if (updated < desired) return waiting(`${updated} of ${desired} updated`);
      if (current > updated) return waiting(`${current - updated} old still terminating`);
      if (available < updated) return waiting(`${available} of ${updated} updated available`);
      return { kind: "done" };
    case "DaemonSet":
      if (updated < desired) return waiting(`${updated} of ${desired} updated`);
      if (available < desired) return waiting(`${available} of ${desired} available`);
      return { kind: "done" };
    case "StatefulSet":
      if (available < desired) return waiting(`${available} of ${desired} ready`);
      // With a partition or OnDelete the revisions stay different.
      if (!hadPods) return { kind: "done" };
      if (workload.updateRevision !== workload.currentRevision) return waiting(`${updated} of ${desired} updated`);
      return { kind: "done" };
  }
}

function waiting(state: string): RolloutProgress {
  return { kind: "waiting", state };
}
