/** What the job summary is made of, and how much of it fits. */
import type { PropertyDifference, Report } from "../../contract.ts";

/** All texts are plain and untrusted: they are escaped here and nowhere before. */
export interface SummaryInput {
  readonly report: Report;
  /** How the Kubernetes API was reached, and why so: `direct: the API server answered`. */
  readonly accessUsed: string;
  /** Which identity was used, and why: `OIDC federation of client 0000…: client-id and tenant-id are set`. */
  readonly identityUsed: string;
  /** What the PUT changes, where one was sent or is planned. */
  readonly difference?: readonly PropertyDifference[] | undefined;
  /** Paths of the read-only properties that the PUT leaves out of what was read. */
  readonly leftOut?: readonly string[] | undefined;
  /** `Warning` headers heard from the Kubernetes API. */
  readonly warnings: readonly string[];
  /** Why the cluster could not be looked into. */
  readonly blockedReason?: string | undefined;
  /** Where the JSON report was written. */
  readonly reportPath: string;
}

/** How much each part of the summary may show: numbers of rows or lines, and UTF-16 units of a text. */
export interface Allowance {
  readonly offenders: number;
  readonly evidence: number;
  readonly warnings: number;
  readonly differences: number;
  readonly text: number;
}

/** A step down in what is shown, taken when the summary is too large, and the words for what it costs. */
interface Cut {
  readonly part: keyof Allowance;
  readonly to: number;
  readonly words: string;
}

/** What a summary shows where size is no matter: as much as a person may want to read there. */
const FULL: Allowance = { offenders: 200, evidence: 50, warnings: 50, differences: 100, text: 2000 };

/** In the order in which they are made: what is in the JSON report in full, or matters least at a bad hour, goes first. */
const CUTS: readonly Cut[] = [
  { part: "offenders", to: 20, words: "pods beyond the first 20" },
  { part: "offenders", to: 0, words: "the list of pods" },
  { part: "evidence", to: 10, words: "evidence beyond 10 lines a check" },
  { part: "evidence", to: 0, words: "the evidence of the checks" },
  { part: "warnings", to: 0, words: "the warnings from Kubernetes" },
  { part: "differences", to: 0, words: "the properties of the request" },
  { part: "text", to: 200, words: "the ends of long texts" },
];

/** Every allowance from full to least, each with the words for what it leaves out. */
export function allowances(): { readonly allowance: Allowance; readonly cut: readonly string[] }[] {
  let allowance = FULL;
  const cut = new Map<keyof Allowance, string>();
  const all = [{ allowance, cut: [...cut.values()] }];
  for (const { part, to, words } of CUTS) {
    allowance = { ...allowance, [part]: to };
    cut.set(part, words);
    all.push({ allowance, cut: [...cut.values()] });
  }
  return all;
}
