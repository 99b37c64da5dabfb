/** Samples of interleaved runs: whatever else the machine does meanwhile hits all candidates alike. */

export interface Samples {
  readonly values: readonly number[];
  readonly median: number;
  /** `min-max` of the middle half: what a noisy neighbour does once does not count. */
  readonly spread: string;
}

/** The value that as many are above as below. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** A quantile, between the two values next to it. `share`: 0 to 1. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** Sums up some values. */
export function samples(values: readonly number[]): Samples {
  const digits = quantile(values, 0.75) >= 100 ? 0 : 2;
  const spread = `${quantile(values, 0.25).toFixed(digits)}-${quantile(values, 0.75).toFixed(digits)}, n=${values.length}`;
  return { values, median: median(values), spread };
}

/**
 * Runs each candidate in turn, so many rounds; where `warmUp`, after one round that does not count.
 *
 * @returns what each candidate gave, in the order of its rounds
 */
export async function interleaved<K extends string, T>(candidates: Readonly<Record<K, () => Promise<T>>>, rounds: number, warmUp = true): Promise<ReadonlyMap<string, readonly T[]>> {
  const results = new Map<string, T[]>();
  const names = Object.keys(candidates);
  const runs: ReadonlyMap<string, () => Promise<T>> = new Map(Object.entries<() => Promise<T>>(candidates));
  for (let round = warmUp ? -1 : 0; round < rounds; round += 1) {
    for (const name of names) {
      const result = await runs.get(name)?.();
      if (round < 0 || result === undefined) continue;
      results.set(name, [...(results.get(name) ?? []), result]);
    }
  }
  return results;
}

/** One number of each result of a candidate, summed up. */
export function of<T>(results: ReadonlyMap<string, readonly T[]>, name: string, pick: (result: T) => number): Samples {
  return samples((results.get(name) ?? []).map(pick));
}
