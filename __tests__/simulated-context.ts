/** A run context whose clock advances only by `sleep`. */
import type { Clock } from "../src/lib/clock.ts";
import { roleWait, type RunContext } from "../src/lib/run-context.ts";

const POLL_MS = 10_000;

export function simulatedContext({ deadlineInMs = 3_600_000, random = () => 0, writes = true }: { readonly deadlineInMs?: number; readonly random?: () => number; readonly writes?: boolean } = {}): {
  readonly context: RunContext;
  readonly clock: Clock;
  readonly lines: string[];
  readonly stop: AbortController;
} {
  let now = Date.UTC(2026, 0, 1);
  const clock: Clock = {
    now: () => now,
    sleep: (ms, signal) => {
      signal.throwIfAborted();
      now += ms;
      return Promise.resolve();
    },
    timeout: () => new AbortController().signal,
  };
  const lines: string[] = [];
  const stop = new AbortController();
  const context: RunContext = {
    clock,
    log: { info: (text) => lines.push(text), warning: (text) => lines.push(`warning: ${text}`), debug: () => undefined },
    signal: stop.signal,
    deadlineAt: now + deadlineInMs,
    pollIntervalMs: POLL_MS,
    random,
    requests: { arm: 0, kubernetes: 0, retried: 0 },
    roleWait: roleWait(writes, POLL_MS),
  };
  return { context, clock, lines, stop };
}
