/** Reads the log that act writes with `--json`. */
import { stripVTControlCharacters } from "node:util";
import { isObject, type Json, type JsonObject, parseJson, textAt, valueAt } from "../../../simulator/lib/json.ts";
import type { Annotation } from "../../../simulator/runner/action-output.ts";

/** A step that was run. */
export interface StepRun {
  /** ID of the job in its workflow file; jobs of a called workflow have theirs. */
  readonly jobId: string;
  /** Such as `fleet drift/fleet/fleet check/aks-shop-prod-0001-1`. */
  readonly job: string;
  readonly name: string;
  readonly id: string;
  readonly result: "success" | "failure";
  readonly outputs: Readonly<Record<string, string>>;
  /** Markdown. */
  readonly summary: string;
  readonly annotations: readonly Annotation[];
  /** What its process printed, without workflow commands. */
  readonly log: string;
}

interface OpenStep {
  readonly entries: JsonObject[];
  result: "success" | "failure" | undefined;
}

function levelOf(command: string | undefined): Annotation["level"] | undefined {
  return command === "error" || command === "warning" || command === "notice" ? command : undefined;
}

function annotationOf(entry: JsonObject): Annotation[] {
  const level = levelOf(textAt(entry, "command"));
  return level === undefined ? [] : [{ level, title: textAt(entry, "kvPairs", "title") ?? "", message: textAt(entry, "arg") ?? "" }];
}

function stepOf({ entries, result }: OpenStep): StepRun[] {
  const [first] = entries;
  if (first === undefined || result === undefined) return [];
  const commands = (name: string): JsonObject[] => entries.filter((entry) => textAt(entry, "command") === name);
  return [
    {
      jobId: textAt(first, "jobID") ?? "",
      job: (textAt(first, "job") ?? "").trim(),
      name: textAt(first, "step") ?? "",
      id: idOf(valueAt(first, "stepID")),
      result,
      outputs: Object.fromEntries(commands("set-output").map((entry) => [textAt(entry, "name") ?? "", textAt(entry, "arg") ?? ""])),
      summary: commands("summary").map((entry) => textAt(entry, "content") ?? "").join("\n"),
      annotations: entries.flatMap(annotationOf),
      // act gives steps a terminal, so programs colour what they print.
      log: stripVTControlCharacters(entries.filter((entry) => entry["raw_output"] === true).map((entry) => textAt(entry, "msg") ?? "").join("")),
    },
  ];
}

/** act writes an ID as the list of those that lead to it: a step of a composite action is below the step that uses it. */
function idOf(value: Json | undefined): string {
  return Array.isArray(value) ? value.map(String).join("/") : "";
}

/** The entries of a log; lines that are not JSON are left out. */
export function entriesOf(log: string): readonly JsonObject[] {
  return log.split("\n").map(parseJson).filter(isObject);
}

/** The steps of a log in the order in which they ended. Steps of the stages `Pre` and `Post` are left out. */
export function stepsOf(entries: readonly JsonObject[]): readonly StepRun[] {
  const open = new Map<string, OpenStep>();
  const ended: OpenStep[] = [];
  for (const entry of entries) {
    if (entry["stepID"] === undefined || textAt(entry, "stage") !== "Main") continue;
    const key = `${textAt(entry, "job") ?? ""}\n${idOf(entry["stepID"])}`;
    const step = open.get(key) ?? { entries: [], result: undefined };
    if (!open.has(key)) open.set(key, step);
    step.entries.push(entry);
    const result = textAt(entry, "stepResult");
    if (step.result === undefined && (result === "success" || result === "failure")) {
      step.result = result;
      ended.push(step);
    }
  }
  return ended.flatMap(stepOf);
}

/** The result of each job that ended, by its name. */
export function jobsOf(entries: readonly JsonObject[]): ReadonlyMap<string, string> {
  return new Map(entries.flatMap((entry) => {
    const result = textAt(entry, "jobResult");
    return result === undefined ? [] : [[(textAt(entry, "job") ?? "").trim(), result]];
  }));
}
