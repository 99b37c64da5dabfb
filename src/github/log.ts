/** The log of a step, and the masking of secrets in it. */
import * as core from "@actions/core";
import type { Log } from "../lib/log.ts";
import { rememberSecret } from "../lib/redaction.ts";
import { plain } from "../report/escape.ts";
import { elapsed } from "../report/format.ts";

/** A log in named phases. */
export interface RunnerLog extends Log {
  /** Starts a phase and ends the one before. */
  phase(title: string): void;
  /** Ends the phase, if one is open. */
  end(): void;
}

/** The functions of `@actions/core` that {@link ActionsLog} calls. */
type Commands = Pick<typeof core, "info" | "debug" | "isDebug" | "startGroup" | "endGroup">;

/** UTF-16 units of a line, so that it can be read. Texts that are cut are in the report in full. The number of what is cut follows. */
const MAX_LINE = 360;

/** Logs to the step's log: a collapsible group per phase, each line with the time since the start of the run. */
export class ActionsLog implements RunnerLog {
  readonly #now: () => number;
  readonly #runner: Commands;
  readonly #start: number;
  #open = false;

  /** @param now milliseconds since any origin; the first value is the start of the run */
  constructor(now: () => number, runner: Commands = core) {
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
    // Without debug logging the runner drops these lines, of which each request writes two.
    if (this.#runner.isDebug()) this.#runner.debug(this.#stamped(text));
  }

  end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#runner.endGroup();
  }

  #line(text: string): void {
    this.#runner.info(this.#stamped(text, MAX_LINE));
  }

  #stamped(text: string, limit?: number): string {
    return plain(`${elapsed(this.#now() - this.#start)} ${text}`, limit);
  }
}

/**
 * Replaces a secret by `***`: the runner in the log, the action in everything else that it publishes. Only for secrets, because masking
 * an ID breaks later steps that use it.
 */
export function mask(secret: string, setSecret: (secret: string) => void = core.setSecret): void {
  // The runner warns about an empty mask.
  if (secret.trim() === "") return;
  rememberSecret(secret);
  setSecret(secret);
}
