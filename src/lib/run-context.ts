/** What every part of a run shares: clock, log, deadline, signal, request counters. */
import type { Clock } from "./clock.ts";
import { duration } from "./duration.ts";
import { DeadlineError } from "./errors.ts";
import type { Log } from "./log.ts";

/** How long a run may still wait for role assignments to take effect. */
export interface RoleWait {
  /** Milliseconds, for all requests of the run together; 0 in a run that changes nothing. */
  leftMs: number;
  /** The last line logged about it: the refused request, and when. */
  logged: { readonly doing: string; readonly at: number } | undefined;
}

/**
 * For the whole of a run, a minute by default. Most assignments take effect sooner; a role that nobody granted should not be
 * waited for long.
 */
const ROLE_WAIT_POLLS = 6;

/** @param pollIntervalMs the run's poll interval */
export function roleWait(waitsForRoles: boolean, pollIntervalMs: number): RoleWait {
  return { leftMs: waitsForRoles ? ROLE_WAIT_POLLS * pollIntervalMs : 0, logged: undefined };
}

/** Handed to everything that takes time in a run. */
export interface RunContext {
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted when the run is cancelled or its time is up; the reason is the error to end with. */
  readonly signal: AbortSignal;
  /** When the run's time is up, in milliseconds since the epoch. */
  readonly deadlineAt: number;
  /** Between polls, unless the service asks for another pause. */
  readonly pollIntervalMs: number;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Requests sent so far, for the report. */
  readonly requests: { arm: number; kubernetes: number; retried: number };
  readonly roleWait: RoleWait;
}

/** What a {@link RunContext} is made of. */
export interface RunOptions extends Pick<RunContext, "clock" | "log" | "signal" | "pollIntervalMs" | "random"> {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly timeoutMs: number;
  /** Whether the run may wait for role assignments that have not taken effect yet: a run that changes nothing does not. */
  readonly waitsForRoles: boolean;
}

/** The context of a run that begins now. */
export function createRunContext({ startedAt, timeoutMs, waitsForRoles, ...shared }: RunOptions): RunContext {
  return {
    ...shared,
    deadlineAt: startedAt + timeoutMs,
    requests: { arm: 0, kubernetes: 0, retried: 0 },
    roleWait: roleWait(waitsForRoles, shared.pollIntervalMs),
  };
}

/** The state of something that is being waited for. */
export type Progress<T> =
  | { readonly done: true; readonly value: T }
  | {
      readonly done: false;
      /** What it is like now: a change of this text is a line in the log. */
      readonly state: string;
      /** The pause that the service asked for. */
      readonly retryAfterMs?: number | undefined;
    };

/** A line at least this often while nothing changes, so that nobody takes waiting for hanging. */
const HEARTBEAT_MS = 60_000;

/** Up to a fifth earlier keeps a fleet of runs from polling in step; never later, so that a change is noticed within one interval. */
const JITTER = 0.2;

/**
 * Polls until what is waited for has happened.
 *
 * @param waitingFor what is waited for, as a noun phrase: `the switch to CNIChaining`
 * @param withinMs a bound below that of the run
 * @throws DeadlineError naming what was waited for and its last state
 */
export async function poll<T>(
  context: RunContext,
  waitingFor: string,
  check: () => Promise<Progress<T>>,
  withinMs = Number.POSITIVE_INFINITY,
): Promise<T> {
  const { clock, log } = context;
  const startedAt = clock.now();
  const endsAt = Math.min(context.deadlineAt, startedAt + withinMs);
  let lastState = "";
  let lastLineAt = startedAt;
  for (;;) {
    context.signal.throwIfAborted();
    const progress = await check();
    if (progress.done) return progress.value;
    const now = clock.now();
    if (progress.state !== lastState) {
      log.info(`waiting for ${waitingFor}: ${progress.state}`);
      lastLineAt = now;
    } else if (now - lastLineAt >= HEARTBEAT_MS) {
      log.info(`still waiting for ${waitingFor}: ${progress.state} (${duration(now - startedAt)} so far)`);
      lastLineAt = now;
    }
    lastState = progress.state;
    const pause = progress.retryAfterMs ?? context.pollIntervalMs * (1 - JITTER * context.random());
    if (now + pause > endsAt) {
      // One last look at the very end beats giving up a whole interval early.
      if (endsAt - now > pause / 10) {
        await clock.sleep(endsAt - now, context.signal);
        const last = await check();
        if (last.done) return last.value;
        lastState = last.state;
      }
      throw new DeadlineError({
        code: "Timeout",
        doing: `waiting for ${waitingFor}`,
        message: `gave up after ${duration(clock.now() - startedAt)}; the last state was: ${lastState}.`,
        remedy: "What Azure has accepted goes on: run again to pick it up, with a longer timeout-minutes if this keeps happening.",
      });
    }
    await clock.sleep(pause, context.signal);
  }
}

/** The run's own end comes a little after its deadline, so that whoever waits can say for what. */
const DEADLINE_GRACE_MS = 2000;

/** Ends the run when its time is up, whatever it is doing. `over`: aborted when the run has ended by itself. */
export function endAtDeadline(context: RunContext, stop: AbortController, over: AbortSignal): void {
  const untilThen = context.deadlineAt - context.clock.now() + DEADLINE_GRACE_MS;
  context.clock.sleep(untilThen, over).then(
    () =>
      stop.abort(
        new DeadlineError({
          code: "Timeout",
          doing: "running",
          message: "timeout-minutes ran out while an answer was being waited for.",
          remedy: "Run again to pick up what is going on, with a longer timeout-minutes if this keeps happening.",
        }),
      ),
    () => undefined,
  );
}
