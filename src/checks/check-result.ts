/** The result of a check, and one function for each kind of result. */
import type { Check, CheckId } from "../contract.ts";
import type { MeshObservation, Snapshot } from "../istio/observation.ts";
import type { Right } from "../lib/errors.ts";
import type { Unobserved } from "../lib/observed.ts";
import { number } from "../lib/plural.ts";

export interface CheckResult extends Check {
  /** Whether the check is undecided because something could not be observed. A `skip` without it does not apply. */
  readonly unverifiable: boolean;
  /** Whether the check was not, or not completely, looked at: also where it was left out on purpose or another check proves as much. */
  readonly unobserved: boolean;
  /**
   * The parts of the finding, each with the checks that explain it while they fail: a part without any is a cause of its own. A finding
   * follows from others if every part is explained.
   */
  readonly explainedBy: Explanations;
  /** The right whose lack leaves the check undecided. */
  readonly missing?: Right | undefined;
}

export type Explanations = readonly (readonly CheckId[])[];

/** A finding that nothing explains. */
const OF_ITS_OWN: Explanations = [[]];

/** How many lines of evidence a result lists; one more line gives the number of the others. */
export const MAX_EVIDENCE = 20;

/** Id of a check, and what is so where it passes: `CNI agent is ready`. The title of some checks depends on the goal. */
export interface CheckInfo {
  readonly id: CheckId;
  readonly title: string;
}

/** What a check is about, for titles of results that say nothing about it. */
const TOPICS: Readonly<Record<CheckId, string>> = {
  "cluster-ready": "State of the cluster",
  "mesh-enabled": "Managed Istio",
  "revision-supported": "Istio revision",
  "revision-in-support": "Support of the Istio revision",
  "node-os-supported": "Operating systems of the nodes",
  "feature-registered": "Preview feature",
  "cni-chaining-enabled": "Redirection mechanism",
  "injector-configured": "Injector",
  "cni-daemonset-ready": "CNI agent",
  "cni-covers-nodes": "Nodes with a CNI agent",
  "namespaces-labelled": "Injection in namespaces",
  "admission-probe": "Admission of new pods",
  "pods-redirected": "Redirection of pods",
  "workloads-current": "Workloads to restart",
  "workloads-admitted": "Refused workloads",
};

/** What a result holds besides its message. */
interface Details {
  readonly evidence?: readonly string[];
  readonly remedy?: string;
}

/** What a finding holds besides its message. */
interface FindingDetails extends Details {
  /** What was found, in a few words: `CNI agent is missing`. */
  readonly title: string;
  /** By default the finding is a cause of its own. */
  readonly explainedBy?: Explanations;
}

export function pass(check: CheckInfo, message: string, details: Details = {}): CheckResult {
  return checkResult(check, "pass", message, details);
}

export function warn({ id }: Pick<CheckInfo, "id">, message: string, finding: FindingDetails): CheckResult {
  return { ...checkResult({ id, title: finding.title }, "warn", message, finding), explainedBy: finding.explainedBy ?? OF_ITS_OWN };
}

export function fail({ id }: Pick<CheckInfo, "id">, message: string, finding: FindingDetails): CheckResult {
  return { ...checkResult({ id, title: finding.title }, "fail", message, finding), explainedBy: finding.explainedBy ?? OF_ITS_OWN };
}

/** The check does not apply. */
export function skip({ id }: Pick<CheckInfo, "id">, message: string, details: Details = {}): CheckResult {
  return checkResult({ id, title: `${TOPICS[id]}: does not apply` }, "skip", message, details);
}

/** The check was not looked at, which leaves nothing undecided. */
export function unobserved(check: Pick<CheckInfo, "id">, message: string, details: Details = {}): CheckResult {
  return { ...notChecked(check, message, details), unobserved: true };
}

/** The check cannot be decided: why, and what to do about it. */
export function unverifiable(check: Pick<CheckInfo, "id">, { why, remedy, missing }: Omit<Unobserved, "seen">, explainedBy: Explanations = OF_ITS_OWN): CheckResult {
  return { ...notChecked(check, why, { remedy }), unverifiable: true, unobserved: true, explainedBy, missing };
}

function notChecked({ id }: Pick<CheckInfo, "id">, message: string, details: Details): CheckResult {
  return checkResult({ id, title: `${TOPICS[id]}: not checked` }, "skip", message, details);
}

function checkResult({ id, title }: CheckInfo, result: Check["result"], message: string, { evidence = [], remedy = "" }: Details): CheckResult {
  return { id, title, result, message, evidence: limited(evidence), remedy, unverifiable: false, unobserved: false, explainedBy: [] };
}

function limited(lines: readonly string[]): readonly string[] {
  return lines.length <= MAX_EVIDENCE ? lines : [...lines.slice(0, MAX_EVIDENCE), `and ${number(lines.length - MAX_EVIDENCE)} more`];
}

/** One observation of the cluster. It is unobserved where the cluster as a whole is. */
export function observed<Part extends keyof MeshObservation>({ observation }: Snapshot, part: Part): MeshObservation[Part] | Unobserved {
  return observation.seen ? observation.value[part] : observation;
}
