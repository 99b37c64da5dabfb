/** Conditions in the status of workloads. */
import { type JsonObject, kubernetesTime } from "../../lib/json.ts";
import type { Workload } from "../../world/workload.ts";
import type { Generation } from "../workloads/generations.ts";
import { refusalMessage } from "../workloads/refusal-message.ts";

/** A condition. `at`: ms since the epoch. */
export function condition(type: string, status: boolean, reason: string, message: string, at: number): JsonObject {
  return { type, status: status ? "True" : "False", reason, message, lastTransitionTime: kubernetesTime(at) };
}

/** The condition of a controller whose pods are refused; none where they are admitted. */
export function replicaFailure(workload: Workload, generation: Generation): JsonObject[] {
  if (generation.admittedAt !== undefined || generation.refusal === undefined) return [];
  return [
    condition(
      "ReplicaFailure",
      true,
      "FailedCreate",
      refusalMessage(workload, generation, 1),
      // The first refusal: later ones do not change the condition.
      generation.at,
    ),
  ];
}
