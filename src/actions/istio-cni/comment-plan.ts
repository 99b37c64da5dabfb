/** Writes the plan to the pull request that the run is about, if the inputs ask for it. */
import type { Annotation } from "../../github/annotations.ts";
import { updatePlanComment } from "../../github/pull-request-comment/sync.ts";
import type { Runner } from "../../github/runner.ts";
import type { SummaryInput } from "../../report/summary/input.ts";
import { budgetForGitHub } from "./github-budget.ts";
import type { RunState } from "./run-state.ts";

/** Updates the comment in mode plan. A cancelled run does not. @returns what the workflow can mend */
export async function commentPlan(state: RunState, page: SummaryInput, runner: Pick<Runner, "log" | "clock" | "cancelled">): Promise<readonly Annotation[]> {
  const { config, context } = state;
  if (config?.prComment !== true || context === undefined || runner.cancelled.aborted) return [];
  if (config.mode !== "plan") {
    runner.log.info(`no pull request comment: only mode plan writes it, and this is mode ${config.mode}`);
    return [];
  }
  const clusterId = page.report.cluster.id || state.target.clusterId;
  const message = await updatePlanComment({ page, clusterId, namespaces: config.namespaces }, config.githubToken, budgetForGitHub(context, runner));
  return message === undefined ? [] : [{ level: "warning", title: "Pull request comment", message }];
}
