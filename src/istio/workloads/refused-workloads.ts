/**
 * StatefulSets, DaemonSets and Jobs that cannot make pods. Unlike ReplicaSets they have no condition that says so: only an
 * event, which outlives its cause by up to an hour. So an event counts together with the workload's own numbers, and only
 * while it is as fresh as a controller that keeps trying makes it.
 */
import { booleanAt, momentAt, numberAt, textAt } from "../../lib/json.ts";
import { readController, trueCondition } from "../kubernetes-facts.ts";
import { isObjectName } from "../../lib/object-name.ts";

/** A StatefulSet, DaemonSet or Job that gets fewer pods than it asks for, because creating them is refused. */
export interface RefusedWorkload {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  /** The controlling owner of a Job, usually a CronJob; undefined where there is none. */
  readonly owner: { readonly kind: string; readonly name: string } | undefined;
  /** The message of the latest FailedCreate event. */
  readonly message: string;
}

/** The workloads that events speak of. */
export interface RefusedWorkloads {
  readonly workloads: readonly RefusedWorkload[];
  /** Workloads with such events that were not looked at, because there were too many. */
  readonly notLookedAt: number;
}

/** Kinds without a condition of their own. ReplicaSets have one: ReplicaFailure. */
const KINDS_WITHOUT_CONDITION = ["StatefulSet", "DaemonSet", "Job"] as const;
type KindWithoutCondition = (typeof KINDS_WITHOUT_CONDITION)[number];

/** How many of the workloads that events speak of are looked at. */
export const MAX_CANDIDATES = 50;
/** How many different workloads' events are kept in memory. */
const MAX_EVENTS = 1000;
const MAX_MESSAGE = 1000;

/**
 * A controller that fails tries again after at most 1000 s (client-go's default backoff of work queues); what is older than
 * this is history. Milliseconds.
 */
export const FRESH_MS = 20 * 60_000;

/** A workload that an event says was refused a pod. */
export interface RefusalCandidate {
  readonly namespace: string;
  readonly kind: KindWithoutCondition;
  readonly name: string;
  readonly message: string;
  /** Milliseconds since the epoch; undefined where the event does not say. */
  readonly lastAt: number | undefined;
}

/** Reads a FailedCreate event of one of these kinds; undefined for any other. */
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
    lastAt: known.length === 0 ? undefined : Math.max(...known),
  };
}

/** Keeps the latest event of each workload, as they come; memory is bounded whatever a cluster holds. */
export class RefusalCandidates {
  readonly #now: number;
  readonly #latest = new Map<string, RefusalCandidate>();
  readonly #left = new Set<string>();

  /** `now` is in milliseconds since the epoch. */
  constructor(now: number) {
    this.#now = now;
  }

  add(eventJson: unknown): void {
    const candidate = readCandidate(eventJson);
    if (candidate === undefined || this.#now - (candidate.lastAt ?? this.#now) > FRESH_MS) return;
    const key = `${candidate.namespace}/${candidate.kind}/${candidate.name}`;
    const known = this.#latest.get(key);
    if (known === undefined && this.#latest.size >= MAX_EVENTS) {
      if (this.#left.size < MAX_EVENTS) this.#left.add(key);
      return;
    }
    if (known === undefined || (candidate.lastAt ?? 0) >= (known.lastAt ?? 0)) this.#latest.set(key, candidate);
  }

  /** The workloads to look at, in the order of their names, and how many there are beyond them. */
  result(isInteresting: (candidate: RefusalCandidate) => boolean): { readonly candidates: readonly RefusalCandidate[]; readonly notLookedAt: number } {
    const all = [...this.#latest]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, candidate]) => candidate)
      .filter(isInteresting);
    const beyond = [...this.#left].filter((key) => !this.#latest.has(key)).length;
    return { candidates: all.slice(0, MAX_CANDIDATES), notLookedAt: Math.max(0, all.length - MAX_CANDIDATES) + beyond };
  }
}

/** The workload itself, where it lacks pods that it asks for; undefined where it has them, or is gone or done. */
export function confirmRefusal(candidate: RefusalCandidate, workloadJson: unknown): RefusedWorkload | undefined {
  if (workloadJson === undefined || !lacksPods(candidate.kind, workloadJson)) return undefined;
  const { namespace, kind, name, message } = candidate;
  return { namespace, kind, name, owner: kind === "Job" ? readController(workloadJson) : undefined, message };
}

function lacksPods(kind: KindWithoutCondition, json: unknown): boolean {
  const status = (name: string): number => numberAt(json, "status", name) ?? 0;
  switch (kind) {
    case "StatefulSet":
      return status("replicas") < (numberAt(json, "spec", "replicas") ?? 1);
    case "DaemonSet":
      return status("currentNumberScheduled") < status("desiredNumberScheduled");
    case "Job": {
      const isOver = trueCondition(json, "Complete") !== undefined || trueCondition(json, "Failed") !== undefined;
      if (isOver || booleanAt(json, "spec", "suspend") === true) return false;
      const parallel = numberAt(json, "spec", "parallelism") ?? 1;
      const completions = numberAt(json, "spec", "completions");
      const wanted = completions === undefined ? parallel : Math.min(parallel, completions - status("succeeded"));
      return status("active") < wanted;
    }
  }
}
