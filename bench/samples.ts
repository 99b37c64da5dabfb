/** Samples of interleaved runs: other load on the machine affects all candidates equally. */

export interface Samples {
  readonly values: readonly number[];
  readonly median: number;
  /** The range of the middle half of the values, without outliers. */
  readonly spread: string;
}

/** The median. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** A quantile, interpolated between two values. `share`: 0 to 1. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** The statistics of some values. */
export function samples(values: readonly number[]): Samples {
  const digits = quantile(values, 0.75) >= 100 ? 0 : 2;
  const spread = `${quantile(values, 0.25).toFixed(digits)}-${quantile(values, 0.75).toFixed(digits)}, n=${values.length}`;
  return { values, median: median(values), spread };
}

/**
 * Runs all candidates alternately for a number of rounds; with `warmUp`, after one round that is not counted.
 *
 * @returns the results of each candidate, in the order of the rounds
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

/** The statistics of one number in the results of a candidate. */
export function samplesOf<T>(results: ReadonlyMap<string, readonly T[]>, name: string, pick: (result: T) => number): Samples {
  return samples((results.get(name) ?? []).map(pick));
}
