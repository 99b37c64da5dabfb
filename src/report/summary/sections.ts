/** The sections of the job summary on status, error, cluster, steps and requests. Pure. Each is empty if it has no content. */
import { CNI_CHAINING, INIT_CONTAINERS } from "../../contract.ts";
import type { PropertyDifference, Report, Status, StepOutcome, StepReport } from "../../contract.ts";
import { code, fenced, markdown } from "../escape.ts";
import { duration } from "../../lib/duration.ts";
import { count } from "../../lib/plural.ts";
import type { Allowance, SummaryInput } from "./input.ts";
import { alert, andMore, blocks, details, list, table } from "../markdown.ts";

const STATUS_ICONS: Readonly<Record<Status, string>> = {
  compliant: "✅",
  changed: "✅",
  drifted: "⚠️",
  unverified: "❓",
  failed: "❌",
};

const OUTCOMES: Readonly<Record<StepOutcome, string>> = {
  planned: "📝 planned",
  done: "✅ done",
  unneeded: "➖ not needed",
  failed: "❌ failed",
  skipped: "⏭️ skipped",
};

/** The status, and what it means. */
export function headline({ report, blockedReason }: SummaryInput, { text }: Allowance): string {
  const name = markdown(report.cluster.name, text) || "unknown cluster";
  return blocks(
    `## ${STATUS_ICONS[report.status]} ${name}: ${report.status}`,
    `${meaning(report, text)}${warningsIn(report)}${blocked(report, blockedReason ?? "", text)}`,
  );
}

/** The status in words. It says what is proven: how many pods are redirected, by the check that counts them. */
function meaning(report: Report, limit: number): string {
  const { mode, status, checks, mesh, plan } = report;
  const goal = mode === "disable" ? "Init containers redirect" : "CNI chaining is on";
  const proof = markdown(checks.find(({ id }) => id === "pods-redirected")?.message ?? "", limit);
  const failed = `${count(checks.filter(({ result }) => result === "fail").length, "check")} failed`;
  switch (status) {
    case "compliant":
      return `${mode === "plan" ? "Nothing to do" : "Nothing was changed"}. ${goal}. ${proof}`.trim();
    case "changed": {
      const { before, after } = mesh.redirectionMechanism;
      const change = before === after ? `What was missing is done. ${goal}.` : `Redirection was switched to ${mechanism(after)}.`;
      return `${change} ${proof}`.trim();
    }
    case "drifted": {
      if (mode !== "plan") return `The cluster has drifted: ${failed}. Nothing was changed; mode apply repairs what it can.`;
      const planned = plan.filter(({ outcome }) => outcome === "planned").length;
      // As `StepTracker.block` words it.
      const blocker = plan.map(({ reason }) => /^blocked \(([\w-]+)\)/.exec(reason)?.[1]).find((code) => code !== undefined);
      const blocked = checks.find(({ id }) => id === blocker);
      if (blocked !== undefined) return `Apply would change nothing: ${markdown(blocked.message, limit)} ${failed}.`;
      return planned === 0 ? `Apply would change nothing, and ${failed}.` : `Apply would take ${count(planned, "step")}; ${failed}. Nothing was changed.`;
    }
    case "unverified":
      return "Azure's settings are correct, but the cluster could not be looked into, so nothing proves that it follows them.";
    case "failed":
      return report.error === undefined ? `The run finished, but ${failed}.` : "The run stopped before it reached its goal.";
  }
}

function warningsIn({ checks }: Report): string {
  const warnings = checks.filter(({ result }) => result === "warn").length;
  return warnings === 0 ? "" : ` ${count(warnings, "check warns", "checks warn")}.`;
}

function blocked(report: Report, reason: string, limit: number): string {
  return report.status === "unverified" && reason !== "" ? ` The reason: ${markdown(reason, limit)}` : "";
}

/** The error that ended the run: the operation, the response, the remedy. */
export function failure({ error }: Report, { text }: Allowance): string {
  if (error === undefined) return "";
  const correlation = error.correlationId ?? "";
  return alert(
    "CAUTION",
    `**Failed while:** ${markdown(error.doing, text)}`,
    `**What came back:** ${code(error.code, text)} ${markdown(error.message, text)}`,
    correlation === "" ? "" : `**Correlation ID:** ${code(correlation, text)}`,
    error.remedy === "" ? "" : `**What to do:** ${markdown(error.remedy, text)}`,
  );
}

