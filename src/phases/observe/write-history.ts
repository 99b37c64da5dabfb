/** Reads who wrote the cluster last, for runs that find drift. */
import type { ActivityLog } from "../../azure/activity-log.ts";
import type { LastWrite } from "../../contract.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Observed } from "../../lib/observed.ts";
import type { RunContext } from "../../lib/run-context.ts";

/** The last writes, read at most once, beside everything else that the run does. */
export class WriteHistory {
  readonly #log: Pick<ActivityLog, "lastWrites">;
  readonly #startedAt: number;
  readonly #context: Pick<RunContext, "log">;
  #reading: Promise<Observed<readonly LastWrite[]>> | undefined;

  /** @param startedAt milliseconds since the epoch: later writes may be the run's own, and are left out */
  constructor(log: Pick<ActivityLog, "lastWrites">, startedAt: number, context: Pick<RunContext, "log">) {
    this.#log = log;
    this.#startedAt = startedAt;
    this.#context = context;
  }

  /** Sends the request, unless it was sent before. */
  request(): void {
    if (this.#reading !== undefined) return;
    this.#reading = this.#log.lastWrites(this.#startedAt);
    // Nobody may await it if the run ends early.
    this.#reading.catch(() => undefined);
  }

  /** The answer; undefined if no request was sent. Waits no longer than {@link ActivityLog.lastWrites}, and never rejects: a run does not fail for it. */
  async result(): Promise<Observed<readonly LastWrite[]> | undefined> {
    const result = await this.#reading?.catch((error: unknown) => ({ seen: false, why: messageOf(error), remedy: "" }) as const);
    if (result?.seen === false) this.#context.log.info(`who wrote the cluster last is not known: ${result.why}`);
    return result;
  }
}
