/** The annotations of the step, which GitHub shows on the page of the workflow run. */
import * as core from "@actions/core";
import type { Report } from "../contract.ts";
import { plain } from "../report/escape.ts";
import { causesOf, verdictOf, warningsOf } from "../report/verdict.ts";
import { count } from "../lib/plural.ts";
import { remedyCommands, remedyText } from "../lib/remedy.ts";

/** A title and one line of text. */
export interface Annotation {
  readonly level: "error" | "warning";
  readonly title: string;
  readonly message: string;
}

/** An annotation is a short text: the summary has all commands. */
const MAX_COMMANDS = 2;

/** GitHub shows this many annotations of a level per step, and silently drops the rest. The runner adds none when an action fails. */
export const SHOWN_PER_LEVEL = 10;

/** The report, and what the annotations depend on besides. */
export interface AnnotationInput {
  readonly report: Report;
  /** Whether the step fails for its status. */
  readonly failing: boolean;
  /** Annotations about everything but the report: inputs, the drift issue, results that could not be published. They come first. */
  readonly others?: readonly Annotation[];
}

/** The annotations, most important first, at most as many as GitHub shows. The last of a level counts those left out. */
export function annotationsOf({ report, failing, others = [] }: AnnotationInput): Annotation[] {
  const all = others.map(({ level, title, message }) => annotation(level, title, message));
  if (report.error !== undefined) {
    const { code, message, remedy } = report.error;
    all.push(annotation("error", upperFirst(verdictOf(report).title), withCommands(sentences(message.includes(code) ? message : `${code}: ${message}`, remedyText(remedy)), remedyCommands(remedy))));
  }
  for (const diagnosis of causesOf(report)) {
    const check = report.checks.find(({ id }) => id === diagnosis.cause);
    if (check === undefined || check.id === report.error?.code) continue;
    // If an error ended the run, failed checks are mostly its consequences, and become warnings.
    const level = failing && report.error === undefined ? "error" : "warning";
    const following = diagnosis.consequences.length === 0 ? "" : `${count(diagnosis.consequences.length, "finding follows", "findings follow")} from this`;
    all.push(annotation(level, check.result === "skip" ? "Unverified" : check.title, withCommands(sentences(diagnosis.message, following, diagnosis.remedy), diagnosis.commands)));
  }
  for (const check of warningsOf(report)) all.push(annotation("warning", check.title, withCommands(sentences(check.message, remedyText(check.remedy)), remedyCommands(check.remedy))));
  return (["error", "warning"] as const).flatMap((level) => atMost(SHOWN_PER_LEVEL, all.filter((one) => one.level === level)));
}

/** Writes the annotations to the log, from which the runner takes them. */
export function emitAnnotations(annotations: readonly Annotation[], runner: Pick<typeof core, "error" | "warning"> = core): void {
  for (const { level, title, message } of annotations) runner[level](message, { title });
}

function annotation(level: Annotation["level"], title: string, message: string): Annotation {
  return { level, title: plain(title, 200), message: plain(message) };
}

/** The commands last, without a full stop, as a shell takes them. */
function withCommands(text: string, commands: readonly string[]): string {
  return [text, commands.slice(0, MAX_COMMANDS).join("; ")].filter((part) => part !== "").join(" ");
}

function upperFirst(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
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
