/** Cancels an action as the runner does. Source: `ProcessInvoker` in actions/runner. */
import type { ChildProcess } from "node:child_process";

const SIGTERM_AFTER = 7500;
const SIGKILL_AFTER = SIGTERM_AFTER + 2500;

/** Sends SIGINT now, SIGTERM after 7.5 s, and SIGKILL after 2.5 s more, as long as the process runs. Times are real. */
export function cancel(child: ChildProcess): void {
  child.kill("SIGINT");
  const timers = [setTimeout(() => child.kill("SIGTERM"), SIGTERM_AFTER), setTimeout(() => child.kill("SIGKILL"), SIGKILL_AFTER)];
  child.once("exit", () => timers.forEach(clearTimeout));
}
