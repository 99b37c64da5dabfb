/** Decides within seconds whether this runner can reach an API server. */
import { messageOf, ServiceError } from "../lib/errors.ts";
import type { RunContext } from "../lib/run-context.ts";

/** The connection was established and then broken. This can be transient, so the ping is repeated. */
const BROKEN_CONNECTION = /^(?:ECONNRESET|EPIPE|PARSE_ERROR|ERR_STREAM_PREMATURE_CLOSE|REQUEST_SEND_ERROR)$/;
const ATTEMPTS = 3;
const PAUSE_MS = 500;

/**
 * Pings the API server and repeats the ping after a broken connection.
 *
 * @param ping rejects with a ServiceError for a refusal or if there is no response
 * @returns why the API server cannot be reached; undefined if it responded. A refusal is a response: the queries report it
 */
export async function unreachableReason(ping: () => Promise<void>, context: RunContext): Promise<string | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await ping();
      return undefined;
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof ServiceError)) throw error;
      // A failed sign-in says nothing about whether the API server can be reached.
      if (error.failure.service !== "Kubernetes" || error.status !== undefined) return undefined;
      if (attempt === ATTEMPTS || !BROKEN_CONNECTION.test(error.code)) return messageOf(error);
      await context.clock.sleep(PAUSE_MS, context.signal);
    }
  }
}
