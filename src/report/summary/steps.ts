/** The sections of the job summary on the steps of a run: what would be done, what was done, the request, and what took how long. Pure. */
import type { PropertyDifference, Report, StepOutcome, StepReport } from "../../contract.ts";
import { duration } from "../../lib/duration.ts";
import { count } from "../../lib/plural.ts";
import { code, fenced, markdown } from "../escape.ts";
import { andMore, blocks, details, list, table } from "../markdown.ts";
import { blockerOf, blockerTitle, plannedChanges } from "../verdict.ts";
import type { Allowance, SummaryInput } from "./input.ts";

const OUTCOMES: Readonly<Record<StepOutcome, string>> = {
  planned: "📝 planned",
  done: "✅ done",
  unneeded: "➖ not needed",
  failed: "❌ failed",
  skipped: "⏭️ skipped",
};

/** What apply would do, and what would stop it: the first part of a plan's page. */
export function plan({ report, ...put }: SummaryInput, allowance: Allowance): string {
  if (report.mode !== "plan" || report.error !== undefined) return "";
  const { text } = allowance;
  const blocker = blockerOf(report);
  const steps = report.plan.filter(({ outcome }) => outcome === "planned" || outcome === "skipped");
  const reasons = steps.map(({ title, reason }) => [markdown(title, text), markdown(reason.replace(/^blocked \([\w-]+\): /, ""), text)]);
  const changes = plannedChanges(report);
  if (blocker === undefined && changes === 0) return "";
  return blocks(
    blocker === undefined ? "" : `Apply would change nothing: **${markdown(blockerTitle(blocker), text)}**.`,
    blocker === undefined ? `Apply would make ${count(changes, "change")}:` : "Without that, apply would make these changes:",
    table(["Step", "Why"], reasons),
    request({ report, ...put }, allowance),
  );
}

/** The steps of a run, folded: the verdict says what came of them. Those that are not needed say why, and what they leave alone. */
export function steps(report: Report, allowance: Allowance): string {
  if (report.mode === "check") return "";
  return blocks(report.mode === "plan" ? "" : taken(report, allowance), unneeded(report, allowance));
}

function unneeded({ plan: all }: Report, { text }: Allowance): string {
  const steps = all.filter(({ outcome }) => outcome === "unneeded");
  return details(
    count(steps.length, "step was not needed", "steps were not needed"),
    table(["Step", "Why not"], steps.map(({ title, reason }) => [markdown(title, text), markdown(reason, text)])),
  );
}

function taken({ plan: all, startedAt, finishedAt }: Report, { text }: Allowance): string {
  const needed = all.filter(({ outcome }) => outcome !== "unneeded");
  if (needed.length === 0) return "";
  const row = ({ title, reason, outcome, durationMs }: StepReport): string[] => [
    markdown(title, text),
    outcome === "done" || outcome === "failed" ? `${OUTCOMES[outcome]} after ${duration(durationMs)}` : OUTCOMES[outcome],
    markdown(reason, text),
  ];
  return details(
    `What took ${duration(Date.parse(finishedAt) - Date.parse(startedAt))}`,
    blocks(table(["Step", "Outcome", "Why"], needed.map(row)), timeline({ plan: all, startedAt, finishedAt })),
  );
}

/** A shorter run needs no picture. In milliseconds. */
const SHORTEST_TIMELINE = 60_000;

/** A gantt chart, in seconds since the start of the run. The table of the steps beside it says the same in text. */
function timeline({ plan: all, startedAt, finishedAt }: Pick<Report, "plan" | "startedAt" | "finishedAt">): string {
  const start = Date.parse(startedAt);
  const end = Date.parse(finishedAt);
  if (end - start < SHORTEST_TIMELINE) return "";
  const seconds = (time: number): number => Math.max(0, Math.round((time - start) / 1000));
  const timed = all.flatMap(({ id, startedAt: began, durationMs }) => (began === undefined ? [] : [{ id, from: Date.parse(began), to: Date.parse(began) + durationMs }]));
  const bars = timed.filter(({ from, to }) => to > from).sort((a, b) => a.from - b.from);
  const last = bars.at(-1);
  if (last === undefined) return "";
  const bar = (name: string, from: number, to: number): string => `  ${name} :${String(seconds(from))}, ${String(Math.max(seconds(to), seconds(from) + 1))}`;
  const gaps = bars.flatMap(({ id, from, to }, index) => {
    const next = bars[index + 1]?.from ?? end;
    // Between the steps a run waits for what they change in the cluster, and looks at it.
    return [bar(id, from, to), ...(next - to >= 1000 ? [bar("wait for the cluster and verify", to, next)] : [])];
  });
  return fenced("mermaid", ["gantt", "  dateFormat X", "  axisFormat %M:%S", ...gaps]);
}

/** The difference between the managed cluster that was read and the one that is written. */
export function request({ report, difference, leftOut }: Pick<SummaryInput, "report" | "difference" | "leftOut">, { differences, text }: Allowance): string {
  if (difference === undefined || difference.length === 0) return "";
  const shown = difference.slice(0, differences);
  const omitted = leftOut ?? [];
  const lines = ({ path, before, after }: PropertyDifference): string[] => [`@@ ${path} @@`, ...(before === undefined ? [] : [`- ${before}`]), `+ ${after}`];
  const isSent = report.plan.some(({ id, outcome }) => id === "switch-redirection" && outcome === "done");
  const verb = report.mode === "plan" || report.mode === "check" ? "Apply would send" : isSent ? "The run sent" : "The run planned";
  return blocks(
    `${verb} one PUT of the managed cluster, with If-Match. ${count(difference.length, "property differs", "properties differ")}; everything else goes back as it was read:`,
    shown.length === 0 ? "" : fenced("diff", shown.flatMap(lines), text),
    andMore(difference.length - shown.length),
    details(
      `${count(omitted.length, "read-only property is", "read-only properties are")} left out`,
      blocks(list(omitted.slice(0, differences).map((path) => code(path, text))), andMore(omitted.length - differences)),
    ),
  );
}
