/**
 * StatefulSets, DaemonSets and Jobs that cannot create pods. A ReplicaSet has a condition for that; these kinds only have a
 * FailedCreate event, which stays up to an hour after its cause is gone. An event therefore counts only while it is recent
 * and the status of the workload confirms that pods are missing.
 */
import { booleanAt, momentAt, numberAt, textAt } from "../../lib/json.ts";
import { CNI_DAEMONSET, MESH_NAMESPACE, type PodTemplateFacts, readController, readPodTemplate, trueCondition } from "../kubernetes-facts.ts";
import { isObjectName } from "../../lib/object-name.ts";

/** A StatefulSet, DaemonSet or Job that lacks pods because their creation is refused. */
export interface RefusedWorkload {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  /** The controlling owner of a Job, usually a CronJob; undefined where there is none. */
  readonly owner: { readonly kind: string; readonly name: string } | undefined;
  /** The message of the latest FailedCreate event. */
  readonly message: string;
  readonly template: PodTemplateFacts;
  /** The time of that event, in milliseconds since the epoch; undefined where the event has none. */
  readonly refusedAt?: number | undefined;
}

/** The refused workloads of a cluster. */
export interface RefusedWorkloads {
  readonly workloads: readonly RefusedWorkload[];
  /** How many more workloads have such events and were not checked. */
  readonly notChecked: number;
}

/** The kinds without a condition for failed creation. A ReplicaSet has ReplicaFailure. */
const KINDS_WITHOUT_CONDITION = ["StatefulSet", "DaemonSet", "Job"] as const;
type KindWithoutCondition = (typeof KINDS_WITHOUT_CONDITION)[number];

/** How many workloads with events are checked. */
export const MAX_CANDIDATES = 50;
/** How many workloads' events are kept in memory. */
const MAX_EVENTS = 1000;
const MAX_MESSAGE = 1000;

/**
 * The maximum age of an event, in milliseconds. A failing controller tries again after at most 1000 s, the maximum backoff of
 * client-go's work queues, so an older event has no current cause.
 */
export const MAX_EVENT_AGE_MS = 20 * 60_000;

/** A workload with a FailedCreate event, not confirmed yet. */
export interface RefusalCandidate {
  readonly namespace: string;
  readonly kind: KindWithoutCondition;
  readonly name: string;
  readonly message: string;
  /** Milliseconds since the epoch; undefined where the event has no time. */
  readonly lastSeenAt: number | undefined;
}

/** Reads a FailedCreate event of a StatefulSet, DaemonSet or Job; undefined for any other event. */
export function readCandidate(json: unknown): RefusalCandidate | undefined {
  if (textAt(json, "reason") !== "FailedCreate") return undefined;
  const named = textAt(json, "involvedObject", "kind");
  const kind = KINDS_WITHOUT_CONDITION.find((known) => known === named);
  const namespace = textAt(json, "involvedObject", "namespace");
  const name = textAt(json, "involvedObject", "name");
  if (kind === undefined || !isObjectName(namespace) || !isObjectName(name)) return undefined;
  const moments = [momentAt(json, "series", "lastObservedTime"), momentAt(json, "lastTimestamp"), momentAt(json, "eventTime")];
  const known = moments.filter((moment) => moment !== undefined);
  return {
    namespace,
    kind,
    name,
    message: textAt(json, "message").slice(0, MAX_MESSAGE),
    lastSeenAt: known.length === 0 ? undefined : Math.max(...known),
  };
}

/** Collects the latest event of each workload. Memory is bounded, however many events a cluster has. */
export class RefusalCandidates {
  readonly #now: number;
  readonly #latest = new Map<string, RefusalCandidate>();
  readonly #overflow = new Set<string>();

  /** `now` is in milliseconds since the epoch. */
  constructor(now: number) {
    this.#now = now;
  }

