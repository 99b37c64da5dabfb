/** Tells how the run ended: report file, outputs, summary, annotations, exit code. */
import type { Clock } from "./clock.ts";
import { messageOf } from "./errors.ts";
import { type InputSource, reportPathOf } from "./inputs.ts";
import type { RunRecord } from "./record.ts";
import { annotationsOf, emit } from "./report/annotations.ts";
import type { ActionsLog } from "./report/log.ts";
import { outputsOf, setOutputs } from "./report/outputs.ts";
import { writeReport } from "./report/report-file.ts";
import { stepFails } from "./report/status.ts";
import { renderSummary, writeSummary } from "./report/summary.ts";

/**
 * Tells everything that is known, also of a run that failed or was cancelled. What cannot be told in one place does not keep
 * the others from hearing it.
 *
 * @returns the exit code of the step
 */
export async function tell(record: RunRecord, inputs: InputSource, log: ActionsLog, clock: Clock): Promise<0 | 1> {
  log.phase("Report");
  const report = record.report(clock.now());
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
  const { changed, daemonsetReady, staleWorkloads, blockedReason } = record;
  setOutputs(outputsOf(report, { changed, daemonsetReady, staleWorkloads, reportPath }));
  const written = await writeSummary(
    renderSummary({
      report,
      accessUsed: record.access,
      identityUsed: record.identity,
      difference: record.difference,
      leftOut: record.leftOut,
      warnings: record.warnings,
      blockedReason,
      reportPath,
    }),
  );
  if (!written) log.warning("the job summary could not be written");
  log.end();

  const failure = stepFails({
    status: report.status,
    mode: record.mode,
    failOnDrift: record.config?.failOnDrift ?? true,
    kubeAccess: record.config?.kubeAccess ?? "auto",
  });
  emit(annotationsOf({ report, failing: failure !== undefined, blockedReason }));
  log.info(failure ?? `${report.status}: ${report.cluster.name}`);
  return failure === undefined ? 0 : 1;
}
