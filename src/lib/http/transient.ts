/** Which failures are temporary, and how long to pause before a request is sent again. All transports use the same rules. */
import { rowFor } from "../error-table.ts";
import type { Failure } from "../errors.ts";

/** The most repetitions of a request. */
export const MAX_RETRIES = 6;
const TRANSIENT_STATUSES: readonly number[] = [408, 429, 500, 502, 503, 504];
/** The API server has waited for the webhook already: the same request would wait again and end the same. */
const FAILED_WEBHOOK = /failed calling webhook/;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
/** A refused connection or an unknown host name is rarely temporary. */
const MAX_CONNECT_RETRIES = 2;
const CONNECT_CODES: readonly string[] = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"];

/**
 * Whether a request may succeed if it is sent again.
 *
 * @param failure its message may be the whole body of the answer
 * @param retryCount how often it was sent again already
 */
export function isTransient({ service, status, code, message }: Pick<Failure, "service" | "status" | "code" | "message">, retryCount: number): boolean {
  if (status !== undefined) return TRANSIENT_STATUSES.includes(status) && !(service === "Kubernetes" && status === 500 && FAILED_WEBHOOK.test(message));
  const row = rowFor({ service, doing: "", code, message: "" });
  if (row === undefined || row.permanent) return false;
  return !CONNECT_CODES.includes(code) || retryCount < MAX_CONNECT_RETRIES;
}

/**
 * An API server that has just started refuses everybody for a second or two, until it has read its roles (seen with Kubernetes 1.33 and
 * 1.35). So long after a request without an answer a 403 may be that, in milliseconds.
 */
const STARTING_MS = 20_000;

/** Remembers when an API server last gave no answer. */
export class StartingServer {
  #unansweredAt = Number.NEGATIVE_INFINITY;

  /** Whether a failure may only mean that the API server has just started. @param now milliseconds since the epoch */
  explains({ service, status }: Pick<Failure, "service" | "status">, now: number): boolean {
    if (service !== "Kubernetes") return false;
    if (status === undefined || status === 503) this.#unansweredAt = now;
    return status === 403 && now - this.#unansweredAt < STARTING_MS;
  }
}

/** The pause before a repetition, in milliseconds: longer each time. @param random 0 (inclusive) to 1 (exclusive) */
export function backOff(retryCount: number, random: () => number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** retryCount) * (1 - 0.2 * random());
}
