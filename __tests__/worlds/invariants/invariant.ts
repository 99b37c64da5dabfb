/** An invariant: what holds in every world. */
import type { PlayedWorld } from "../play.ts";
import type { WorldRun } from "../session.ts";

/** What was violated, in a sentence; undefined: nothing. */
export type Violation = string | undefined;

export type Invariant = (world: PlayedWorld) => Violation;

/** All runs of a world. Two runs at the same time share their requests: the first stands for both. */
export function runsOf({ check, byOtherTransports, plan, apply, second, checkAgain }: PlayedWorld): readonly WorldRun[] {
  return [check, ...byOtherTransports, plan, apply, ...(second === undefined ? [] : [second]), checkAgain];
}

/** The run of apply that came last. */
export function lastApply({ apply, second }: PlayedWorld): WorldRun {
  return second === undefined || second.endedAt < apply.endedAt ? apply : second;
}

/** `pods-redirected fail: Redirection is broken in 1 pod`. */
export function findingsOf({ report }: WorldRun): string {
  return report.checks.filter(({ result }) => result === "fail" || result === "warn").map(({ id, result, message }) => `${id} ${result}: ${message}`).join(" | ");
}
