/** The result of a check, and one function for each kind of result. */
import type { Check, CheckId } from "../contract.ts";
import type { MeshObservation, Snapshot } from "../istio/observation.ts";
import type { Unobserved } from "../lib/observed.ts";
import { number } from "../lib/plural.ts";

export interface CheckResult extends Check {
  /** Whether the check is undecided because something could not be observed. A `skip` without it does not apply. */
  readonly unverifiable: boolean;
  /** Whether the check was not, or not completely, looked at: also where it was left out on purpose or another check proves as much. */
  readonly unobserved: boolean;
}

/** How many lines of evidence a result lists; one more line gives the number of the others. */
export const MAX_EVIDENCE = 20;

/** Id and title of a check. The title of some checks depends on the goal. */
export interface CheckInfo {
  readonly id: CheckId;
  readonly title: string;
}

/** What a result holds besides its message. */
interface Details {
  readonly evidence?: readonly string[];
  readonly remedy?: string;
}

export function pass(check: CheckInfo, message: string, details: Details = {}): CheckResult {
  return checkResult(check, "pass", message, details);
}

export function warn(check: CheckInfo, message: string, details: Details): CheckResult {
  return checkResult(check, "warn", message, details);
}

export function fail(check: CheckInfo, message: string, details: Details): CheckResult {
  return checkResult(check, "fail", message, details);
}

/** The check does not apply. */
export function skip(check: CheckInfo, message: string, details: Details = {}): CheckResult {
  return checkResult(check, "skip", message, details);
}

/** The check was not looked at, which leaves nothing undecided. */
export function unobserved(check: CheckInfo, message: string, details: Details = {}): CheckResult {
  return { ...checkResult(check, "skip", message, details), unobserved: true };
}

/** The check cannot be decided: why, and what to do about it. */
export function unverifiable(check: CheckInfo, { why, remedy }: Pick<Unobserved, "why" | "remedy">): CheckResult {
  return { ...checkResult(check, "skip", why, { remedy }), unverifiable: true, unobserved: true };
}

function checkResult({ id, title }: CheckInfo, result: Check["result"], message: string, { evidence = [], remedy = "" }: Details): CheckResult {
  return { id, title, result, message, evidence: limited(evidence), remedy, unverifiable: false, unobserved: false };
}

function limited(lines: readonly string[]): readonly string[] {
  return lines.length <= MAX_EVIDENCE ? lines : [...lines.slice(0, MAX_EVIDENCE), `and ${number(lines.length - MAX_EVIDENCE)} more`];
}

/** One observation of the cluster. It is unobserved where the cluster as a whole is. */
export function observed<Part extends keyof MeshObservation>({ observation }: Snapshot, part: Part): MeshObservation[Part] | Unobserved {
  return observation.seen ? observation.value[part] : observation;
}
