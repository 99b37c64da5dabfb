/** What a fuzz target is. */

/** One reader of bytes from outside, and what must hold for every input. */
export interface Target {
  /** The files of src/ whose coverage is reported. */
  readonly covers: readonly string[];
  /** Valid inputs, from which others are made. */
  readonly seeds: () => readonly Buffer[];
  /** Texts that mean something to the reader. */
  readonly tokens: readonly string[];
  /** Reads the input. Throws if an expectation does not hold. */
  readonly fuzz: (data: Buffer) => void | Promise<void>;
}
