/** The verdict of a run in one line, fit for a chat message or a notification. Pure. */
import type { Report } from "../contract.ts";
import { remedyCommands, remedyText } from "../lib/remedy.ts";
import { lastWriteClause } from "./last-writes.ts";
import { blockerOf, causesOf, headlineOf, isFailing, proofOf, warningsOf } from "./verdict.ts";

/** The cluster, what was found or what came back, and what to do. Unescaped: texts of Azure and Kubernetes are in it. */
export function messageOf(report: Report): string {
  return messageLines(report).join(" ");
}

/** The parts of the message, each a line for the log: what was found or what came back, and what to do. */
export function messageLines(report: Report): readonly string[] {
  const { error } = report;
  const isStopped = error !== undefined && blockerOf(report) === undefined;
  const headline = isStopped ? `${headlineOf(report)}: ${sentence(error.message)}` : sentence(headlineOf(report));
  return [headline, ...detail(report)].map(oneLine).filter((line) => line !== "");
}

function detail(report: Report): readonly string[] {
  if (report.error !== undefined) return [sentence(remedyText(report.error.remedy))];
  const first = causesOf(report)[0];
  const proof = proofOf(report);
  if (first === undefined) return [...proof, sentence(remedyText(warningsOf(report)[0]?.remedy ?? ""))];
  const found = isFailing(report, first) ? (proof[0] ?? "") : sentence(first.message);
  const written = first.cause === "cni-chaining-enabled" ? lastWriteClause(report.lastWrites ?? []) : "";
  return [found, written === "" ? "" : `It was ${written}.`, sentence(first.remedy)];
}

function sentence(text: string): string {
  return text === "" || /[.!?:]$/.test(text) ? text : `${text}.`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** The commands of the first thing to do, of a warning if nothing fails; none where there is nothing to do. */
export function commandsOf(report: Report): readonly string[] {
  if (report.error !== undefined) return remedyCommands(report.error.remedy);
  return causesOf(report)[0]?.commands ?? remedyCommands(warningsOf(report)[0]?.remedy ?? "");
}
