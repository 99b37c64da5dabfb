/** Groups the clusters that need attention by the cause of their findings, so that each cause is told once. Pure. */
import { dayAndTime, lowerFirst } from "../../report/format.ts";
import { authorName, lastOf } from "../../report/last-writes.ts";
import { causesOf, isFailing } from "../../report/verdict.ts";
import { remedyCommands, remedyText } from "../../lib/remedy.ts";
import { reasonHead } from "../gap-reason.ts";
import type { FleetReport } from "./decode-report.ts";
import type { FleetMember, Verdict } from "./fleet.ts";

/** Clusters that have drifted, or could not be checked, for the same cause. Texts are plain and untrusted. */
export interface FleetCause {
  readonly verdict: Exclude<Verdict, "fine">;
  /** What was found, in a few words that can follow a colon. */
  readonly title: string;
  /** `last written by terraform-prod, 26 Nov 02:10-02:40 UTC`; empty if that is not known, or has nothing to do with the cause. */
  readonly written: string;
  /** What to do, in a sentence; empty if that is not known. */
  readonly remedy: string;
  readonly members: readonly CauseMember[];
}

/** A cluster, with the commands of the first thing to do. */
export interface CauseMember {
  readonly member: FleetMember;
  readonly commands: readonly string[];
}

/** The cause of the findings of one cluster. */
interface Finding {
  /** Equal for clusters with the same cause. */
  readonly key: string;
  readonly title: string;
  readonly remedy: string;
  readonly commands: readonly string[];
  /** Who wrote the cluster last, and when; undefined where that explains nothing. */
  readonly write?: { readonly by: string; readonly at: string };
}

/** The causes: drift first, each group with the most clusters first. */
export function fleetCauses(members: readonly FleetMember[]): readonly FleetCause[] {
  const groups = new Map<string, { verdict: FleetCause["verdict"]; found: { member: FleetMember; finding: Finding }[] }>();
  for (const member of members) {
    const { verdict } = member;
    if (verdict === "fine") continue;
    const finding = findingOf(member);
    const key = JSON.stringify([verdict, finding.key, finding.write?.by]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { verdict, found: [{ member, finding }] });
    else group.found.push({ member, finding });
  }
  return [...groups.values()]
    .map(({ verdict, found }) => ({
      verdict,
      title: found[0]?.finding.title ?? "",
      written: writtenClause(found.flatMap(({ finding: { write } }) => (write === undefined ? [] : [write]))),
      remedy: found[0]?.finding.remedy ?? "",
      members: found.map(({ member, finding: { commands } }) => ({ member, commands })),
    }))
    .sort((a, b) => Number(b.verdict === "drift") - Number(a.verdict === "drift") || b.members.length - a.members.length);
}

/** The title of clusters without a report; for a subscription and a file, the reason is the cause. */
const NO_REPORT = "no report";

function findingOf(member: FleetMember): Finding {
  const { problem, report } = member;
  if (problem !== undefined || report === undefined) {
    const { kind = "no-report", reason = "", remedy = "" } = problem ?? {};
    if (kind === "no-report") return { key: kind, title: NO_REPORT, remedy: `${reason} ${remedy}`, commands: [] };
    const title = kind === "not-listed" ? reasonHead(reason) : lowerArticle(withoutStop(reason));
    return { key: `${kind} ${title}`, title, remedy: firstSentence(remedyText(remedy)), commands: remedyCommands(remedy) };
  }
  return report.error === undefined ? checkFinding(member, report) : errorFinding(report, report.error);
}

function errorFinding({ checks }: FleetReport, { code, doing, message, remedy }: NonNullable<FleetReport["error"]>): Finding {
  // The code is that of the check that stood in the way, or of the error.
  const title = checks.find(({ id }) => id === code)?.title ?? (doing === "" ? message : `the run failed while ${doing}`);
  return { key: `error ${code} ${title}`, title: lowerArticle(title), remedy: firstSentence(remedyText(remedy)), commands: remedyCommands(remedy) };
}

function checkFinding(member: FleetMember, report: FleetReport): Finding {
  const [first] = causesOf(report);
  const check = report.checks.find(({ id }) => id === first?.cause);
  if (first === undefined || check === undefined) return withoutCause(member, report);
  const found = { remedy: firstSentence(first.remedy), commands: first.commands };
  if (!isFailing(report, first)) {
    const { missingRoles: roles } = report;
    // The diagnosis has a message of its own where rights are missing.
    if (roles.length > 0 && first.message !== check.message) {
      const noun = roles.length === 1 ? "role" : "roles";
      return { ...found, key: JSON.stringify(["roles", roles]), title: `the identity lacks the ${noun} ${roles.join(", ")}`, remedy: `Assign the ${noun} to the identity.` };
    }
    const title = shortReason(check.message, member);
    return { ...found, key: `${check.id} ${title}`, title };
  }
  const write = lastOf(report.lastWrites);
  return {
    ...found,
    key: check.id,
    // Without a diagnosis the report is of an earlier release, whose titles say what should be.
    title: report.diagnosis === undefined ? lowerArticle(withoutStop(check.message)) : lowerFirst(check.title),
    ...(check.id === "cni-chaining-enabled" && write !== undefined ? { write: { by: authorName(write), at: write.at } } : {}),
  };
}

/** A finding without a cause: steps of a plan, or a check of an earlier release that could not be made. */
function withoutCause(member: FleetMember, { checks }: FleetReport): Finding {
  if (member.verdict === "drift") return { key: "plan", title: "steps are planned", remedy: "Run the action with mode: apply.", commands: [] };
  const skipped = checks.find(({ result }) => result === "skip");
  const title = skipped === undefined ? "the report does not say why" : shortReason(skipped.message, member);
  return { key: `skipped ${title}`, title, remedy: "", commands: [] };
}

/** What a message says before its details, without the name of the cluster: the same for all clusters with the same cause. */
function shortReason(message: string, { name }: FleetMember): string {
  const [clause = ""] = message.split(/: |\. /);
  const words = clause.split(" ").map((word) => (word === name ? "the cluster" : word));
  return lowerArticle(withoutStop(words.join(" ")));
}

/** A message after a colon: its first word may be a name, so only an article gets a small letter. */
function lowerArticle(text: string): string {
  return /^(?:The|An?|No) /.test(text) ? lowerFirst(text) : text;
}

function withoutStop(text: string): string {
  return text.replace(/\.$/, "");
}

/** The first sentence of a remedy. A colon ends it where commands follow. */
function firstSentence(text: string): string {
  const [, sentence = text] = /^(.+?)[.:](?=\s+[A-Z"]|$)/s.exec(text) ?? [];
  return sentence === "" ? "" : `${sentence}.`;
}

/** Who wrote the clusters, and the first and last time. @param writes all by the same author */
function writtenClause(writes: readonly { readonly by: string; readonly at: string }[]): string {
  const times = writes.map(({ at }) => Date.parse(at)).sort((a, b) => a - b);
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return "";
  const [from, to] = [first, last].map((time) => dayAndTime(new Date(time).toISOString()));
  const start = `${from?.day ?? ""} ${from?.time ?? ""}`;
  const end = to?.day !== from?.day ? ` to ${to?.day ?? ""} ${to?.time ?? ""}` : to?.time === from?.time ? "" : `-${to?.time ?? ""}`;
  return `last written by ${writes[0]?.by ?? ""}, ${start}${end} UTC`;
}
