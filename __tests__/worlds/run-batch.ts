/** Plays a batch of random worlds in this process. A world that violates an invariant is shrunk. */
import fc from "fast-check";
import { addCounts, type Counts, countWorld } from "./counts.ts";
import { describeWorld } from "./describe-world.ts";
import type { WorldDescription } from "./description.ts";
import { worlds } from "./generate.ts";
import { violationsOf } from "./invariants/all.ts";
import { play, type PlayedWorld } from "./play.ts";
import { REGRESSIONS } from "./regressions.ts";

/**
 * Which worlds: those whose API server is reached directly; those that only run commands reach; or the former, each checked by run
 * commands and by kubectl as well. These two need kubectl and jq, and take seconds a world. Or the worlds that failed once.
 */
export const KINDS = ["direct", "commands", "transports", "regressions"] as const;
export type Kind = (typeof KINDS)[number];

/** Worlds that follow from a seed. `path`: only the world that a failure names. */
export interface Batch {
  readonly kind: Kind;
  readonly seed: number;
  readonly worlds: number;
  readonly path: string | undefined;
  /** Prints the log of each run. */
  readonly verbose: boolean;
}

/** What a worker tells. Plain data. */
export type Message = { readonly kind: "line"; readonly text: string } | { readonly kind: "played" } | { readonly kind: "done"; readonly counts: Counts; readonly failure: string | undefined; readonly cpuMs: number };

/** The most worlds that are played to shrink one. */
const MOST_SHRINKS = 80;

class ViolationError extends Error {}

/** The CPU time of this process until now, ms. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Plays the worlds that failed once. */
async function runRegressions(tell: (message: Message) => void): Promise<void> {
  const counts: Counts = {};
  const failures: string[] = [];
  for (const { about, world } of REGRESSIONS) {
    const played = await play(world, false);
    countWorld(counts, played);
    tell({ kind: "played" });
    failures.push(...violationsOf(played).map((violation) => [`once, ${about}; now, ${violation}`, ...describeWorld(world)].join("\n    ")));
  }
  tell({ kind: "done", counts, failure: failures.length === 0 ? undefined : failures.join("\n"), cpuMs: cpuMs() });
}

/** Plays the worlds of a batch until one fails. */
export async function runBatch(batch: Batch, tell: (message: Message) => void): Promise<void> {
  if (batch.kind === "regressions") return runRegressions(tell);
  const counts: Counts = {};
  let violated: string | undefined;
  let shrinks = 0;
  const playOne = async (description: WorldDescription): Promise<void> => {
    if (violated !== undefined && (shrinks += 1) > MOST_SHRINKS) return;
    const played = await play(description, batch.kind === "transports").catch((error: unknown) => {
      throw new Error(`the world could not be played: ${error instanceof Error ? (error.stack ?? "") : String(error)}`);
    });
    if (violated === undefined) {
      const own: Counts = {};
      countWorld(own, played);
      addCounts(counts, own);
      tell({ kind: "played" });
    }
    if (batch.verbose) tell({ kind: "line", text: logOf(played) });
    const violations = violationsOf(played);
    // Shrinks towards the smallest world that violates the same invariant.
    const found = violations.find((text) => violated === undefined || text.startsWith(violated));
    if (found === undefined) return;
    violated = /^\w+:/.exec(found)?.[0] ?? found;
    throw new ViolationError(found);
  };
  const { seed, path, worlds: numRuns } = batch;
  const result = await fc.check(fc.asyncProperty(worlds(batch.kind === "commands"), playOne), { seed, numRuns, ...(path === undefined ? {} : { path, endOnFailure: true }) });
  tell({ kind: "done", counts, failure: result.failed ? failureOf(result, batch) : undefined, cpuMs: cpuMs() });
}

function failureOf({ counterexample, counterexamplePath, errorInstance }: fc.RunDetails<[WorldDescription]>, { seed, kind }: Batch): string {
  const [world] = counterexample ?? [];
  return [
    errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
    ...(world === undefined ? [] : describeWorld(world).map((line) => `    ${line}`)),
    `    again: npm run test:worlds -- --seed ${seed} --path ${counterexamplePath ?? ""}${kind === "direct" ? "" : ` --kind ${kind}`} --verbose`,
    ...(world === undefined ? [] : [`    as data: ${JSON.stringify(world)}`]),
  ].join("\n");
}

function logOf({ description, check, byOtherTransports, plan, apply, second, checkAgain }: PlayedWorld): string {
  const runs = [check, ...byOtherTransports, plan, apply, second, checkAgain].filter((run) => run !== undefined);
  return [
    ...describeWorld(description),
    ...runs.flatMap(({ mode, report, log, startedAt, endedAt }) => [
      `--- ${mode}: ${report.status}, from ${(startedAt - check.startedAt) / 1000} s to ${(endedAt - check.startedAt) / 1000} s`,
      ...log,
      ...report.checks.map(({ id, result, message }) => `${result} ${id}: ${message}`),
      ...report.plan.map(({ id, outcome, reason }) => `${outcome} ${id}: ${reason}`),
      ...(report.error === undefined ? [] : [JSON.stringify(report.error)]),
    ]),
  ].join("\n");
}
