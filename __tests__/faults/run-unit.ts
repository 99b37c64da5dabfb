/** A part of the matrix, worked off in one process. */
import { type Case, casesOf, type Cell, points, type Selection } from "./cases.ts";
import { commandCounts } from "./run-command-cache.ts";
import { type RunEnd, runOnce } from "./run-once.ts";
import { type Batch, Rows } from "./counts.ts";
import { judge } from "./evaluate-run.ts";

/** The n-th of so many shares of a cell's cases, n from 0. */
export interface Unit extends Cell {
  readonly share: number;
  readonly shares: number;
  readonly selection: Selection;
  /** Prints the end of every run. */
  readonly verbose: boolean;
}

export type Said = { readonly kind: "begin"; readonly what: string } | { readonly kind: "line"; readonly text: string } | { readonly kind: "done"; readonly batch: Batch };

const clean = new Map<string, RunEnd>();

/** Works off one unit; tells of each run before it begins. */
export async function work(unit: Unit, say: (said: Said) => void): Promise<void> {
  const { scenario, mode, share, shares, selection, verbose } = unit;
  const cell = `${scenario} ${mode}`;
  let model = clean.get(cell);
  if (model === undefined) {
    say({ kind: "begin", what: `${cell}, clean` });
    model = await runOnce({ scenario, mode });
    // The ones of other cells will hardly be needed again, and hold a world each.
    clean.clear();
    clean.set(cell, model);
  }
  const before = { ...commandCounts };
  const rows = new Rows();
  const broken: string[] = [];
  const ofClean = share === 0 ? judge(model, model, mode).problems : [];
  if (ofClean.length > 0) {
    broken.push(`${cell}, clean: ${ofClean.join("; ")}`);
    say({ kind: "line", text: `DISALLOWED ${broken.join("")}` });
  }
  for (const each of casesOf(unit, model, selection).filter((_, index) => index % shares === share)) {
    const where = `${cell}, request ${each.nth} (${each.what}), ${each.name}`;
    say({ kind: "begin", what: where });
    const problem = await tryCase(unit, model, each, rows, (text) => say({ kind: "line", text }));
    if (problem === undefined) continue;
    broken.push(`${where}: ${problem}`);
    say({ kind: "line", text: `DISALLOWED ${broken.at(-1) ?? ""}` });
  }
  const all = points(model);
  const byKubectl = all.filter(({ sender }) => sender === "kubectl").length;
  const commands = { real: commandCounts.real - before.real, known: commandCounts.known - before.known };
  if (verbose) say({ kind: "line", text: `${cell}, share ${share + 1} of ${shares}` });
  say({ kind: "done", batch: { cell, requests: model.requests.length, struck: all.length, byKubectl, rows: rows.rows, broken, commands } });
}

/** Runs one case; returns what is wrong with its end. */
async function tryCase({ scenario, mode, selection, verbose }: Unit, model: RunEnd, each: Case, rows: Rows, print: (text: string) => void): Promise<string | undefined> {
  const run = await runOnce({ scenario, mode, ...(each.strike === undefined ? { cancelAt: each.nth } : { strike: each.strike }) });
  const { ending, problems } = judge(run, model, mode, each.strike);
  rows.add(each.name, ending);
  const { status, error } = run.report;
  if (verbose) print(`${scenario} ${mode} #${each.nth} ${each.what}: ${each.name} -> ${status} ${error?.code ?? ""} ${error?.doing ?? ""}`);
  if (verbose && (selection.nth !== undefined || ending === "disallowed")) print(run.log.join("\n"));
  return ending === "disallowed" ? `${problems.join("; ")}\n    status ${status}${error === undefined ? "" : `, ${error.doing}: ${error.message}`}` : undefined;
}