  add(eventJson: unknown): void {
    const candidate = readCandidate(eventJson);
    if (candidate === undefined || this.#now - (candidate.lastSeenAt ?? this.#now) > MAX_EVENT_AGE_MS) return;
    const key = `${candidate.namespace}/${candidate.kind}/${candidate.name}`;
    const known = this.#latest.get(key);
    if (known === undefined && this.#latest.size >= MAX_EVENTS) {
      if (this.#overflow.size < MAX_EVENTS) this.#overflow.add(key);
      return;
    }
    if (known === undefined || (candidate.lastSeenAt ?? 0) >= (known.lastSeenAt ?? 0)) this.#latest.set(key, candidate);
  }

  /** The workloads to check, sorted by name, the DaemonSet of the CNI agent always among them, and the number of those beyond {@link MAX_CANDIDATES}. */
  result(isRelevant: (candidate: RefusalCandidate) => boolean): { readonly candidates: readonly RefusalCandidate[]; readonly notChecked: number } {
    const all = [...this.#latest]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, candidate]) => candidate)
      .filter((candidate) => isCniDaemonSet(candidate) || isRelevant(candidate));
    const beyond = [...this.#overflow].filter((key) => !this.#latest.has(key)).length;
    return { candidates: all.slice(0, MAX_CANDIDATES), notChecked: Math.max(0, all.length - MAX_CANDIDATES) + beyond };
  }
}

/** The refused workload, where its status shows that pods are missing; undefined where it has them, is gone or has finished. */
export function confirmRefusal(candidate: RefusalCandidate, workloadJson: unknown): RefusedWorkload | undefined {
  if (workloadJson === undefined || !lacksPods(candidate.kind, workloadJson)) return undefined;
  const { namespace, kind, name, message, lastSeenAt } = candidate;
  return { namespace, kind, name, owner: kind === "Job" ? readController(workloadJson) : undefined, message, template: readPodTemplate(workloadJson), refusedAt: lastSeenAt };
}

/** The candidate that was confirmed as this workload, to confirm it again. */
export function candidateOf({ namespace, kind: named, name, message, refusedAt }: RefusedWorkload): RefusalCandidate | undefined {
  const kind = KINDS_WITHOUT_CONDITION.find((known) => known === named);
  return kind && { namespace, kind, name, message, lastSeenAt: refusedAt };
}

/** Whether it is the DaemonSet of the CNI agent, which is observed in every scope. */
export function isCniDaemonSet({ kind, namespace, name }: Pick<RefusalCandidate, "namespace" | "name"> & { readonly kind: string }): boolean {
  return kind === "DaemonSet" && namespace === MESH_NAMESPACE && name === CNI_DAEMONSET;
}

function lacksPods(kind: KindWithoutCondition, json: unknown): boolean {
  const status = (name: string): number => numberAt(json, "status", name) ?? 0;
  switch (kind) {
    case "StatefulSet":
      return status("replicas") < (numberAt(json, "spec", "replicas") ?? 1);
    case "DaemonSet": {
      const desired = status("desiredNumberScheduled");
      // An update with maxSurge keeps each old pod until the new one is ready, so no pod is missing.
      const current = maxSurge(json) > 0 ? status("updatedNumberScheduled") : status("currentNumberScheduled");
      return current < desired;
    }
    case "Job": {
      const hasFinished = trueCondition(json, "Complete") !== undefined || trueCondition(json, "Failed") !== undefined;
      if (hasFinished || booleanAt(json, "spec", "suspend") === true) return false;
      const parallel = numberAt(json, "spec", "parallelism") ?? 1;
      const completions = numberAt(json, "spec", "completions");
      const desired = completions === undefined ? parallel : Math.min(parallel, completions - status("succeeded"));
      return status("active") < desired;
    }
  }
}

/** `maxSurge` of a DaemonSet, a number or a percentage; 0 by default. */
function maxSurge(json: unknown): number {
  const path = ["spec", "updateStrategy", "rollingUpdate", "maxSurge"] as const;
  return numberAt(json, ...path) ?? Number.parseInt(textAt(json, ...path) || "0", 10);
}
