/** Runs a part of the matrix in one process: the cases of one scenario in all modes, since the modes share runs. */
// First: it replaces functions of Node.js, which other modules keep.
import "./virtual-time.ts";
import type { Mode } from "../../src/contract.ts";
import type { ScenarioName } from "../../simulator/index.ts";
import { type Case, casesOf, faultPoints, type Selection } from "./cases.ts";
import { type Batch, RowCounts } from "./counts.ts";
import { describeEnd, evaluateRun } from "./evaluate-run.ts";
import { Ends } from "./ends.ts";
import { commandCounts } from "./run-command-cache.ts";
import { runOnce } from "./run-once.ts";
import type { RunEnd } from "./run-types.ts";

/** One of several shares of a scenario's cases. `share`: from 0. */
export interface Unit {
  readonly scenario: ScenarioName;
  readonly modes: readonly Mode[];
  readonly share: number;
  readonly shares: number;
  readonly selection: Selection;
  /** Whether the ends of cases that need no run are compared with those of runs. */
  readonly checksPruning: boolean;
  /** Prints the end of each run. */
  readonly verbose: boolean;
}

/** What a worker reports to the parent. */
export type WorkerMessage = { readonly kind: "begin"; readonly text: string } | { readonly kind: "line"; readonly text: string } | { readonly kind: "done"; readonly batches: readonly Batch[] };

/** The modes in the order in which they use each other's runs. */
const ORDER: readonly Mode[] = ["plan", "check", "apply", "disable"];

/** Runs one unit and reports each case before it begins. */
export async function runUnit(unit: Unit, report: (message: WorkerMessage) => void): Promise<void> {
  const { scenario, modes, share, shares, selection } = unit;
  const clean = new Map<Mode, RunEnd>();
  // Mode plan in any case: the others may share its runs.
  for (const mode of ORDER.filter((one) => one === "plan" || modes.includes(one))) {
    report({ kind: "begin", text: `${scenario} ${mode}, without a fault` });
    clean.set(mode, await runOnce({ scenario, mode }));
  }
  const cells = [...clean].filter(([mode]) => modes.includes(mode)).map(([mode, end]) => ({ mode, end, rows: new RowCounts(), disallowed: [] as string[], cases: casesOf({ scenario, mode }, end, selection) }));
  const before = { ...commandCounts };
  const ends = new Ends(scenario, clean);
  const refuse = (cell: { readonly disallowed: string[] }, text: string): void => {
    cell.disallowed.push(text);
    report({ kind: "line", text: `DISALLOWED ${text}` });
  };
  for (const cell of cells) {
    const { problems } = evaluateRun(cell.end, cell.end, cell.mode);
    if (share === 0 && problems.length > 0) refuse(cell, `${scenario} ${cell.mode}, without a fault: ${problems.join("; ")}`);
  }
  const placeOf = ({ sender, nth }: Case): string => `${sender} ${nth}`;
  const places = [...new Set(cells.flatMap(({ cases }) => cases.map(placeOf)))].filter((_, index) => index % shares === share);
  for (const place of places) {
    ends.forget();
    for (const cell of cells) {
      for (const each of cell.cases.filter((one) => placeOf(one) === place)) {
        const where = `${scenario} ${cell.mode}, request ${each.nth} (${each.request}), ${each.name}`;
        report({ kind: "begin", text: where });
        const startedAt = performance.now();
        const { end, argument, named } = await ends.of(cell.mode, each);
        const took = Math.round(performance.now() - startedAt);
        const { ending, problems } = evaluateRun(end, cell.end, cell.mode, end === cell.end ? undefined : each.target);
        cell.rows.add(each.name, ending, argument);
        const { status, error } = end.report;
        const how = argument === undefined ? "" : ` (${argument}: ${named})`;
        if (unit.verbose) report({ kind: "line", text: `${where} -> ${status} ${error?.code ?? ""} ${error?.doing ?? ""}${how}, ${took} ms` });
        if (unit.verbose && (selection.nth !== undefined || ending === "disallowed")) report({ kind: "line", text: end.log.join("\n") });
        if (ending === "disallowed") refuse(cell, `${where}${how}: ${problems.join("; ")}\n    status ${status}${error === undefined ? "" : `, ${error.doing}: ${error.message}`}`);
        if (!unit.checksPruning || argument === undefined) continue;
        const real = await ends.run(cell.mode, each);
        const [claimed, found] = [describeEnd(end, cell.end, cell.mode), describeEnd(real, cell.end, cell.mode)];
        if (claimed !== found) refuse(cell, `${where}: the end is claimed to be that of ${named} (${argument}), and is not\n    claimed ${claimed}\n    found   ${found}`);
      }
    }
  }
  const commands = { run: commandCounts.run - before.run, cached: commandCounts.cached - before.cached };
  const batches = cells.map(({ mode, end, rows, disallowed }, index): Batch => {
    const points = faultPoints(end);
    return { cell: `${scenario} ${mode}`, requests: end.requests.length, points: points.length, byKubectl: points.filter(({ sender }) => sender === "kubectl").length, rows: rows.rows, proven: rows.proven, disallowed, commands: index === 0 ? commands : { run: 0, cached: 0 } };
  });
  report({ kind: "done", batches });
}
