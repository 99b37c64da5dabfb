/** The input of the job summary, and how its size is limited. */
import type { LastWrite, PropertyDifference, Report } from "../../contract.ts";
import type { Observed } from "../../lib/observed.ts";
import type { Links } from "../links.ts";

/** All texts are untrusted and unescaped: the summary escapes them. */
export interface SummaryInput {
  readonly report: Report;
  /** How the Kubernetes API was reached, and why: `direct: the API server answered`. */
  readonly accessUsed: string;
  /** The identity that was used, and why: `OIDC federation of client 0000…: client-id and tenant-id are set`. */
  readonly identityUsed: string;
  /** What the PUT changes, if one was sent or is planned. */
  readonly difference?: readonly PropertyDifference[] | undefined;
  /** Paths of the read-only properties that the PUT omits. */
  readonly leftOut?: readonly string[] | undefined;
  /** `Warning` headers of the Kubernetes API. */
  readonly warnings: readonly string[];
  /** The last writes of the cluster; undefined if the activity log was not asked. */
  readonly lastWrites?: Observed<readonly LastWrite[]> | undefined;
  readonly links: Links;
  /** The anchor of the error in `docs/troubleshooting.md`; its code if left out. */
  readonly errorAnchor?: string | undefined;
  /** Where the JSON report was written; undefined if it could not be written. */
  readonly reportPath: string | undefined;
}

/** Limits of the parts of the summary: numbers of rows or lines, and UTF-16 units of a text. */
export interface Allowance {
  readonly offenders: number;
  readonly evidence: number;
  readonly warnings: number;
  readonly differences: number;
  readonly text: number;
}

/** A lower limit for one part, applied if the summary is too large, and a description of what is left out. */
interface Cut {
  readonly part: keyof Allowance;
  readonly to: number;
  readonly words: string;
}

/** The limits of a summary that is not too large. */
const FULL: Allowance = { offenders: 200, evidence: 50, warnings: 50, differences: 100, text: 2000 };

/** In the order in which they are applied: first what the JSON report has in full, and what matters least. */
const CUTS: readonly Cut[] = [
  { part: "offenders", to: 20, words: "pods beyond the first 20" },
  { part: "offenders", to: 0, words: "the list of pods" },
  { part: "evidence", to: 10, words: "evidence beyond 10 lines a check" },
  { part: "evidence", to: 0, words: "the evidence of the checks" },
  { part: "warnings", to: 0, words: "the warnings from Kubernetes" },
  { part: "differences", to: 0, words: "the properties of the request" },
  { part: "text", to: 200, words: "the ends of long texts" },
];

/** All allowances, from the largest to the smallest, each with descriptions of what it leaves out. */
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
