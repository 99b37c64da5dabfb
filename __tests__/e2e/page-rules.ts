/** What holds for the page, the log and the commands of every run, whatever it found. */
import { expect } from "vitest";
import type { Report } from "../../src/contract.ts";
import { isCommand } from "../../src/lib/remedy.ts";
import type { ActionRun } from "../../simulator/runner/run-action.ts";
import { anchorsOf, textOf } from "../docs/repository.ts";

/** Names that a run does not know: what a person has to fill in. */
const PLACEHOLDERS: ReadonlySet<string> = new Set([
  "AGENT_POD", "CLIENT_ID", "CLUSTER", "CLUSTER_ID", "CORRELATION_ID", "GROUP", "GROUP_OF_THE_IDENTITY", "IDENTITY", "LOCATION", "NAME", "NAMESPACE", "OBJECT_ID", "POD", "REVISION", "SUBSCRIPTION", "VERSION",
]);
/** Known once the cluster has been read. */
const KNOWN_FROM_CLUSTER = ["CLUSTER", "CLUSTER_ID", "GROUP", "LOCATION", "SUBSCRIPTION"];
const LONGEST_LINE = 400;
const HELP = anchorsOf(textOf("docs/troubleshooting.md"));

/** Checks everything that holds for every run. */
export function expectPageRules({ summary, log }: Pick<ActionRun, "summary" | "log">, report: Report): void {
  expectDiagnosis(report);
  for (const command of commandsOf(report)) expectCommand(command, report.cluster.id !== "" && report.cluster.location !== "");
  for (const [, anchor] of summary.matchAll(/docs\/troubleshooting\.md#([\w-]+)/g)) expect(HELP, "links to help lead to a heading").toContain(anchor);
  expect(summary.match(/^\|(?:[^|\n]*\|)* +\|/gm) ?? [], "tables with an empty header").not.toContainEqual(expect.stringMatching(/^\| +\|/));
  const long = log.split("\n").filter((line) => line.length > LONGEST_LINE && !/^::|^##\[/.test(line));
  expect(long.map((line) => `${line.slice(0, 120)}… (${line.length})`), "lines of the log that are too long").toEqual([]);
}

function expectDiagnosis({ checks, diagnosis = [] }: Report): void {
  const told = diagnosis.flatMap(({ cause, consequences }) => [cause, ...consequences]);
  expect(told.length, "a finding is told once").toBe(new Set(told).size);
  for (const { id, result } of checks) if (result === "fail") expect(told, `${id} fails and is neither a cause nor follows from one`).toContain(id);
}

function commandsOf({ checks, diagnosis = [], error }: Report): readonly string[] {
  const remedies = [...checks.map(({ remedy }) => remedy), error?.remedy ?? ""];
  return [...new Set([...diagnosis.flatMap(({ commands }) => commands), ...remedies.flatMap((remedy) => remedy.split("\n").filter(isCommand))])];
}

/** A command can be pasted: its quotes are closed, its placeholders are known ones, and az is told the cluster. */
function expectCommand(command: string, isClusterKnown: boolean): void {
  const bare = command.replace(/'[^']*'|"(?:\\.|[^"\\])*"/g, "quoted");
  expect(bare, `quotes of: ${command}`).not.toMatch(/["'`$<>|&;\\]/);
  for (const word of bare.match(/(?<![\w.-])[A-Z]+(?:_[A-Z]+)*(?![\w.-])/g) ?? []) {
    expect(PLACEHOLDERS, `the placeholder ${word} in: ${command}`).toContain(word);
    if (isClusterKnown) expect(KNOWN_FROM_CLUSTER, `the placeholder ${word} is known, in: ${command}`).not.toContain(word);
  }
  if (/^az aks (?!list\b)/.test(command)) for (const option of ["--resource-group", "--name", "--subscription"]) expect(command, `${option} in: ${command}`).toContain(`${option} `);
}

/** Holds where every text is one that a service sends: hostile ones say what they like, as often as they like. */
export function expectNoRepeats({ summary }: Pick<ActionRun, "summary">): void {
  expect(repeatedSentences(summary).join("\n"), "sentences that the page says twice").toBe("");
}

/** Sentences of six words and more that stand on a page twice, without code and links. */
function repeatedSentences(page: string): readonly string[] {
  const prose = page
    .replace(/^(```+)[\s\S]*?^\1$/gm, "\n")
    // Pods of one workload have the same detail, and a refusal of Azure ends with the same advice.
    .replace(/^\| <code>.*$/gm, "")
    .replaceAll("If access was recently granted, please refresh your credentials.", "")
    .replaceAll("User does not have access to the resource in Azure.", "")
    .replaceAll("Update role assignment to allow access.", "")
    .replace(/\]\([^)]*\)/g, "]")
    .replace(/<!--.*?-->|<\/?(?:code|strong|sub|details|summary)>/g, "")
    .replace(/\*\*/g, "");
  const seen = new Map<string, number>();
  for (const sentence of prose.split(/[.:;!?](?:\s|$)|\s\|\s|<br>|\n/).map((text) => text.replace(/^[\s>#|*-]+/, "").trim())) {
    if (sentence.split(/\s+/).length >= 6) seen.set(sentence, (seen.get(sentence) ?? 0) + 1);
  }
  return [...seen].filter(([, times]) => times > 1).map(([sentence]) => sentence);
}
