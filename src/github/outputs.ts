/** The outputs of the step. */
import * as core from "@actions/core";
import type { Report } from "../contract.ts";
import { withoutSecrets } from "../lib/redaction.ts";
import { excerpt } from "../report/escape.ts";

/** What the outputs tell beyond the report. */
export interface OutputExtras {
  /** Whether this run changed anything, also where it failed afterwards. */
  readonly changed: boolean;
  /** `3/3`: ready of desired; undefined where it was not seen. */
  readonly daemonsetReady?: string | undefined;
  /** Workloads whose pods predate the switch; undefined where they were not counted. */
  readonly staleWorkloads?: number | undefined;
  readonly reportPath: string;
  /** The drift issue; undefined where there is none. */
  readonly issueNumber?: number | undefined;
}

/** The names of the contract's outputs, in the order of `action.yml`. */
export const OUTPUT_NAMES = [
  "status",
  "changed",
  "drift",
  "feature-state",
  "redirection-mechanism",
  "revisions",
  "daemonset-ready",
  "stale-workloads",
  "report-path",
  "issue-number",
] as const;
export type OutputName = (typeof OUTPUT_NAMES)[number];

/** Of a text from outside, in UTF-16 units: a word or a few are expected. */
const LONGEST = 1000;
/** A mesh has two at most, while it is upgraded. */
const MOST_REVISIONS = 20;

/** The outputs, each of one bounded line without control characters; empty where a value is not known. */
export function outputsOf(report: Report, extras: OutputExtras): Record<OutputName, string> {
  return {
    status: report.status,
    changed: String(extras.changed),
    drift: String(report.status === "drifted" || report.checks.some((check) => check.result === "fail")),
    "feature-state": excerpt(report.feature.after, LONGEST),
    "redirection-mechanism": excerpt(report.mesh.redirectionMechanism.after, LONGEST),
    revisions: excerpt(report.mesh.revisions.slice(0, MOST_REVISIONS).map((revision) => excerpt(revision, LONGEST)).join(","), LONGEST),
    "daemonset-ready": excerpt(extras.daemonsetReady ?? "", LONGEST),
    "stale-workloads": extras.staleWorkloads === undefined ? "" : String(extras.staleWorkloads),
    // Spaces inside a path are part of it: only what would break the line goes.
    "report-path": extras.reportPath.replace(/\p{Cc}/gu, ""),
    "issue-number": extras.issueNumber === undefined ? "" : String(extras.issueNumber),
  };
}

/** Hands the outputs to the runner, without secrets. */
export function setOutputs(
  outputs: Readonly<Record<OutputName, string>>,
  setOutput: (name: string, value: string) => void = core.setOutput,
): void {
  for (const name of OUTPUT_NAMES) setOutput(name, withoutSecrets(outputs[name]));
}
