/** The annotations of the step, which GitHub shows on the page of the workflow run. */
import * as core from "@actions/core";
import type { Check, Report } from "../contract.ts";
import { plain } from "../report/escape.ts";
import { count } from "../lib/plural.ts";

/** A title and one line of text. */
export interface Annotation {
  readonly level: "error" | "warning";
  readonly title: string;
  readonly message: string;
}

/** GitHub shows this many annotations of a level per step, and silently drops the rest. The runner adds none when an action fails. */
export const SHOWN_PER_LEVEL = 10;

/** The report, and what the annotations depend on besides. */
export interface AnnotationInput {
  readonly report: Report;
  /** Whether the step fails for its status. */
  readonly failing: boolean;
  /** Why the cluster could not be looked into. */
  readonly blockedReason?: string | undefined;
  /** Annotations about everything but the report: inputs, the drift issue, results that could not be published. They come first. */
  readonly others?: readonly Annotation[];
}

/** The annotations, most important first, at most as many as GitHub shows. The last of a level counts those left out. */
export function annotationsOf({ report, failing, blockedReason, others = [] }: AnnotationInput): Annotation[] {
  const all = others.map(({ level, title, message }) => annotation(level, title, message));
  if (report.error !== undefined) {
    const { code, doing, message, remedy } = report.error;
    all.push(annotation("error", `Failed while ${doing}`, sentences(message.includes(code) ? message : `${code}: ${message}`, remedy)));
  }
  for (const check of report.checks) {
    // If an error ended the run, failed checks are mostly its consequences and become warnings.
    const level = failing && report.error === undefined ? "error" : "warning";
    if (check.result === "fail" && check.id !== report.error?.code) all.push(ofCheck(level, check));
  }
  if (report.status === "unverified") {
    all.push(annotation(failing ? "error" : "warning", "Unverified", sentences("The cluster could not be looked into", blockedReason ?? "")));
  }
  for (const check of report.checks) {
    if (check.result === "warn") all.push(ofCheck("warning", check));
  }
  return (["error", "warning"] as const).flatMap((level) => atMost(SHOWN_PER_LEVEL, all.filter((one) => one.level === level)));
}

/** Writes the annotations to the log, from which the runner takes them. */
export function emitAnnotations(annotations: readonly Annotation[], runner: Pick<typeof core, "error" | "warning"> = core): void {
  for (const { level, title, message } of annotations) runner[level](message, { title });
}

function ofCheck(level: Annotation["level"], check: Check): Annotation {
  return annotation(level, check.title, sentences(check.message, check.remedy));
}

function annotation(level: Annotation["level"], title: string, message: string): Annotation {
  return { level, title: plain(title, 200), message: plain(message) };
}

/** Joins parts into sentences, each with a full stop at its end. */
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
