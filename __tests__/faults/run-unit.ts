/** Runs a part of the matrix in one process. */
import { type Case, casesOf, type Cell, faultPoints, type Selection } from "./cases.ts";
import { commandCounts } from "./run-command-cache.ts";
import { type RunEnd, runOnce } from "./run-once.ts";
import { type Batch, RowCounts } from "./counts.ts";
import { evaluateRun } from "./evaluate-run.ts";

/** One of several shares of a cell's cases. `share`: from 0. */
export interface Unit extends Cell {
  readonly share: number;
  readonly shares: number;
  readonly selection: Selection;
  /** Prints the end of each run. */
  readonly verbose: boolean;
}

/** What a worker reports to the parent. */
export type WorkerMessage = { readonly kind: "begin"; readonly text: string } | { readonly kind: "line"; readonly text: string } | { readonly kind: "done"; readonly batch: Batch };

const cleanRuns = new Map<string, RunEnd>();

/** Runs one unit and reports each run before it begins. */
export async function runUnit(unit: Unit, report: (message: WorkerMessage) => void): Promise<void> {
  const { scenario, mode, share, shares, selection, verbose } = unit;
  const cell = `${scenario} ${mode}`;
  let clean = cleanRuns.get(cell);
  if (clean === undefined) {
    report({ kind: "begin", text: `${cell}, clean` });
    clean = await runOnce({ scenario, mode });
    // Those of other cells are hardly needed again, and each has a world in memory.
    cleanRuns.clear();
    cleanRuns.set(cell, clean);
  }
  const before = { ...commandCounts };
  const rows = new RowCounts();
  const disallowed: string[] = [];
  const cleanProblems = share === 0 ? evaluateRun(clean, clean, mode).problems : [];
  if (cleanProblems.length > 0) {
    disallowed.push(`${cell}, clean: ${cleanProblems.join("; ")}`);
    report({ kind: "line", text: `DISALLOWED ${disallowed.join("")}` });
  }
  for (const each of casesOf(unit, clean, selection).filter((_, index) => index % shares === share)) {
    const where = `${cell}, request ${each.nth} (${each.request}), ${each.name}`;
    report({ kind: "begin", text: where });
    const problem = await runCase(unit, clean, each, rows, (text) => report({ kind: "line", text }));
    if (problem === undefined) continue;
    disallowed.push(`${where}: ${problem}`);
    report({ kind: "line", text: `DISALLOWED ${disallowed.at(-1) ?? ""}` });
  }
  const points = faultPoints(clean);
  const byKubectl = points.filter(({ sender }) => sender === "kubectl").length;
  const commands = { run: commandCounts.run - before.run, cached: commandCounts.cached - before.cached };
  if (verbose) report({ kind: "line", text: `${cell}, share ${share + 1} of ${shares}` });
  report({ kind: "done", batch: { cell, requests: clean.requests.length, points: points.length, byKubectl, rows: rows.rows, disallowed, commands } });
}

/** Runs one case. @returns the problems of its end; undefined where the end is allowed */
async function runCase({ scenario, mode, selection, verbose }: Unit, clean: RunEnd, each: Case, rows: RowCounts, print: (text: string) => void): Promise<string | undefined> {
  const run = await runOnce({ scenario, mode, ...(each.target === undefined ? { cancelAt: each.nth } : { target: each.target }) });
  const { ending, problems } = evaluateRun(run, clean, mode, each.target);
  rows.add(each.name, ending);
  const { status, error } = run.report;
  if (verbose) print(`${scenario} ${mode} #${each.nth} ${each.request}: ${each.name} -> ${status} ${error?.code ?? ""} ${error?.doing ?? ""}`);
  if (verbose && (selection.nth !== undefined || ending === "disallowed")) print(run.log.join("\n"));
  return ending === "disallowed" ? `${problems.join("; ")}\n    status ${status}${error === undefined ? "" : `, ${error.doing}: ${error.message}`}` : undefined;
}
