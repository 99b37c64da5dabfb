/** The counts of the matrix, and how they are printed. */
import { ROWS } from "./cases.ts";
import { type Ending, ENDINGS } from "./evaluate-run.ts";

export type Counts = Readonly<Record<Ending, number>>;

/** What came of some cases of one cell. Plain data: it goes from process to process. */
export interface Batch {
  /** As `fresh apply`. */
  readonly cell: string;
  /** Of the clean run. */
  readonly requests: number;
  /** How many of them are struck. */
  readonly struck: number;
  /** kubectl's among those. */
  readonly byKubectl: number;
  readonly rows: Readonly<Record<string, Counts>>;
  /** Ends that no run may have, each as text. */
  readonly broken: readonly string[];
  /** Scripts of run commands that were run, and that were known. */
  readonly commands: { readonly real: number; readonly known: number };
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
const runsIn = (counts: Counts): number => ENDINGS.reduce((all, ending) => all + counts[ending], 0);

/** Adds up batches. */
export class Tally {
  readonly #rows = new Map<string, Counts>();
  readonly #cells = new Map<string, { readonly requests: number; readonly struck: number; readonly byKubectl: number; readonly counts: Counts }>();
  readonly #commands = { real: 0, known: 0 };
  readonly broken: string[] = [];

  add({ cell, requests, struck, byKubectl, rows, broken, commands }: Batch): void {
    for (const [name, counts] of Object.entries(rows)) this.#rows.set(name, plus(this.#rows.get(name) ?? NONE, counts));
    const counts = plus(this.#cells.get(cell)?.counts ?? NONE, sum(Object.values(rows)));
    this.#cells.set(cell, { requests, struck, byKubectl, counts });
    this.broken.push(...broken);
    this.#commands.real += commands.real;
    this.#commands.known += commands.known;
  }

  get runs(): number {
    return runsIn(sum([...this.#rows.values()]));
  }

  /** The table as lines. `cells`: with a row for each scenario and mode. */
  table(cells: boolean): readonly string[] {
    const line = (name: string, counts: Counts): string => `${name.padEnd(48)}${ENDINGS.map((ending) => String(counts[ending]).padStart(16)).join("")}`;
    const head = `${"".padEnd(48)}${ENDINGS.map((ending) => ending.padStart(16)).join("")}`;
    const rows = ROWS.flatMap((name) => {
      const counts = this.#rows.get(name);
      return counts === undefined ? [] : [line(name, counts)];
    });
    const byCell = [...this.#cells].map(([cell, { requests, struck, counts }]) => line(`${cell} (${struck} of ${requests})`, counts));
    return [head, ...rows, ...(cells ? ["", "scenario and mode (requests struck)", ...byCell] : []), "", line("all", sum([...this.#rows.values()]))];
  }

  /** What the table is about, in sentences. */
  footer(kubectl: number): readonly string[] {
    const cells = [...this.#cells.values()];
    const of = (key: "requests" | "struck" | "byKubectl"): number => cells.reduce((all, cell) => all + cell[key], 0);
    const scenarios = new Set([...this.#cells.keys()].map((cell) => cell.split(" ")[0])).size;
    const lines = [`${scenarios} scenarios in their modes (${cells.length}) x ${of("struck")} of ${of("requests")} requests x ${ROWS.length} faults: ${this.runs} runs, ${this.broken.length} of them ended as no run may.`];
    if (of("byKubectl") > 0) lines.push(`${of("byKubectl")} of these requests are sent by kubectl in run commands: of the faults at them, one in ${kubectl} was tried. ${this.#commands.real} scripts were run, ${this.#commands.known} were not, since they had been in the same state of the cluster.`);
    return lines;
  }

  /** All of it as data. */
  json(isWhole: boolean): object {
    return { whole: isWhole, runs: this.runs, total: sum([...this.#rows.values()]), byFault: Object.fromEntries(this.#rows), byCell: Object.fromEntries(this.#cells), commands: this.#commands, broken: this.broken };
  }
}

/** The counts of a batch as they are made. */
export class Rows {
  readonly rows: Record<string, Record<Ending, number>> = {};

  add(name: string, ending: Ending): void {
    (this.rows[name] ??= { ...NONE })[ending] += 1;
  }
}
