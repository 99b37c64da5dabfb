/** The annotations of a run: what GitHub shows on the run's page before anybody opens a log. */
import * as core from "@actions/core";
import type { Check, Report } from "../contract.ts";
import { plain } from "../report/escape.ts";
import { count } from "../report/format.ts";

/** One line of text under a title. */
export interface Annotation {
  readonly level: "error" | "warning";
  readonly title: string;
  readonly message: string;
}

/** GitHub shows this many annotations of a level per step, and drops the rest without a word. */
export const SHOWN_PER_LEVEL = 10;

/** What the annotations depend on beyond the report. */
export interface AnnotationInput {
  readonly report: Report;
  /** Whether the step fails: then `setFailed` adds an error of its own, for which a place is kept. */
  readonly failing: boolean;
  /** Why the cluster could not be looked into. */
  readonly blockedReason?: string | undefined;
}

/** The annotations, most important first; at most as many as GitHub shows, the last of a level counting those left out. */
export function annotationsOf({ report, failing, blockedReason }: AnnotationInput): Annotation[] {
  const all: Annotation[] = [];
  if (report.error !== undefined) {
    const { code, doing, message, remedy } = report.error;
    all.push(annotation("error", `Failed while ${doing}`, sentences(message.includes(code) ? message : `${code}: ${message}`, remedy)));
  }
  for (const check of report.checks) {
    // What ended the run is the one error; the checks that fail beside it are mostly its consequences.
    const level = failing && report.error === undefined ? "error" : "warning";
    if (check.result === "fail" && check.id !== report.error?.code) all.push(ofCheck(level, check));
  }
  if (report.status === "unverified") {
    all.push(annotation(failing ? "error" : "warning", "Unverified", sentences("The cluster could not be looked into", blockedReason ?? "")));
  }
  for (const check of report.checks) {
    if (check.result === "warn") all.push(ofCheck("warning", check));
  }
  return [
    ...atMost(
      failing ? SHOWN_PER_LEVEL - 1 : SHOWN_PER_LEVEL,
      all.filter(({ level }) => level === "error"),
    ),
    ...atMost(
      SHOWN_PER_LEVEL,
      all.filter(({ level }) => level === "warning"),
    ),
  ];
}

/** Hands the annotations to the runner. */
export function emitAnnotations(annotations: readonly Annotation[], runner: Pick<typeof core, "error" | "warning"> = core): void {
  for (const { level, title, message } of annotations) runner[level](message, { title });
}

function ofCheck(level: Annotation["level"], check: Check): Annotation {
  return annotation(level, check.title, sentences(check.message, check.remedy));
}

function annotation(level: Annotation["level"], title: string, message: string): Annotation {
  return { level, title: plain(title, 200), message: plain(message) };
}

/** Joins parts into sentences, each ended by a full stop. */
function sentences(...parts: string[]): string {
  return parts
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => (/[.!?:]$/.test(part) ? part : `${part}.`))
    .join(" ");
}

function atMost(limit: number, annotations: readonly Annotation[]): readonly Annotation[] {
  const [first] = annotations;
  if (annotations.length <= limit || first === undefined) return annotations;
  const shown = annotations.slice(0, limit - 1);
  const rest = annotations.slice(limit - 1);
  const titles = rest.map(({ title }) => title).join(", ");
  const more = `${count(rest.length, `more ${first.level}`)}: see the job summary`;
  return [...shown, annotation(first.level, more, sentences(titles))];
}
