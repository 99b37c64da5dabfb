/** What the pods that run prove about redirection. */
import { CNI_CHAINING, type RedirectionMechanism } from "../../contract.ts";
import type { PodCensus } from "./pod-census.ts";

/** Pods in which redirection is known to work as wanted. */
export function provenPods(census: PodCensus, mechanism: RedirectionMechanism): number {
  return mechanism === CNI_CHAINING ? census.running.effective : (census.byState["legacy-init"] ?? 0);
}
