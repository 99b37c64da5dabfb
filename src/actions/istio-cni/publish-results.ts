/** Publishes the results of a run: report file, summary, drift issue, pull request comment, outputs, annotations, exit code. */
import type { Report } from "../../contract.ts";
import { type Annotation, annotationsOf, emitAnnotations } from "../../github/annotations.ts";
import { type DriftIssueOutcome, updateDriftIssue } from "../../github/drift-issue/sync.ts";
import { overwriteSummary } from "../../github/job-summary.ts";
import type { RunnerLog } from "../../github/log.ts";
import { outputsOf, setOutputs } from "../../github/outputs.ts";
import { jobUrl, pageLinks } from "../../github/page-links.ts";
import { writeReport } from "../../github/report-file.ts";
import { endAtOnce, type Runner } from "../../github/runner.ts";
import { lastWriteClause } from "../../report/last-writes.ts";
import { portalLinks } from "../../report/links.ts";
import { commandsOf, messageLines } from "../../report/message.ts";
import { anchorOf } from "../../lib/error-table.ts";
import { stepFails } from "../../report/status.ts";
import type { SummaryInput } from "../../report/summary/input.ts";
import { renderSummary } from "../../report/summary/summary.ts";
import { commentPlan } from "./comment-plan.ts";
import { budgetForGitHub } from "./github-budget.ts";
import { reportPathOf } from "./inputs.ts";
import { ResultWriter } from "./result-writer.ts";
import type { RunState } from "./run-state.ts";

/**
 * Publishes everything that is known, also of a run that failed or was cancelled. A failure to publish in one place does not affect
 * the others.
 *
 * @returns the exit code of the step
 */
export async function publishResults(state: RunState, runner: Pick<Runner, "inputs" | "log" | "clock" | "cancelled">): Promise<0 | 1> {
  const { inputs, log, clock } = runner;
  log.phase("Report");
  const links = pageLinks(inputs);
  const url = jobUrl(links.run, state.config?.jobId ?? "");
  const report = { ...state.report(clock.now()), ...(url === "" ? {} : { run: { url } }) };
  const { config, changed, daemonsetReady, staleWorkloads } = state;
  const failure = stepFails({ status: report.status, mode: state.mode, failOnDrift: config?.failOnDrift ?? true, kubeAccess: config?.kubeAccess ?? "auto" });
  logChecks(report, state.access, log);
  const written = lastWriteClause(report.lastWrites ?? []);
  if (written !== "") log.info(`before this run, the cluster was ${written}`);

  const writer = new ResultWriter(runner);
  const reportPath = await writer.write("report", () => writeReport(reportPathOf(inputs), report));
  if (reportPath !== undefined) log.info(`report: ${reportPath}`);
  const page: SummaryInput = {
    report,
    accessUsed: state.access,
    identityUsed: state.identity,
    difference: state.put?.differences,
    leftOut: state.put?.leftOut,
    warnings: state.warnings,
    lastWrites: state.lastWrites,
    links: { ...portalLinks(String(config?.azureEnvironment ?? ""), report.cluster.id), ...links },
    errorAnchor: anchorOf(state.error),
    reportPath,
  };
  await writer.write("job summary", () => overwriteSummary(renderSummary(page)));
  await writer.write("outputs", () => setOutputs(outputsOf(report, { changed, daemonsetReady, staleWorkloads, reportPath })));
  // After everything that needs no network, so that a run that is killed while it waits for GitHub has published the rest.
  const { number, problem } = await issueFor(state, report, runner);
  if (number !== undefined) await writer.write("outputs", () => setOutputs({ "issue-number": String(number) }));
  const comment = await commentPlan(state, page, runner);
  log.end();

  const others: readonly Annotation[] = [
    ...writer.annotations,
    ...state.inputHints.map((message) => ({ level: "warning", title: "Unknown input", message }) as const),
    ...(problem === undefined ? [] : [{ level: "warning", title: "Drift issue", message: problem } as const]),
    ...comment,
  ];
  emitAnnotations(annotationsOf({ report, failing: failure !== undefined, others }));
  const [verdict = "", ...more] = messageLines(report);
  for (const line of [`${report.status}: ${verdict}`, ...more, ...commandsOf(report)]) log.info(line);
  if (failure !== undefined || writer.failure !== undefined) log.info(failure ?? writer.failure ?? "");
  if (writer.isHanging) endAtOnce();
  return failure === undefined && writer.failure === undefined ? 0 : 1;
}

/** Logs each check. A message that several share, such as the reason why the cluster could not be reached, is logged once. @param told the reason why there is no access, which the log has */
function logChecks({ checks }: Report, access: string, log: RunnerLog): void {
  const told = new Set([access.replace(/^none: /, "")]);
  for (const { result, title, message } of checks) {
    log.info(`${result}: ${title}${told.has(message) ? " (as above)" : `: ${message}`}`);
    told.add(message);
  }
}

/** Updates the drift issue if the inputs ask for it. A cancelled run does not. */
async function issueFor(state: RunState, report: Report, runner: Pick<Runner, "log" | "clock" | "cancelled">): Promise<DriftIssueOutcome> {
  const { config, context, checks } = state;
  if (config?.driftIssue !== true || context === undefined || runner.cancelled.aborted) return {};
  const id = report.cluster.id || state.target.clusterId;
  return updateDriftIssue(
    {
      report: { ...report, cluster: { ...report.cluster, id } },
      unverifiable: new Set(checks.filter(({ unverifiable }) => unverifiable).map((check) => check.id)),
      unobserved: new Set(checks.filter(({ unobserved }) => unobserved).map((check) => check.id)),
      namespaces: config.namespaces,
    },
    config.githubToken,
    budgetForGitHub(context, runner),
  );
}
