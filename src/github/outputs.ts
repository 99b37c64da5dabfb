/** The outputs of the step. */
import * as core from "@actions/core";
import type { Report } from "../contract.ts";
import { withoutSecrets } from "../lib/redaction.ts";
import { excerpt } from "../report/escape.ts";
import { messageOf } from "../report/message.ts";
import { refuseBlockingFile } from "./command-file.ts";

/** The values of outputs that are not in the report. */
export interface OutputExtras {
  /** Whether this run changed anything, even if it failed afterwards. */
  readonly changed: boolean;
  /** `3/3`: ready of desired pods; undefined if unknown. */
  readonly daemonsetReady?: string | undefined;
  /** Workloads whose pods predate the switch; undefined if unknown. */
  readonly staleWorkloads?: number | undefined;
  /** The file that this run wrote; undefined if it wrote none. */
  readonly reportPath: string | undefined;
  /** The drift issue; undefined if there is none. */
  readonly issueNumber?: number | undefined;
}

/** The outputs of `action.yml`, in its order. */
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
  "failed-checks",
  "message",
] as const;
export type OutputName = (typeof OUTPUT_NAMES)[number];

/** UTF-16 units of a text from Azure or Kubernetes, which has a few words. */
const MAX_TEXT = 1000;
/** A mesh has at most two, during an upgrade. */
const MAX_REVISIONS = 20;

/** The outputs, each one bounded line without control characters; empty if the value is unknown. */
export function outputsOf(report: Report, extras: OutputExtras): Record<OutputName, string> {
  return {
    status: report.status,
    changed: String(extras.changed),
    drift: String(report.status === "drifted" || report.checks.some((check) => check.result === "fail")),
    "feature-state": excerpt(report.feature.after, MAX_TEXT),
    "redirection-mechanism": excerpt(report.mesh.redirectionMechanism.after, MAX_TEXT),
    revisions: excerpt(report.mesh.revisions.slice(0, MAX_REVISIONS).map((revision) => excerpt(revision, MAX_TEXT)).join(","), MAX_TEXT),
    "daemonset-ready": excerpt(extras.daemonsetReady ?? "", MAX_TEXT),
    "stale-workloads": extras.staleWorkloads === undefined ? "" : String(extras.staleWorkloads),
    // Spaces are part of a path. Only control characters are removed.
    "report-path": (extras.reportPath ?? "").replace(/\p{Cc}/gu, ""),
    "issue-number": extras.issueNumber === undefined ? "" : String(extras.issueNumber),
    "failed-checks": report.checks.filter(({ result }) => result === "fail").map(({ id }) => id).join(","),
    message: excerpt(messageOf(report), MAX_TEXT),
  };
}

/**
 * Sets the outputs of the step, with secrets removed. An output that cannot be set does not keep the others from being set.
 *
 * @throws Error the first failure
 */
export async function setOutputs(outputs: Readonly<Record<string, string>>, setOutput: (name: string, value: string) => void = core.setOutput): Promise<void> {
  await refuseBlockingFile("GITHUB_OUTPUT");
  const failures: unknown[] = [];
  for (const [name, value] of Object.entries(outputs)) {
    try {
      setOutput(name, withoutSecrets(value));
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
