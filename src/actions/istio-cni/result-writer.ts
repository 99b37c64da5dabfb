/** Writes the results of a run to files, and keeps account of those that cannot be written. */
import type { Annotation } from "../../github/annotations.ts";
import type { RunnerLog } from "../../github/log.ts";
import type { Runner } from "../../github/runner.ts";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";

/** The results, and what to do where one cannot be written. */
const REMEDIES = {
  report: "Check the input report-path, or RUNNER_TEMP, and whether the disk is full.",
  "job summary": "Check GITHUB_STEP_SUMMARY, which the runner sets, and whether the disk is full.",
  outputs: "Check GITHUB_OUTPUT, which the runner sets, and whether the disk is full.",
} as const;
type Result = keyof typeof REMEDIES;

/** Milliseconds until a file is given up. Only a file system that hangs takes as long. */
const LIMIT_MS = 10_000;
/** The same once the run is cancelled: the runner kills the process 10 s after SIGINT, and the other results have to be written before. */
const CANCELLED_LIMIT_MS = 500;

/** A result that cannot be written does not keep the others from being written. */
export class ResultWriter {
  /** One error per result that could not be written. */
  readonly annotations: Annotation[] = [];
  /** Whether a file system did not answer: an operation on it is still outstanding. */
  isHanging = false;
  readonly #failed = new Set<Result>();
  readonly #log: RunnerLog;
  readonly #clock: Clock;
  readonly #cancelled: AbortSignal;

  constructor({ log, clock, cancelled }: Pick<Runner, "log" | "clock" | "cancelled">) {
    this.#log = log;
    this.#clock = clock;
    this.#cancelled = cancelled;
  }

  /** Resolves to what `work` returns; to undefined if it throws, or does not end in time. */
  async write<T>(result: Result, work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await this.#inTime(work);
    } catch (error) {
      const problem = `the ${result} could not be written: ${messageOf(error)}`;
      this.#log.warning(problem);
      if (!this.#failed.has(result)) this.annotations.push({ level: "error", title: `No ${result}`, message: `${problem.replace(/\.$/, "")}. ${REMEDIES[result]}` });
      this.#failed.add(result);
      return undefined;
    }
  }

  /** Why the step fails although its status does not ask for it: later steps read the report and the outputs, but not the summary. */
  get failure(): string | undefined {
    const lost = (["report", "outputs"] as const).filter((result) => this.#failed.has(result));
    return lost.length === 0 ? undefined : `Failed: the run could not write its ${lost.join(" and ")}.`;
  }

  async #inTime<T>(work: () => T | Promise<T>): Promise<T> {
    const ended = new AbortController();
    try {
      return await Promise.race([work(), this.#giveUp(ended.signal)]);
    } finally {
      ended.abort();
    }
  }

  /** Rejects when a file has to be given up. @param ended aborted when it was written before */
  #giveUp(ended: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
      const giveUpAfter = (ms: number): void => {
        const limit = this.#clock.timeout(ms);
        limit.addEventListener(
          "abort",
          () => {
            this.isHanging = true;
            reject(new Error("the file system did not answer in time"));
          },
          { once: true, signal: ended },
        );
      };
      const onCancelled = (): void => giveUpAfter(CANCELLED_LIMIT_MS);
      giveUpAfter(LIMIT_MS);
      if (this.#cancelled.aborted) onCancelled();
      else this.#cancelled.addEventListener("abort", onCancelled, { once: true, signal: ended });
    });
  }
}
