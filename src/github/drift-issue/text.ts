/** Title, body and comments of a drift issue. Pure. Escapes all text of the report; callers pass it unescaped. */
import type { Check, CheckId, Diagnosis, Report } from "../../contract.ts";
import { count } from "../../lib/plural.ts";
import { code, markdown, plain, visible } from "../../report/escape.ts";
import { andMore, blocks, details, list, table } from "../../report/markdown.ts";
import { lastWrites } from "../../report/last-writes.ts";
import { readEvidence } from "../../report/evidence.ts";
import { remedyMarkdown } from "../../report/remedy.ts";
import { causesOf, headlineOf, isFailing, proofOf } from "../../report/verdict.ts";
import { MAX_BODY } from "../comments.ts";
import type { RunReference } from "../context.ts";

/** How the failed checks differ from those in the issue. */
export interface FindingsChange {
  readonly added: readonly CheckId[];
  readonly changed: readonly CheckId[];
  readonly gone: readonly CheckId[];
}

/** UTF-16 units. GitHub's limit is 256. */
const MAX_TITLE = 200;

/** UTF-16 units of a text and lines of evidence to show. The first that fits into {@link MAX_BODY} is used. */
const ALLOWANCES = [
  { text: 1000, evidence: 20 },
  { text: 400, evidence: 10 },
  { text: 200, evidence: 0 },
  { text: 60, evidence: 0 },
] as const;
type Allowance = (typeof ALLOWANCES)[number];

/**
 * `Istio CNI drift: demo in rg-mesh-demo`. Names are stripped of everything that GitHub would turn into a mention or a link.
 *
 * @param namespaces the input; empty for all
 */
export function issueTitle({ cluster }: Report, namespaces: readonly string[] = []): string {
  const group = /\/resourceGroups\/([^/]+)\//i.exec(cluster.id)?.[1] ?? "";
  const name = cluster.name || (cluster.id.split("/").at(-1) ?? "");
  const about = namespaces.length === 0 ? "" : `, namespaces ${namespaces.map((glob) => glob.replace(/[^a-z0-9*-]/g, "")).join(", ")}`;
  return plain(`Istio CNI drift: ${inert(name)}${group === "" ? "" : ` in ${inert(group)}`}${about}`, MAX_TITLE);
}

/** Drops the characters that no name in Azure has. */
function inert(name: string): string {
  return visible(name).replace(/[^\p{L}\p{N} ._()-]/gu, "").slice(0, 80);
}

/**
 * The body: each finding with expected and found value, evidence and remedy.
 *
 * @param marker the hidden first line
 * @param unchecked findings of earlier runs that this run could not check
 */
export function issueBody(marker: string, report: Report, unchecked: readonly CheckId[], run: RunReference): string {
  for (const allowance of ALLOWANCES) {
    const body = bodyWith(allowance, marker, report, unchecked, run);
    if (body.length <= MAX_BODY) return body;
  }
  return blocks(marker, `The mesh of this cluster has drifted; the findings are too long for an issue. ${by(run)}`);
}

function bodyWith(allowance: Allowance, marker: string, report: Report, unchecked: readonly CheckId[], run: RunReference): string {
  const { cluster, checks } = report;
  const { text } = allowance;
  const failing = checks.filter(({ result }) => result === "fail");
  const former = unchecked.map((id) => `\`${id}\`${reasonOf(checks, id, text)}`);
  return blocks(
    marker,
    `**${markdown(headlineOf(report), text)}.** ${proofOf(report).map((sentence) => markdown(sentence, text)).join(" ")} ${by(run)}`.replace(/ {2,}/g, " "),
    report.lastWrites === undefined ? "" : lastWrites({ seen: true, value: report.lastWrites }, text),
    ...causesOf(report).filter((diagnosis) => isFailing(report, diagnosis)).map((diagnosis) => finding(report, diagnosis, allowance)),
    details(
      count(failing.length, "finding"),
      table(
        ["Check", "Finding", "Detail"],
        failing.map((check) => [`\`${check.id}\``, markdown(check.title, text), detailOf(check, text)]),
      ),
    ),
    `<sub>Resource ID: ${code(cluster.id, text)}</sub>`,
    former.length === 0 ? "" : blocks("#### Found earlier, and not looked into this time", list(former)),
    "---",
    "<sub>The drift check updates this issue when the findings change, and closes it when everything above is mended or no longer exists. It finds the issue by its label and its hidden first line. Close it as not planned to keep it closed while the drift lasts; reopen it to have it updated again.</sub>",
  );
}

/** What was found: the property with both values if the evidence has them, otherwise the message. */
function detailOf(check: Check, limit: number): string {
  const { property } = readEvidence(check);
  if (property === undefined) return markdown(check.message, limit);
  return `${code(property.name, limit)} is ${code(property.found, limit)}, expected ${code(property.expected, limit)}`;
}

/** A cause: what was found, its evidence, what to do. The table below has the findings that follow from it. */
function finding({ checks, lastWrites: writes = [] }: Report, { cause, message, remedy, commands }: Diagnosis, { text, evidence }: Allowance): string {
  const check = checks.find(({ id }) => id === cause);
  if (check === undefined) return "";
  const isWriteKnown = writes.length > 0;
  const { property, lines } = readEvidence(check, isWriteKnown);
  const shown = lines.slice(0, evidence);
  const more = andMore(lines.length - shown.length, evidence === 0 ? " lines of evidence in the report" : "");
  return blocks(
    `#### ❌ ${markdown(check.title, text)}`,
    property === undefined ? "" : markdown(message, text),
    list([...shown.map((line) => markdown(line, text)), ...(more === "" ? [] : [more])]),
    remedyMarkdown([remedy, ...commands].join("\n"), text),
  );
}

function reasonOf(checks: readonly Check[], id: CheckId, limit: number): string {
  const message = checks.find((check) => check.id === id)?.message ?? "";
  return message === "" ? "" : `: ${markdown(message, limit)}`;
}

/** The comment on findings that changed. */
export function changedComment(report: Report, change: FindingsChange, run: RunReference): string {
  return blocks(`The findings have changed. ${by(run)}`, list(linesOf(report, change)));
}

/** The comment on an issue that is reopened. */
export function reopenedComment(report: Report, run: RunReference): string {
  const added = report.checks.filter(({ result }) => result === "fail").map(({ id }) => id);
  return blocks(`The cluster drifts again. ${by(run)}`, list(linesOf(report, { added, changed: [], gone: [] })));
}

/** The comment on an issue that is closed: why each of its findings is none any more. */
export function closedComment(report: Report, findings: readonly CheckId[], run: RunReference): string {
  const what = report.status === "changed" ? "The run put right what was missing." : "Everything that this issue lists is mended or no longer exists.";
  return blocks(`${what} ${by(run)}`, list(linesOf(report, { added: [], changed: [], gone: findings })));
}

/** The comment on a duplicate. GitHub links the original. */
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
