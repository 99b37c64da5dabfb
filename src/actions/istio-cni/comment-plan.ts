/** Writes the plan to the pull request that the run is about, if the inputs ask for it. */
import type { Annotation } from "../../github/annotations.ts";
import { updatePlanComment } from "../../github/pull-request-comment/sync.ts";
import type { RunnerLog } from "../../github/log.ts";
import type { Clock } from "../../lib/clock.ts";
import { CancelledError } from "../../lib/errors.ts";
import type { SummaryInput } from "../../report/summary/input.ts";
import { budgetForGitHub } from "./github-budget.ts";
import type { RunState } from "./run-state.ts";

/** Updates the comment in mode plan. A cancelled run does not. @returns what the workflow can mend */
export async function commentPlan(state: RunState, page: SummaryInput, log: RunnerLog, clock: Clock): Promise<readonly Annotation[]> {
  const { config, context } = state;
  if (config?.prComment !== true || context === undefined || context.signal.reason instanceof CancelledError) return [];
  if (config.mode !== "plan") {
    log.info(`no pull request comment: only mode plan writes it, and this is mode ${config.mode}`);
    return [];
  }
  const clusterId = page.report.cluster.id || state.target.clusterId;
  const message = await updatePlanComment({ page, clusterId, namespaces: config.namespaces }, config.githubToken, budgetForGitHub(context, log, clock));
  return message === undefined ? [] : [{ level: "warning", title: "Pull request comment", message }];
}
