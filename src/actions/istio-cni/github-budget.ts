/** How long the updates of GitHub's issues and comments may take at the end of a run. */
import type { RunnerLog } from "../../github/log.ts";
import type { RetryBudget } from "../../github/pipeline-fetch.ts";
import type { Clock } from "../../lib/clock.ts";
import type { RunContext } from "../../lib/run-context.ts";

/** Milliseconds: at most, and if the time of the run is up already. */
const BUDGET_MS = 3 * 60_000;
const LEAST_BUDGET_MS = 20_000;

/** The budget of one update that begins now. */
export function budgetForGitHub({ signal, deadlineAt }: Pick<RunContext, "signal" | "deadlineAt">, log: RunnerLog, clock: Clock): RetryBudget {
  const now = clock.now();
  return {
    clock,
    log,
    signal: signal.aborted ? new AbortController().signal : signal,
    endsAt: Math.max(now + LEAST_BUDGET_MS, Math.min(deadlineAt, now + BUDGET_MS)),
  };
}
