/** The causes of a run's findings, or the error that ended it: what was found, what to do, and what follows. Pure. */
import type { Check, CheckId, Diagnosis, Report } from "../../contract.ts";
import { count } from "../../lib/plural.ts";
import { code, markdown } from "../escape.ts";
import { upperFirst } from "../format.ts";
import { helpLink, link } from "../links.ts";
import { alert, andMore, blocks, details, list, table } from "../markdown.ts";
import { readEvidence } from "../evidence.ts";
import { remedyMarkdown } from "../remedy.ts";
import { blockerOf, causesOf, isFailing, warningsOf } from "../verdict.ts";
import type { Allowance, SummaryInput } from "./input.ts";

/** Where help is found: the address of `docs/troubleshooting.md`, or empty. */
type Help = string;

/** The error that ended the run, and what to do about it. What a check says that stands in the way is not an error. */
export function failure({ report, links, errorAnchor }: Pick<SummaryInput, "report" | "links" | "errorAnchor">, { text }: Allowance): string {
  const { error } = report;
  if (error === undefined) return "";
  const isBlocker = blockerOf(report) !== undefined;
  const correlation = error.correlationId === undefined || error.correlationId === "" ? "" : `Correlation ID: ${code(error.correlationId, text)}`;
  return blocks(
    isBlocker
      ? markdown(error.message, text)
      : alert("CAUTION", `**What came back:** ${code(error.code, text)} ${markdown(error.message, text)}`, correlation),
    error.remedy === "" ? "" : "### What to do",
    remedyMarkdown(error.remedy, text),
    helpLine(links.troubleshooting, errorAnchor ?? error.code),
  );
}

/** Each cause with what was found, what to do, and what follows from it. */
export function causes(report: Report, allowance: Allowance, help: Help): string {
  // The check that stands in the way is told as the error already.
  const blocker = report.error === undefined ? undefined : blockerOf(report)?.check?.id;
  const told = causesOf(report).filter(({ cause }) => cause !== blocker);
  // An error comes before what fails: only what could not be checked has a remedy of its own then.
  const all = report.error === undefined ? told : told.filter((diagnosis) => !isFailing(report, diagnosis));
  const isOnly = all.length === 1 && report.error === undefined && report.mode !== "plan";
  return blocks(report.error === undefined ? "" : failing(report, blocker, allowance), ...all.map((diagnosis, index) => cause(report, diagnosis, { allowance, help, isOnly, number: all.length > 1 ? `${index + 1}. ` : "" })));
}

/** What fails in a run that an error ended, folded. */
function failing({ checks }: Report, blocker: CheckId | undefined, { text }: Allowance): string {
  const all = checks.filter(({ id, result }) => result === "fail" && id !== blocker);
  return details(count(all.length, "finding"), table(["Finding", "Detail"], all.map(({ title, message }) => [markdown(title, text), markdown(message, text)])));
}

interface CauseOptions {
  readonly allowance: Allowance;
  readonly help: Help;
  /** Whether the headline names this cause already. */
  readonly isOnly: boolean;
  /** `1. `; empty where there is one cause. */
  readonly number: string;
}

function cause(report: Report, diagnosis: Diagnosis, { allowance, help, isOnly, number }: CauseOptions): string {
  const check = report.checks.find(({ id }) => id === diagnosis.cause);
  const { text } = allowance;
  const isUndecided = check?.result === "skip";
  const rights = isUndecided && diagnosis.message !== check.message ? (report.missingRights ?? []).filter(({ action }) => report.error?.remedy.includes(action) !== true) : [];
  const isOfRights = rights.length > 0;
  // A plan is what to do about it.
  const isPlanned = report.mode === "plan" && diagnosis.cause === "cni-chaining-enabled";
  const remedy = isPlanned ? "" : isOfRights || check === undefined ? [diagnosis.remedy, ...diagnosis.commands].join("\n") : check.remedy;
  return blocks(
    isOnly ? "" : `### ${number}${markdown(isUndecided ? "What could not be checked" : (check?.title ?? diagnosis.cause), text)}`,
    // Reasons are phrases, such as `reading the CNI DaemonSet: …`.
    markdown(upperFirst(diagnosis.message), text),
    isOfRights ? table(["Missing right", "Scope", "Least role"], rights.map(({ action, scope, role }) => [action, scope, role].map((cell) => markdown(cell, text)))) : "",
    evidence(check, allowance, (report.lastWrites ?? []).length > 0),
    isOnly && remedy !== "" ? "### What to do" : "",
    // With a table of rights the text of the remedies says nothing new.
    remedyMarkdown(isOfRights ? diagnosis.commands.join("\n") : remedy, text),
    helpLine(help, isOfRights ? "not-authorized" : isUndecided ? "status-is-unverified" : diagnosis.cause),
    isOfRights ? details("What came back", markdown(check?.message ?? "", text)) : "",
    following(report, diagnosis.consequences, allowance),
  );
}

function helpLine(help: Help, anchor: string): string {
  return link("Help for this finding", helpLink(help, anchor));
}

/** The findings that follow from a cause. Those that could not be decided have its reason, so only their names are listed. */
function following({ checks }: Report, ids: readonly CheckId[], { text }: Allowance): string {
  const all = ids.flatMap((id) => checks.filter((check) => check.id === id));
  const found = all.filter(({ result }) => result !== "skip");
  const undecided = all.filter(({ result }) => result === "skip").map(({ title }) => markdown(title.replace(/: not checked$/, ""), text));
  return details(
    `${count(all.length, "finding follows", "findings follow")} from this`,
    blocks(
      table(["Finding", "Detail"], found.map(({ title, message }) => [markdown(title, text), markdown(message, text)])),
      undecided.length === 0 ? "" : `Not checked: ${undecided.join(", ")}.`,
    ),
  );
}

/** Warnings that no cause explains. */
export function warnings(report: Report, allowance: Allowance, help: Help): string {
  const { text } = allowance;
  return blocks(
    ...warningsOf(report).map((check) =>
      blocks(`### ⚠️ ${markdown(check.title, text)}`, markdown(check.message, text), evidence(check, allowance), remedyMarkdown(check.remedy, text), helpLine(help, check.id)),
    ),
  );
}

function evidence(check: Check | undefined, { evidence: limit, text }: Allowance, isWriteKnown = false): string {
  if (check === undefined) return "";
  const { lines } = readEvidence(check, isWriteKnown);
  const shown = lines.slice(0, limit);
  const more = andMore(lines.length - shown.length, limit === 0 ? " lines of evidence in the JSON report" : "");
  return list([...shown.map((line) => markdown(line, text)), ...(more === "" ? [] : [more])]);
}
