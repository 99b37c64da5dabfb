/** Tells how the run ended: report file, outputs, summary, annotations, exit code. */
import type { Clock } from "../../lib/clock.ts";
import type { Report } from "../../contract.ts";
import { CancelledError, messageOf } from "../../lib/errors.ts";
import { type InputSource, reportPathOf } from "./inputs.ts";
import type { RunState } from "./run-state.ts";
import { annotationsOf, emitAnnotations } from "../../github/annotations.ts";
import { type DriftIssueOutcome, keepDriftIssue } from "../../github/drift-issue/sync.ts";
import { repositoryOf, resourceIdOf, runReferenceOf } from "../../github/context.ts";
import type { Log } from "../../github/log.ts";
import { outputsOf, setOutputs } from "../../github/outputs.ts";
import { writeReport } from "../../github/report-file.ts";
import { stepFails } from "../../report/status.ts";
import { renderSummary, writeSummary } from "../../report/summary/summary.ts";

/**
 * Tells everything that is known, also of a run that failed or was cancelled. What cannot be told in one place does not keep
 * the others from hearing it.
 *
 * @returns the exit code of the step
 */
export async function publishResults(state: RunState, inputs: InputSource, log: Log, clock: Clock): Promise<0 | 1> {
  log.phase("Report");
  const report = state.report(clock.now());
  let above = "";
  for (const check of report.checks) {
    // Seven checks that could not be looked into for the same reason need the reason once.
    log.info(`${check.result}: ${check.title}${check.message === above ? " (as above)" : `: ${check.message}`}`);
    above = check.message;
  }
  let reportPath = reportPathOf(inputs);
  try {
    reportPath = await writeReport(reportPath, report);
    log.info(`report: ${reportPath}`);
  } catch (error) {
    log.warning(`the report could not be written to ${reportPath}: ${messageOf(error)}`);
  }
  const { changed, daemonsetReady, staleWorkloads, blockedReason } = state;
  const written = await writeSummary(
    renderSummary({
      report,
      accessUsed: state.access,
      identityUsed: state.identity,
      difference: state.put?.differences,
      leftOut: state.put?.leftOut,
      warnings: state.warnings,
      blockedReason,
      reportPath,
    }),
  );
  if (!written) log.warning("the job summary could not be written");
  // After what needs no network: a run that is killed while it waits for GitHub has told the rest.
  const issue = await issueFor(state, report, inputs, log, clock);
  setOutputs(outputsOf(report, { changed, daemonsetReady, staleWorkloads, reportPath, issueNumber: issue.number }));
  log.end();
  if (issue.problem !== undefined) emitAnnotations([{ level: "warning", title: "Drift issue", message: issue.problem }]);

  const failure = stepFails({
    status: report.status,
    mode: state.mode,
    failOnDrift: state.config?.failOnDrift ?? true,
    kubeAccess: state.config?.kubeAccess ?? "auto",
  });
  emitAnnotations(annotationsOf({ report, failing: failure !== undefined, blockedReason }));
  log.info(failure ?? `${report.status}: ${report.cluster.name}`);
  return failure === undefined ? 0 : 1;
}

/** In milliseconds: the most that the drift issue may take, and the least, where the run's time is up already. */
const ISSUE_PATIENCE_MS = 3 * 60_000;
const ISSUE_LAST_WORDS_MS = 20_000;

/** Keeps the drift issue, where the run is to keep one. A run that was cancelled has no time for it, and nothing to say. */
async function issueFor(state: RunState, report: Report, inputs: InputSource, log: Log, clock: Clock): Promise<DriftIssueOutcome> {
  const { config, context, checks } = state;
  if (config?.driftIssue !== true || context === undefined || context.signal.reason instanceof CancelledError) return {};
  const now = clock.now();
  const id = report.cluster.id || resourceIdOf(config);
  const environment = (name: string): string => inputs.environment(name);
  return keepDriftIssue(
    {
      report: { ...report, cluster: { ...report.cluster, id } },
      unverifiable: new Set(checks.filter(({ unverifiable }) => unverifiable).map((check) => check.id)),
      run: runReferenceOf(environment),
    },
    repositoryOf(environment, config.githubToken),
    {
      clock,
      log,
      signal: context.signal.aborted ? new AbortController().signal : context.signal,
      endsAt: Math.max(now + ISSUE_LAST_WORDS_MS, Math.min(context.deadlineAt, now + ISSUE_PATIENCE_MS)),
    },
  );
}
