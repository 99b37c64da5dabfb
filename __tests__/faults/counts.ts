/** The counts of the matrix, and the tables that show them. */
import { ROWS } from "./cases.ts";
import { type Argument, ARGUMENTS } from "./equivalences.ts";
import { type Ending, ENDINGS } from "./evaluate-run.ts";

export type Counts = Readonly<Record<Ending, number>>;

/** The results of some cases of one cell. Plain data: a worker sends it to the parent process. */
export interface Batch {
  /** As `fresh apply`. */
  readonly cell: string;
  /** The number of requests of the clean run. */
  readonly requests: number;
  /** The number of requests at which faults are injected. */
  readonly points: number;
  /** The number of kubectl's requests among these. */
  readonly byKubectl: number;
  readonly rows: Readonly<Record<string, Counts>>;
  /** The numbers of cases that needed no run, by the argument. */
  readonly proven: Readonly<Partial<Record<Argument, number>>>;
  /** Descriptions of the runs with a disallowed end. */
  readonly disallowed: readonly string[];
  /** The numbers of run command scripts that were run and of those taken from the cache. */
  readonly commands: { readonly run: number; readonly cached: number };
}

const NONE: Counts = { same: 0, "failed clearly": 0, unverified: 0, disallowed: 0 };

function plus(a: Counts, b: Counts): Counts {
  return {
    same: a.same + b.same,
    "failed clearly": a["failed clearly"] + b["failed clearly"],
    unverified: a.unverified + b.unverified,
    disallowed: a.disallowed + b.disallowed,
  };
}

const sum = (counts: readonly Counts[]): Counts => counts.reduce(plus, NONE);
const casesIn = (counts: Counts): number => ENDINGS.reduce((all, ending) => all + counts[ending], 0);

/** The sum of all batches. */
export class MatrixCounts {
  readonly #rows = new Map<string, Counts>();
  readonly #cells = new Map<string, { readonly requests: number; readonly points: number; readonly byKubectl: number; readonly counts: Counts }>();
  readonly #commands = { run: 0, cached: 0 };
  readonly #proven = new Map<string, number>();
  readonly disallowed: string[] = [];

  add({ cell, requests, points, byKubectl, rows, proven, disallowed, commands }: Batch): void {
    for (const [argument, cases] of Object.entries(proven)) this.#proven.set(argument, (this.#proven.get(argument) ?? 0) + cases);
    for (const [name, counts] of Object.entries(rows)) this.#rows.set(name, plus(this.#rows.get(name) ?? NONE, counts));
    const counts = plus(this.#cells.get(cell)?.counts ?? NONE, sum(Object.values(rows)));
    this.#cells.set(cell, { requests, points, byKubectl, counts });
    this.disallowed.push(...disallowed);
    this.#commands.run += commands.run;
    this.#commands.cached += commands.cached;
  }

  /** The number of cases: run, or proven. */
  get cases(): number {
    return casesIn(sum([...this.#rows.values()]));
  }

  get proven(): number {
    return [...this.#proven.values()].reduce((all, cases) => all + cases, 0);
  }

  /** The table as lines. `cells`: with a row per scenario and mode. */
  table(cells: boolean): readonly string[] {
    const line = (name: string, counts: Counts): string => `${name.padEnd(48)}${ENDINGS.map((ending) => String(counts[ending]).padStart(16)).join("")}`;
    const head = `${"".padEnd(48)}${ENDINGS.map((ending) => ending.padStart(16)).join("")}`;
    const rows = ROWS.flatMap((name) => {
      const counts = this.#rows.get(name);
      return counts === undefined ? [] : [line(name, counts)];
    });
    const byCell = [...this.#cells].map(([cell, { requests, points, counts }]) => line(`${cell} (${points} of ${requests})`, counts));
    return [head, ...rows, ...(cells ? ["", "scenario and mode (requests with faults)", ...byCell] : []), "", line("all", sum([...this.#rows.values()]))];
  }

  /** A summary of the table in sentences. `kubectl`: see `Selection`. */
  footer(kubectl: number): readonly string[] {
    const cells = [...this.#cells.values()];
    const of = (key: "requests" | "points" | "byKubectl"): number => cells.reduce((all, cell) => all + cell[key], 0);
    const scenarios = new Set([...this.#cells.keys()].map((cell) => cell.split(" ")[0])).size;
    const lines = [`${scenarios} scenarios in their modes (${cells.length}) x ${of("points")} of ${of("requests")} requests x ${ROWS.length} faults: ${this.cases} cases, ${this.disallowed.length} of them with a disallowed end.`, `${this.cases - this.proven} cases were run, ${this.proven} are proven by another run:`];
    for (const argument of Object.keys(ARGUMENTS)) if (this.#proven.has(argument)) lines.push(`  ${String(this.#proven.get(argument)).padStart(6)}  ${argument}`);
    if (of("byKubectl") > 0) lines.push(`kubectl sends ${of("byKubectl")} of these requests in run commands: one in ${kubectl} of their faults was injected. ${this.#commands.run} scripts were run, ${this.#commands.cached} were taken from the cache.`);
    return lines;
  }

  /** All counts as JSON. */
  json(isWhole: boolean): object {
    return { whole: isWhole, cases: this.cases, proven: Object.fromEntries(this.#proven), total: sum([...this.#rows.values()]), byFault: Object.fromEntries(this.#rows), byCell: Object.fromEntries(this.#cells), commands: this.#commands, disallowed: this.disallowed };
  }
}

/** Counts the rows of a batch. */
export class RowCounts {
  readonly rows: Record<string, Record<Ending, number>> = {};
  readonly proven: Partial<Record<Argument, number>> = {};

  /** @param argument undefined for a case that was run */
  add(name: string, ending: Ending, argument: Argument | undefined): void {
    (this.rows[name] ??= { ...NONE })[ending] += 1;
    if (argument !== undefined) this.proven[argument] = (this.proven[argument] ?? 0) + 1;
  }
}
