/** Repeats requests that failed for a reason that passes, for the transports through kubectl. `direct` does the same in its sender. */
import { type Failure, ServiceError } from "../lib/errors.ts";
import { backOff, isTransient, MAX_RETRIES, type StartingServer } from "../lib/http/transient.ts";
import type { RunContext } from "../lib/run-context.ts";
import type { Write } from "./query.ts";

/** Whether a write may be sent again although it may have been carried out. A create may not: it would create a second object. */
export function isResendable({ verb, dryRun }: Pick<Write, "verb" | "dryRun">): boolean {
  return dryRun || verb === "patch";
}

/** The repetitions of one request. */
export class Repetitions {
  readonly #context: RunContext;
  readonly #starting: StartingServer;
  #count = 0;

  /** @param starting of the API server that all requests of a transport go to */
  constructor(context: RunContext, starting: StartingServer) {
    this.#context = context;
    this.#starting = starting;
  }

  /** Counts and logs a repetition. @returns the pause before it in milliseconds; undefined if the failure is final */
  next(failure: Failure): number | undefined {
    const { clock, deadlineAt, log, random, requests } = this.#context;
    const isStarting = this.#starting.explains(failure, clock.now());
    if (this.#count === MAX_RETRIES || !(isStarting || isTransient(failure, this.#count))) return undefined;
    const pause = backOff(isStarting ? 0 : this.#count, random);
    if (clock.now() + pause >= deadlineAt) return undefined;
    this.#count += 1;
    requests.retried += 1;
    const { service, status, code } = failure;
    log.info(`${service} ${status === undefined ? `failed (${code})` : `answered ${status}`}: trying again in ${Math.ceil(pause / 1000)} s`);
    return pause;
  }

  /** Sends a request, and sends it again after each failure that passes. @throws the error of the last attempt */
  async send<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        const pause = error instanceof ServiceError ? this.next(error.failure) : undefined;
        if (pause === undefined) throw error;
        await this.#context.clock.sleep(pause, this.#context.signal);
      }
    }
  }
}
