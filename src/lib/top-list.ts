/** Keeps the first items of many, in a given order, and counts the others. */
export class TopList<T> {
  readonly #items: T[] = [];
  readonly #limit: number;
  readonly #compare: (a: T, b: T) => number;
  #left = 0;

  constructor(limit: number, compare: (a: T, b: T) => number) {
    this.#limit = limit;
    this.#compare = compare;
  }

  add(item: T): void {
    const last = this.#items.at(-1);
    if (this.#items.length >= this.#limit) {
      this.#left += 1;
      if (last === undefined || this.#compare(item, last) >= 0) return;
      this.#items.pop();
    }
    const before = this.#items.findIndex((other) => this.#compare(item, other) < 0);
    this.#items.splice(before < 0 ? this.#items.length : before, 0, item);
  }

  items(): readonly T[] {
    return [...this.#items];
  }

  /** How many items were added and are not in {@link items}. */
  left(): number {
    return this.#left;
  }
}
