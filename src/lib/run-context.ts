/** The context that all parts of a run share: clock, log, deadline, signal, request counters. */
import type { Clock } from "./clock.ts";
import { duration } from "./duration.ts";
import { DeadlineError } from "./errors.ts";
import type { Log } from "./log.ts";

/** How long a run may still wait for role assignments to take effect. */
export interface RoleWait {
  /** Milliseconds, for all requests of the run together; 0 in a run that changes nothing. */
  leftMs: number;
  /** The last log line about it: the refused request, and the time. */
  logged: { readonly doing: string; readonly at: number } | undefined;
}

/** For the whole run, a minute by default. Most assignments take effect sooner, and a role that was never granted should not delay the run. */
const ROLE_WAIT_POLLS = 6;

/** @param pollIntervalMs the run's poll interval */
export function roleWait(waitsForRoles: boolean, pollIntervalMs: number): RoleWait {
  return { leftMs: waitsForRoles ? ROLE_WAIT_POLLS * pollIntervalMs : 0, logged: undefined };
}

/** The context of a run. */
export interface RunContext {
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted when the run is cancelled or reaches its deadline. The reason is the error that ends the run. */
  readonly signal: AbortSignal;
  /** The run's deadline, in milliseconds since the epoch. */
  readonly deadlineAt: number;
  /** The time between polls, unless the service requests another pause. */
  readonly pollIntervalMs: number;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Requests sent so far, for the report. */
  readonly requests: { arm: number; kubernetes: number; retried: number };
  readonly roleWait: RoleWait;
}

/** What a {@link RunContext} is created from. */
export interface RunOptions extends Pick<RunContext, "clock" | "log" | "signal" | "pollIntervalMs" | "random"> {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly timeoutMs: number;
  /** Whether the run may wait for role assignments to take effect. Only runs that write do. */
  readonly waitsForRoles: boolean;
}

/** Creates the context of a run that starts now. */
export function createRunContext({ startedAt, timeoutMs, waitsForRoles, ...shared }: RunOptions): RunContext {
  return {
    ...shared,
    deadlineAt: startedAt + timeoutMs,
    requests: { arm: 0, kubernetes: 0, retried: 0 },
    roleWait: roleWait(waitsForRoles, shared.pollIntervalMs),
  };
}

/** The result of one poll. */
export type Progress<T> =
  | { readonly done: true; readonly value: T }
  | {
      readonly done: false;
      /** The current state. A change of this text is logged. */
      readonly state: string;
      /** The pause that the service requested. */
      readonly retryAfterMs?: number | undefined;
      /** The pause where the service requests none: the poll interval if left out, and never longer. In milliseconds. */
      readonly pauseMs?: number;
    };

/** A line is logged at least this often while the state does not change, so that the log shows that the run is active. */
const HEARTBEAT_MS = 60_000;

/** Polls are up to a fifth early, so that a fleet of runs does not poll in step. They are never late, so that a change is noticed within one interval. */
const JITTER = 0.2;

/** The shortest pause of a wait, as a share of the poll interval: a second by default. */
const SHORTEST_PAUSE = 1 / 10;

/**
 * The pause in a wait for something that may take seconds or minutes: a share of the time that has passed, at least a second by default. So
 * an end is noticed at most this share of the duration later. In milliseconds.
 */
export function growingPause({ pollIntervalMs }: Pick<RunContext, "pollIntervalMs">, elapsedMs: number, share = 1 / 5): number {
  return Math.max(pollIntervalMs * SHORTEST_PAUSE, elapsedMs * share);
}

/**
 * Adds the pause to each poll that names none: a tenth of the poll interval, and at least as long as the poll has taken. One by run command
 * takes seconds, and one that reads 100,000 pods costs the API server as much.
 */
export function paced<T>({ clock, pollIntervalMs }: Pick<RunContext, "clock" | "pollIntervalMs">, check: () => Promise<Progress<T>>): () => Promise<Progress<T>> {
  return async () => {
    const startedAt = clock.now();
    const progress = await check();
    return progress.done ? progress : { ...progress, pauseMs: Math.max(progress.pauseMs ?? pollIntervalMs * SHORTEST_PAUSE, clock.now() - startedAt) };
  };
}

/**
 * Polls until `check` is done.
 *
 * @param waitingFor a noun phrase for the log: `the switch to CNIChaining`
 * @param withinMs a limit below that of the run
 * @throws DeadlineError with `waitingFor` and the last state
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
    const pause = progress.retryAfterMs ?? Math.min(progress.pauseMs ?? Number.POSITIVE_INFINITY, context.pollIntervalMs) * (1 - JITTER * context.random());
    if (now + pause > endsAt) {
      // A last poll at the end, instead of giving up one interval early.
      if (now < endsAt) {
        await clock.sleep(endsAt - now, context.signal);
        const last = await check();
        if (last.done) return last.value;
        lastState = last.state;
      }
      throw new DeadlineError({
        code: "Timeout",
        doing: `waiting for ${waitingFor}`,
        message: `timed out after ${duration(clock.now() - startedAt)}; the last state was: ${lastState}.`,
        remedy: "Azure continues the operations that it has accepted. Run again to wait for them, with a longer timeout-minutes if this happens repeatedly.",
      });
    }
    await clock.sleep(pause, context.signal);
  }
}

/** The run is aborted shortly after its deadline, so that a wait can end first and report what it was waiting for. */
const DEADLINE_GRACE_MS = 2000;

/** Aborts the run at its deadline, whatever it is doing. `ended`: aborted when the run has ended before. */
export function endAtDeadline(context: RunContext, stop: AbortController, ended: AbortSignal): void {
  const remainingMs = context.deadlineAt - context.clock.now() + DEADLINE_GRACE_MS;
  context.clock.sleep(remainingMs, ended).then(
    () =>
      stop.abort(
        new DeadlineError({
          code: "Timeout",
          doing: "running",
          message: "timeout-minutes has passed while the run was waiting for a response.",
          remedy: "Azure continues the operations that it has accepted. Run again to continue from there, with a longer timeout-minutes if this happens repeatedly.",
        }),
      ),
    () => undefined,
  );
}
