/** What a check says, and the few ways of saying it. */
import type { Check, CheckId } from "../contract.ts";
import type { MeshObservation, Snapshot } from "../istio/observation.ts";
import type { Observed } from "../lib/observed.ts";

export interface CheckResult extends Check {
  /** Only with result `skip`: the thing could not be looked into. Otherwise a skip means that it does not apply. */
  readonly unverifiable: boolean;
}

/** The most lines of evidence a check gives. */
export const MAX_EVIDENCE = 20;

/** What a check is called, for one goal. */
export interface CheckInfo {
  readonly id: CheckId;
  readonly title: string;
}

/** What there is to say besides the message. */
interface Support {
  readonly evidence?: readonly string[];
  readonly remedy?: string;
}

export function pass(subject: CheckInfo, message: string, support: Support = {}): CheckResult {
  return checkResult(subject, "pass", message, support);
}

export function warn(subject: CheckInfo, message: string, support: Support): CheckResult {
  return checkResult(subject, "warn", message, support);
}

export function fail(subject: CheckInfo, message: string, support: Support): CheckResult {
  return checkResult(subject, "fail", message, support);
}

/** There is nothing to judge. */
export function skip(subject: CheckInfo, message: string, support: Support = {}): CheckResult {
  return checkResult(subject, "skip", message, support);
}

/** It could not be looked into: what came back, and what to do about it. */
export function unverifiable(subject: CheckInfo, look: { readonly why: string; readonly remedy: string }): CheckResult {
  return { ...checkResult(subject, "skip", look.why, { remedy: look.remedy }), unverifiable: true };
}

function checkResult(subject: CheckInfo, result: Check["result"], message: string, support: Support): CheckResult {
  return {
    id: subject.id,
    title: subject.title,
    result,
    message,
    evidence: atMost(support.evidence ?? [], MAX_EVIDENCE),
    remedy: support.remedy ?? "",
    unverifiable: false,
  };
}

/** The first lines, and how many more there are. */
function atMost(lines: readonly string[], limit: number): readonly string[] {
  return lines.length <= limit ? lines : [...lines.slice(0, limit), `and ${lines.length - limit} more`];
}

/** One thing that was looked at inside the cluster; not seen where the cluster as a whole was not. */
export function observed<T>(snapshot: Snapshot, pick: (seen: MeshObservation) => Observed<T>): Observed<T> {
  return snapshot.observation.seen ? pick(snapshot.observation.value) : snapshot.observation;
}

/** `1 pod`, `3 pods`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
