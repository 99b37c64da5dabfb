/** What the main thread and the thread of a target tell each other. */
import type { FileCoverage } from "./block-coverage.ts";

/** What the main thread starts this one with. */
export interface FuzzTask {
  readonly name: string;
  readonly seconds: number;
  readonly seed: number;
  /** Where the main thread finds the input that is being executed: its number, its length, then its bytes. */
  readonly current: SharedArrayBuffer;
}

/** What this thread reports at its end. */
export interface FuzzResult {
  readonly executions: number;
  readonly coverage: Readonly<Record<string, FileCoverage>>;
  readonly kept: { readonly inputs: number; readonly bytes: number };
  readonly findings: readonly Finding[];
}

/** An input for which an expectation does not hold. */
export interface Finding {
  readonly message: string;
  /** Base64. */
  readonly input: string;
}

/** Bytes of the longest input. */
export const LONGEST_INPUT = 8192;
/** Bytes before the input in the shared memory. */
export const HEADER = 8;
