/** What a drift issue and its comments say. Pure; all texts from outside are escaped here and nowhere before. */
import type { Check, CheckId, Report } from "../../contract.ts";
import { code, markdown, plain, visible } from "../../report/escape.ts";
import { count } from "../../report/format.ts";
import { andMore, blocks, list, table } from "../../report/markdown.ts";
import type { RunReference } from "../context.ts";

/** What differs from what an issue told before. */
export interface FindingsChange {
  readonly added: readonly CheckId[];
  readonly changed: readonly CheckId[];
  readonly gone: readonly CheckId[];
}

/** GitHub refuses longer bodies and titles. */
export const MAX_BODY = 65_536;
const MAX_TITLE = 200;

/** How much of a text and of the evidence is shown; the first that fits is taken, and the last one always does. */
const ALLOWANCES = [
  { text: 1000, evidence: 20 },
  { text: 400, evidence: 10 },
  { text: 200, evidence: 0 },
  { text: 60, evidence: 0 },
] as const;
type Allowance = (typeof ALLOWANCES)[number];

/** `Istio CNI drift: demo in rg-mesh-demo`: names, and nothing that a title could mention or link. */
export function issueTitle({ cluster }: Report): string {
  const group = /\/resourceGroups\/([^/]+)\//i.exec(cluster.id)?.[1] ?? "";
  const name = cluster.name || (cluster.id.split("/").at(-1) ?? "");
  return plain(`Istio CNI drift: ${inert(name)}${group === "" ? "" : ` in ${inert(group)}`}`, MAX_TITLE);
}

/** Names are made of these; whatever else a hostile service puts into one is dropped. */
function inert(name: string): string {
  return visible(name).replace(/[^\p{L}\p{N} ._()-]/gu, "").slice(0, 80);
}

/**
 * The body: the findings as differences, what supports them, what to do.
 *
 * @param marker the hidden line that comes first
 * @param unseen findings of earlier runs that this one could not look into
 */
export function issueBody(marker: string, report: Report, unseen: readonly CheckId[], run: RunReference): string {
  for (const allowance of ALLOWANCES) {
    const body = bodyWith(allowance, marker, report, unseen, run);
    if (body.length <= MAX_BODY) return body;
  }
  return blocks(marker, `The mesh of this cluster is not as it should be; the findings are too long for an issue. ${by(run)}`);
}

function bodyWith(allowance: Allowance, marker: string, report: Report, unseen: readonly CheckId[], run: RunReference): string {
  const { cluster, checks } = report;
  const { text } = allowance;
  const failing = checks.filter(({ result }) => result === "fail");
  const left = unseen.map((id) => `\`${id}\`${reasonOf(checks, id, text)}`);
  return blocks(
    marker,
    `The mesh of ${code(cluster.name, text) || "this cluster"} is not as it should be: ${count(failing.length, "check")} failed. ${by(run)}`,
    `<sub>Resource ID: ${code(cluster.id, text)}</sub>`,
    table(
      ["", "Expected", "Found"],
      failing.map((check) => [`\`${check.id}\``, ...expectedAndFound(check, text)]),
    ),
    ...failing.map((check) => finding(check, allowance)),
    left.length === 0 ? "" : blocks("#### Found earlier, and not looked into this time", list(left)),
    "---",
    "<sub>This issue is kept by the drift check: it follows the findings, and is closed by the first run in which everything that it tells passes. Its first line, which is hidden, and its label make it recognisable.</sub>",
  );
}

/** The cells of a finding: the property with both values where its evidence names one, otherwise its title and message. */
function expectedAndFound(check: Check, limit: number): readonly [string, string] {
  const property = propertyIn(check);
  if (property === undefined) return [markdown(check.title, limit), markdown(check.message, limit)];
  return [`${code(property.name, limit)} = ${code(property.expected, limit)}`, code(property.found, limit)];
}

/** Three lines of evidence that follow each other: a property, `expected …`, `found …`. */
function propertyIn({ evidence }: Check): { readonly name: string; readonly expected: string; readonly found: string; readonly at: number } | undefined {
  const at = evidence.findIndex((line, index) => evidence[index + 1]?.startsWith("expected ") === true && evidence[index + 2]?.startsWith("found ") === true && line !== "");
  if (at < 0) return undefined;
  const [name = "", expected = "", found = ""] = evidence.slice(at, at + 3);
  return { name, expected: expected.slice("expected ".length), found: found.slice("found ".length), at };
}

function finding(check: Check, { text, evidence }: Allowance): string {
  const told = propertyIn(check)?.at;
  const lines = told === undefined ? check.evidence : check.evidence.filter((_, index) => index < told || index > told + 2);
  const shown = lines.slice(0, evidence);
  const more = andMore(lines.length - shown.length, evidence === 0 ? " lines of evidence in the report" : "");
  return blocks(
    `#### ❌ ${markdown(check.title, text)}`,
    markdown(check.message, text),
    list([...shown.map((line) => markdown(line, text)), ...(more === "" ? [] : [more])]),
    check.remedy === "" ? "" : `**What to do:** ${markdown(check.remedy, text)}`,
  );
}

function reasonOf(checks: readonly Check[], id: CheckId, limit: number): string {
  const message = checks.find((check) => check.id === id)?.message ?? "";
  return message === "" ? "" : `: ${markdown(message, limit)}`;
}

/** The comment on findings that are not what they were. */
export function changedComment(report: Report, change: FindingsChange, run: RunReference): string {
  return blocks(`The findings have changed. ${by(run)}`, list(linesOf(report, change)));
}

/** The comment on drift that came back. */
export function reopenedComment(report: Report, run: RunReference): string {
  const added = report.checks.filter(({ result }) => result === "fail").map(({ id }) => id);
  return blocks(`The cluster drifts again. ${by(run)}`, list(linesOf(report, { added, changed: [], gone: [] })));
}

/** The comment on drift that is over. */
export function closedComment({ status }: Report, run: RunReference): string {
  const what = status === "changed" ? "The run put right what was missing, and all checks pass." : "All checks pass again.";
  return `${what} ${by(run)}`;
}

/** The comment on an issue of which there is an older one; GitHub links the two. */
export function duplicateComment(original: number, run: RunReference): string {
  return `Duplicate of #${String(original)}: two runs found the drift at the same time. ${by(run)}`;
}

const COMMENT_TEXT = 300;

function linesOf({ checks }: Report, { added, changed, gone }: FindingsChange): string[] {
  const line = (word: string, id: CheckId): string => {
    const message = checks.find((check) => check.id === id)?.message ?? "";
    return `**${word}** \`${id}\`${message === "" ? "" : `: ${markdown(message, COMMENT_TEXT)}`}`;
  };
  return [...added.map((id) => line("found", id)), ...changed.map((id) => line("changed", id)), ...gone.map((id) => line("gone", id))];
}

function by({ url, id }: RunReference): string {
  return url === "" ? "" : `([run ${id}](${url}))`;
}