/** The cluster, its mesh, and how the run accessed them. */
export function facts({ report, accessUsed, identityUsed }: SummaryInput, { text }: Allowance): string {
  const { cluster, mesh, feature } = report;
  const rows: [string, string][] = [
    ["Redirection", beforeAfter(code(mesh.redirectionMechanism.before, text), code(mesh.redirectionMechanism.after, text))],
    ["Mesh revisions", mesh.revisions.slice(0, 10).map((revision) => code(revision, text)).join(", ")],
    ["Feature flag", join([beforeAfter(code(feature.before, text), code(feature.after, text)), markdown(feature.name, text)])],
    ["Kubernetes", join([code(cluster.kubernetesVersion, text), markdown(cluster.sku, text), markdown(cluster.location, text)])],
    ["State", join([markdown(cluster.provisioningState, text), markdown(cluster.powerState, text)])],
    ["Kubernetes access", markdown(accessUsed, text)],
    ["Identity", markdown(identityUsed, text)],
  ];
  const id = code(cluster.id, text);
  return blocks(
    table(
      ["Cluster", code(cluster.name, text) || "unknown"],
      rows.filter(([, value]) => value !== ""),
    ),
    // A long ID would make the table too wide.
    id === "" ? "" : `<sub>Resource ID: ${id}</sub>`,
  );
}

/** The steps that the run took or would take. */
export function steps({ mode, plan, status }: Report, { text }: Allowance): string {
  const planning = mode === "plan" || mode === "check";
  const heading = planning ? "### What apply would do" : "### What was done";
  const row = ({ title, reason, outcome, durationMs }: StepReport): string[] => [
    outcome === "done" || outcome === "failed" ? `${OUTCOMES[outcome]} after ${duration(durationMs)}` : OUTCOMES[outcome],
    markdown(title, text),
    markdown(reason, text),
  ];
  const needed = plan.filter(({ outcome }) => outcome !== "unneeded");
  const unneeded = plan.filter(({ outcome }) => outcome === "unneeded");
  if (needed.length === 0 && unneeded.length === 0) return status === "failed" ? "" : blocks(heading, "Nothing needs doing.");
  return blocks(
    heading,
    needed.length === 0 ? "Nothing needs doing." : table(["", "Step", "Why"], needed.map(row)),
    details(
      count(unneeded.length, "step was not needed", "steps were not needed"),
      table(["Step", "Why not"], unneeded.map(({ title, reason }) => [markdown(title, text), markdown(reason, text)])),
    ),
  );
}

/** The difference between the managed cluster that was read and the one that is written. */
export function request({ difference, leftOut }: SummaryInput, { differences, text }: Allowance): string {
  if (difference === undefined || difference.length === 0) return "";
  const shown = difference.slice(0, differences);
  const omitted = leftOut ?? [];
  const lines = ({ path, before, after }: PropertyDifference): string[] => [
    `@@ ${path} @@`,
    ...(before === undefined ? [] : [`- ${before}`]),
    `+ ${after}`,
  ];
  return blocks(
    "### The request",
    `One PUT of the managed cluster, with If-Match: ${count(difference.length, "property differs", "properties differ")}, ` +
      "everything else goes back as it was read.",
    shown.length === 0 ? "" : fenced("diff", shown.flatMap(lines), text),
    andMore(difference.length - shown.length),
    details(
      `${count(omitted.length, "read-only property is", "read-only properties are")} left out`,
      blocks(list(omitted.slice(0, differences).map((path) => code(path, text))), andMore(omitted.length - differences)),
    ),
  );
}

/** Mode, duration, numbers of requests, and the path of the JSON report. */
export function footer({ report, reportPath }: SummaryInput, { text }: Allowance): string {
  const { arm, kubernetes, retried } = report.requests;
  const took = Date.parse(report.finishedAt) - Date.parse(report.startedAt);
  const parts = [
    `Mode ${report.mode}, started ${markdown(report.startedAt, text)}, took ${duration(took)}`,
    `requests: ${String(arm)} to Resource Manager, ${String(kubernetes)} to Kubernetes, ${String(retried)} of them retried`,
    `JSON report: ${reportPath === undefined ? "could not be written" : code(reportPath, text)}`,
  ];
  return `<sub>${parts.join(" · ")}</sub>`;
}

function mechanism(value: string): string {
  if (value === CNI_CHAINING) return "CNI chaining";
  if (value === INIT_CONTAINERS) return "init containers";
  return code(value, 200);
}

function beforeAfter(before: string, after: string): string {
  if (before === after || before === "") return after;
  return `${before} → <strong>${after || "unknown"}</strong>`;
}

function join(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" · ");
}
