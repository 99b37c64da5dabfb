/** How long the updates of GitHub's issues and comments may take at the end of a run. */
import type { RetryBudget } from "../../github/pipeline-fetch.ts";
import type { Runner } from "../../github/runner.ts";
import type { RunContext } from "../../lib/run-context.ts";

/** Milliseconds: at most, and if the time of the run is up already. */
const BUDGET_MS = 3 * 60_000;
const LEAST_BUDGET_MS = 20_000;

/** The budget of one update that begins now. */
export function budgetForGitHub({ deadlineAt }: Pick<RunContext, "deadlineAt">, { log, clock, cancelled }: Pick<Runner, "log" | "clock" | "cancelled">): RetryBudget {
  const now = clock.now();
  return {
    clock,
    log,
    // Not the signal of the run, which its deadline has aborted.
    signal: cancelled,
    endsAt: Math.max(now + LEAST_BUDGET_MS, Math.min(deadlineAt, now + BUDGET_MS)),
  };
}
