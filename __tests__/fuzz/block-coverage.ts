/**
 * Which blocks of src/ ran, as V8 counts them. V8 names a block only where its count differs from that of the block around it, so the
 * blocks of a function are those that it has ever named.
 */
import { type Profiler, Session } from "node:inspector";

/** Counts of one file. */
export interface FileCoverage {
  readonly blocks: number;
  readonly covered: number;
}

interface Block {
  readonly from: number;
  readonly to: number;
  /** Whether it has run since it was last forgotten. */
  covered: boolean;
  hasRun: boolean;
}

export class BlockCoverage {
  readonly #session = new Session();
  /** The blocks of each function, by file and by where the function is in the code that Node runs. */
  readonly #files = new Map<string, Map<string, Block[]>>();
  #latest: Block[] = [];

  /** Modules that are loaded before are not counted. */
  constructor() {
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** @returns whether a block has run, since the last call, that never ran before */
  hasNew(): boolean {
    this.#latest = [];
    // The session is one of this thread: the answer is there when `post` returns.
    this.#session.post("Profiler.takePreciseCoverage", (error, answer) => {
      if (error !== null) throw error;
      for (const { url, functions } of answer.result) {
        const [file] = /(?<=^file:\/\/.*\/)src\/[^?]*\.ts/.exec(url) ?? [];
        if (file !== undefined) for (const one of functions) this.#add(file, one);
      }
    });
    return this.#latest.length > 0;
  }

  /** Forgets the blocks that the last call of {@link hasNew} found. */
  undo(): void {
    for (const block of this.#latest) block.covered = false;
  }

  /** Forgets what ran: the next blocks are new again. */
  forget(): void {
    for (const functions of this.#files.values()) for (const blocks of functions.values()) for (const block of blocks) block.covered = false;
  }

  /** The blocks that have ever run. @param file of src/, such as `src/lib/json.ts`. */
  of(file: string): FileCoverage {
    const blocks = [...(this.#files.get(file)?.values() ?? [])].flat();
    return { blocks: blocks.length, covered: blocks.filter(({ hasRun }) => hasRun).length };
  }

  #add(file: string, { ranges }: Profiler.FunctionCoverage): void {
    const [whole] = ranges;
    if (whole === undefined) return;
    const functions = this.#files.get(file) ?? new Map<string, Block[]>();
    this.#files.set(file, functions);
    const place = `${whole.startOffset}-${whole.endOffset}`;
    const blocks = functions.get(place) ?? [];
    functions.set(place, blocks);
    for (const { startOffset: from, endOffset: to } of ranges) if (!blocks.some((block) => block.from === from && block.to === to)) blocks.push({ from, to, covered: false, hasRun: false });
    if (whole.count === 0) return;
    for (const block of blocks) {
      // Ranges are nested, the outer ones first: the last one around a block is the innermost.
      if (block.covered || (ranges.findLast(({ startOffset, endOffset }) => startOffset <= block.from && block.to <= endOffset)?.count ?? 0) === 0) continue;
      block.covered = true;
      block.hasRun = true;
      this.#latest.push(block);
    }
  }

  [Symbol.dispose](): void {
    this.#session.disconnect();
  }
}
