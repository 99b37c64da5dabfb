/** Decides within seconds whether an API server can be reached from here. */
import { messageOf, ServiceError } from "../lib/errors.ts";
import type { RunContext } from "../lib/run-context.ts";

/** The connection was there, and broke: that may be chance, and says nothing about the way. */
const BROKEN = /^(?:ECONNRESET|EPIPE|PARSE_ERROR|ERR_STREAM_PREMATURE_CLOSE|REQUEST_SEND_ERROR)$/;
const ATTEMPTS = 3;
const PAUSE_MS = 500;

/**
 * Knocks until it is known.
 *
 * @param ping rejects with a ServiceError where it is refused or not answered
 * @returns why it cannot be reached; undefined where anything answered: what it answers is for the questions to tell
 */
export async function unreachable(ping: () => Promise<void>, context: RunContext): Promise<string | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await ping();
      return undefined;
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof ServiceError)) throw error;
      // A token that could not be had is no matter of reaching anything.
      if (error.failure.service !== "Kubernetes" || error.status !== undefined) return undefined;
      if (attempt === ATTEMPTS || !BROKEN.test(error.code)) return messageOf(error);
      await context.clock.sleep(PAUSE_MS, context.signal);
    }
  }
}
