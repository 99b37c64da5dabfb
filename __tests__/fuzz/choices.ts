/** Decisions of a target, taken from the bytes of an input: the same bytes decide the same. Missing bytes read as 0. */
export class Choices {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** A whole number from 0 to `limit` (exclusive), which is at most 65,536. */
  below(limit: number): number {
    const value = limit <= 256 ? this.#byte() : this.#byte() * 256 + this.#byte();
    return value % limit;
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0];
  }

  /** A text whose length the first byte says. */
  text(): string {
    const length = this.#byte();
    const text = this.#bytes.toString("utf8", this.#at, this.#at + length);
    this.#at = Math.min(this.#bytes.length, this.#at + length);
    return text;
  }

  /** All bytes that are left. */
  rest(): Buffer {
    const rest = this.#bytes.subarray(this.#at);
    this.#at = this.#bytes.length;
    return rest;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at] ?? 0;
    this.#at += 1;
    return byte;
  }
}
