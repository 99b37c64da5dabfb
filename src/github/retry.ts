/** Retries of requests to GitHub's API, within the time that a caller gives them. */
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { GitHubError } from "./github-error.ts";

/** How long requests may take, retries and waits included. */
export interface RetryBudget {
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. No wait ends later. */
  readonly endsAt: number;
}

const MAX_RETRIES = 2;
const MAX_LIMIT_WAITS = 3;

/**
 * Sends a request. Waits as long as GitHub's rate limit asks, and sends a repeatable request again after a 5xx or a lost response.
 *
 * @param isRepeatable whether a second request does no harm if GitHub processed the first
 * @throws GitHubError the last failure, and anything else that `send` rejects with
 */
export async function withRetries<T>(send: () => Promise<T>, isRepeatable: boolean, { clock, log, signal, endsAt }: RetryBudget): Promise<T> {
  for (let waits = 0, retries = 0; ; ) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      const { status, limited, retryAfterMs } = error;
      const isTransient = isRepeatable && (status === undefined || status >= 500);
      const pause = retryAfterMs ?? (isTransient && retries < MAX_RETRIES ? 1000 * 2 ** retries : undefined);
      if (pause === undefined || waits === MAX_LIMIT_WAITS || clock.now() + pause >= endsAt) throw error;
      if (limited) waits += 1;
      else retries += 1;
      log.info(`${error.message}: trying again in ${String(Math.ceil(pause / 1000))} s`);
      await clock.sleep(pause, signal);
    }
  }
}
