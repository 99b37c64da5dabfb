/** How far the rollout of a workload is, by the rules of `kubectl rollout status`. Source: kubernetes/kubectl, `pkg/polymorphichelpers/rollout_status.go`. */
import { arrayAt, booleanAt, numberAt, textAt } from "../../lib/json.ts";

/** The kinds that a change of their pod template rolls. */
export const ROLLABLE_KINDS = ["Deployment", "StatefulSet", "DaemonSet"] as const;
export type RollableKind = (typeof ROLLABLE_KINDS)[number];

/** The annotation of the pod template by which `kubectl rollout restart` makes a rollout. */
export const RESTARTED_AT = "kubectl.kubernetes.io/restartedAt";

/** A workload, as far as its rollout is concerned. */
export interface WorkloadFacts {
  readonly kind: RollableKind;
  readonly generation: number;
  readonly observedGeneration: number;
  /** Pods asked for; of a DaemonSet, nodes that should run one. */
  readonly desired: number;
  /** Pods of any template. */
  readonly current: number;
  readonly updated: number;
  /** Of a StatefulSet: ready; else available. */
  readonly available: number;
  readonly paused: boolean;
  readonly strategy: string;
  readonly partition: number;
  readonly currentRevision: string;
  readonly updateRevision: string;
  /** The message of a Deployment that gave up; undefined where it did not. */
  readonly gaveUp: string | undefined;
}

/** Reads a Deployment, StatefulSet or DaemonSet; undefined for what has no name. */
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
    // The API server's own default is one replica.
    desired: isDaemonSet ? status("desiredNumberScheduled") : (numberAt(json, "spec", "replicas") ?? 1),
    current: isDaemonSet ? status("currentNumberScheduled") : status("replicas"),
    updated: isDaemonSet ? status("updatedNumberScheduled") : status("updatedReplicas"),
    available: isDaemonSet ? status("numberAvailable") : kind === "StatefulSet" ? status("readyReplicas") : status("availableReplicas"),
    paused: kind === "Deployment" && (booleanAt(json, "spec", "paused") ?? false),
    strategy: kind === "Deployment" ? "RollingUpdate" : updateStrategy || "RollingUpdate",
    partition: kind === "StatefulSet" ? (numberAt(json, "spec", "updateStrategy", "rollingUpdate", "partition") ?? 0) : 0,
    currentRevision: textAt(json, "status", "currentRevision"),
    updateRevision: textAt(json, "status", "updateRevision"),
    gaveUp: textAt(progressing, "reason") === "ProgressDeadlineExceeded" ? textAt(progressing, "message") || "it exceeded its progress deadline" : undefined,
  };
}

/** Why a change of the template would not replace the workload's pods, or must not be made; undefined where it does. */
export function rolloutObstacle(workload: WorkloadFacts): string | undefined {
  if (workload.paused) return "its rollout is paused";
  if (workload.strategy !== "RollingUpdate") return `its update strategy is ${workload.strategy}: it replaces pods only when they are deleted`;
  if (workload.partition > 0) return `its partition is ${workload.partition}: pods below that number are not replaced`;
  return undefined;
}

export type RolloutProgress =
  | { readonly kind: "done" }
  | { readonly kind: "waiting"; readonly state: string }
  | { readonly kind: "failed"; readonly why: string };

/** How far the rollout is. */
export function rolloutProgress(workload: WorkloadFacts): RolloutProgress {
  const { kind, desired, current, updated, available } = workload;
  if (workload.observedGeneration < workload.generation) return waiting("not begun yet");
  switch (kind) {
    case "Deployment":
      if (workload.gaveUp !== undefined) return { kind: "failed", why: workload.gaveUp };
      if (updated < desired) return waiting(`${updated} of ${desired} updated`);
      if (current > updated) return waiting(`${current - updated} old still ending`);
      if (available < updated) return waiting(`${available} of ${updated} updated available`);
      return { kind: "done" };
    case "DaemonSet":
      if (updated < desired) return waiting(`${updated} of ${desired} updated`);
      if (available < desired) return waiting(`${available} of ${desired} available`);
      return { kind: "done" };
    case "StatefulSet":
      if (available < desired) return waiting(`${available} of ${desired} ready`);
      if (workload.updateRevision !== workload.currentRevision) return waiting(`${updated} of ${desired} updated`);
      return { kind: "done" };
  }
}

function waiting(state: string): RolloutProgress {
  return { kind: "waiting", state };
}
