/** The message of a controller whose pods are refused, in its condition and its events. */
import { fingerprint } from "../../lib/json.ts";
import type { Workload } from "../../world/workload.ts";
import { type Generation, replicaSetName } from "./generations.ts";

/**
 * The message after an attempt, by its number; "" where the pods are admitted. The API server makes up a pod's name before it asks admission,
 * so that each attempt has another message, except those of a StatefulSet.
 */
export function refusalMessage(workload: Workload, generation: Generation, attempt: number): string {
  const { refusal } = generation;
  if (refusal === undefined) return "";
  const { name } = workload;
  if (workload.kind === "StatefulSet") {
    const pod = `${name}-${generation.index === 0 ? 0 : Math.max(0, workload.replicas - 1)}`;
    return `create Pod ${pod} in StatefulSet ${name} failed error: ${refusal.message(`pods "${pod}"`)}`;
  }
  const prefix = workload.kind === "Deployment" ? replicaSetName(workload, generation.index) : name;
  return refusal.message(`pods "${prefix}-${fingerprint(`${prefix}/${attempt}`, 5)}"`);
}
