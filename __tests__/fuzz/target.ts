/** What a fuzz target is. */

/** One reader of bytes from outside, and what must hold for every input. */
export interface Target {
  /** The files of src/ whose coverage is reported. */
  readonly covers: readonly string[];
  /** Valid inputs, from which others are made. */
  readonly seeds: () => readonly Buffer[];
  /** Texts that mean something to the reader. */
  readonly tokens: readonly string[];
  /**
   * Reads the input. Throws if an expectation does not hold.
   *
   * @returns what it reads as, such as the code of an error: an input that reads as something new is kept, as one that reaches a new block
   * is. Patterns have no blocks
   */
  readonly fuzz: (data: Buffer) => string | Promise<string>;
}
