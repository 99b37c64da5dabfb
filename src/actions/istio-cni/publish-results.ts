/** Publishes the results of a run: report file, summary, drift issue, pull request comment, outputs, annotations, exit code. */
import type { Report } from "../../contract.ts";
import { type Annotation, annotationsOf, emitAnnotations } from "../../github/annotations.ts";
import { type DriftIssueOutcome, updateDriftIssue } from "../../github/drift-issue/sync.ts";
import { overwriteSummary } from "../../github/job-summary.ts";
import type { RunnerLog } from "../../github/log.ts";
import { outputsOf, setOutputs } from "../../github/outputs.ts";
import { writeReport } from "../../github/report-file.ts";
import { endAtOnce } from "../../github/runner.ts";
import type { Clock } from "../../lib/clock.ts";
import { CancelledError } from "../../lib/errors.ts";
import type { InputSource } from "../../lib/input-reader.ts";
import { lastWriteClause } from "../../report/last-writes.ts";
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
export async function publishResults(state: RunState, inputs: InputSource, log: RunnerLog, clock: Clock): Promise<0 | 1> {
  log.phase("Report");
  const report = state.report(clock.now());
  const { config, changed, daemonsetReady, staleWorkloads, blockedReason } = state;
  const failure = stepFails({ status: report.status, mode: state.mode, failOnDrift: config?.failOnDrift ?? true, kubeAccess: config?.kubeAccess ?? "auto" });
  logChecks(report, log);
  const written = lastWriteClause(report.lastWrites ?? []);
  if (written !== "") log.info(`before this run, the cluster was ${written}`);

  const writer = new ResultWriter(log, clock);
  const reportPath = await writer.write("report", () => writeReport(reportPathOf(inputs), report));
  if (reportPath !== undefined) log.info(`report: ${reportPath}`);
  const page: SummaryInput = {
    report,
    accessUsed: state.access,
    identityUsed: state.identity,
    difference: state.put?.differences,
    leftOut: state.put?.leftOut,
    warnings: state.warnings,
    blockedReason,
    lastWrites: state.lastWrites,
    reportPath,
  };
  await writer.write("job summary", () => overwriteSummary(renderSummary(page)));
  await writer.write("outputs", () => setOutputs(outputsOf(report, { changed, daemonsetReady, staleWorkloads, reportPath })));
  // After everything that needs no network, so that a run that is killed while it waits for GitHub has published the rest.
  const { number, problem } = await issueFor(state, report, log, clock);
  if (number !== undefined) await writer.write("outputs", () => setOutputs({ "issue-number": String(number) }));
  const comment = await commentPlan(state, page, log, clock);
  log.end();

  const others: readonly Annotation[] = [
    ...writer.annotations,
    ...state.inputHints.map((message) => ({ level: "warning", title: "Unknown input", message }) as const),
    ...(problem === undefined ? [] : [{ level: "warning", title: "Drift issue", message: problem } as const]),
    ...comment,
  ];
  emitAnnotations(annotationsOf({ report, failing: failure !== undefined, blockedReason, others }));
  log.info(failure ?? writer.failure ?? `${report.status}: ${report.cluster.name}`);
  if (writer.isHanging) endAtOnce();
  return failure === undefined && writer.failure === undefined ? 0 : 1;
}

function logChecks({ checks }: Report, log: RunnerLog): void {
  let previous = "";
  for (const check of checks) {
    // Checks in sequence that share a message, such as the reason why the cluster could not be reached, log it once.
    log.info(`${check.result}: ${check.title}${check.message === previous ? " (as above)" : `: ${check.message}`}`);
    previous = check.message;
  }
}

/** Updates the drift issue if the inputs ask for it. A cancelled run does not. */
async function issueFor(state: RunState, report: Report, log: RunnerLog, clock: Clock): Promise<DriftIssueOutcome> {
  const { config, context, checks } = state;
  if (config?.driftIssue !== true || context === undefined || context.signal.reason instanceof CancelledError) return {};
  const id = report.cluster.id || state.target.clusterId;
  return updateDriftIssue(
    {
      report: { ...report, cluster: { ...report.cluster, id } },
      unverifiable: new Set(checks.filter(({ unverifiable }) => unverifiable).map((check) => check.id)),
      unobserved: new Set(checks.filter(({ unobserved }) => unobserved).map((check) => check.id)),
      namespaces: config.namespaces,
    },
    config.githubToken,
    budgetForGitHub(context, log, clock),
  );
}
