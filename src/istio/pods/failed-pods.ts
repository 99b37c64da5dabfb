/**
 * Pods that have failed for good because istio-validation found no redirection, usually of Jobs. Such a pod says how its node was when
 * it started; a pod that passed istio-validation there later says that the node works since.
 */
import type { ObjectName, Offender } from "../../contract.ts";

/** How many failed pods are kept in memory. */
const MAX_FAILED = 500;

/** A pod that has failed for good. */
export interface FailedPod {
  readonly namespace: string;
  readonly name: string;
  readonly nodeName: string;
  readonly owner: ObjectName;
  /** Milliseconds since the epoch. */
  readonly failedAt: number;
  readonly detail: string;
}

/** Collects the failed pods, and when pods last passed istio-validation on each node. Memory is bounded by {@link MAX_FAILED} and nodes. */
export class FailedPods {
  readonly #pods = new Map<string, FailedPod>();
  #notKept = 0;
  readonly #passedAt = new Map<string, number>();

  /** Adds a pod once: it may have failed between two lists, and then both have it. */
  add(pod: FailedPod): void {
    const key = `${pod.namespace}/${pod.name}`;
    if (this.#pods.has(key)) return;
    if (this.#pods.size < MAX_FAILED) this.#pods.set(key, pod);
    else this.#notKept += 1;
  }

  /** A pod passed istio-validation on a node. `at`: milliseconds since the epoch, undefined where it is unknown. */
  passed(nodeName: string, at: number | undefined): void {
    if (at !== undefined && at > (this.#passedAt.get(nodeName) ?? 0)) this.#passedAt.set(nodeName, at);
  }

  /** `offenders`: the pods whose node has not been proven since; `count`: with those beyond the limit. `before`: the others. */
  judge(): { readonly offenders: readonly Offender[]; readonly count: number; readonly before: readonly FailedPod[] } {
    const isBefore = ({ nodeName, failedAt }: FailedPod): boolean => (this.#passedAt.get(nodeName) ?? 0) > failedAt;
    const pods = [...this.#pods].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pod]) => pod);
    const offenders = pods
      .filter((pod) => !isBefore(pod))
      .map(({ namespace, name, owner, detail }): Offender => ({ namespace, name, owner, state: "cni", detail }));
    return { offenders, count: offenders.length + this.#notKept, before: pods.filter(isBefore) };
  }
}
