/** What a run prints while it runs. */
import * as core from "@actions/core";
import { plain } from "../report/escape.ts";
import { elapsed } from "../report/format.ts";
import { rememberSecret } from "../lib/redaction.ts";

/** Lines of plain text in named phases. Text may come from anywhere: every implementation makes it harmless. */
export interface Log {
  /** Starts a phase, and ends the former. */
  phase(title: string): void;
  info(text: string): void;
  /** A line that stands out. Not an annotation: those come from the report, once, at the end. */
  warning(text: string): void;
  /** Shown only where the workflow runs with debug logging. */
  debug(text: string): void;
  /** Ends the phase, if one is open. */
  end(): void;
}

/** What {@link ActionsLog} needs of `@actions/core`. */
export type RunnerLog = Pick<typeof core, "info" | "debug" | "isDebug" | "startGroup" | "endGroup">;

/** The log of an Actions step: a fold-out group per phase, each line with the time since the start of the run. */
export class ActionsLog implements Log {
  readonly #now: () => number;
  readonly #runner: RunnerLog;
  readonly #start: number;
  #open = false;

  /** `now` in milliseconds, of any origin: the log starts at its first answer. */
  constructor(now: () => number, runner: RunnerLog = core) {
    this.#now = now;
    this.#runner = runner;
    this.#start = now();
  }

  phase(title: string): void {
    this.end();
    this.#runner.startGroup(plain(title));
    this.#open = true;
  }

  info(text: string): void {
    this.#line(text);
  }

  warning(text: string): void {
    this.#line(`⚠ ${text}`);
  }

  debug(text: string): void {
    // The runner would only throw them away: two for each request.
    if (this.#runner.isDebug()) this.#runner.debug(this.#stamped(text));
  }

  end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#runner.endGroup();
  }

  #line(text: string): void {
    this.#runner.info(this.#stamped(text));
  }

  #stamped(text: string): string {
    return plain(`${elapsed(this.#now() - this.#start)} ${text}`);
  }
}

/**
 * Has a secret replaced by `***` wherever it is told: by the runner in the log, by the action itself in all that it tells. For
 * secrets only: masking an id would break later steps.
 */
export function mask(secret: string, setSecret: (secret: string) => void = core.setSecret): void {
  // The runner complains aloud about an empty mask.
  if (secret.trim() === "") return;
  rememberSecret(secret);
  setSecret(secret);
}
