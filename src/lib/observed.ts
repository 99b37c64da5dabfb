/** A value that was observed, or why it could not be observed. */
import type { Right } from "./errors.ts";

/** Why a value could not be observed. */
export interface Unobserved {
  readonly seen: false;
  /** What came back, in one sentence. */
  readonly why: string;
  /** What to do, with the missing role if that is the reason; may be empty. */
  readonly remedy: string;
  /** The right that is missing, if that is the reason. */
  readonly missing?: Right | undefined;
}

/** The outcome of an observation. An object that does not exist is a seen `undefined`. */
export type Observed<T> = { readonly seen: true; readonly value: T } | Unobserved;

/** The first reason, if all observations failed. It is then reported once instead of once per check. */
export function unobservable(observations: readonly Observed<unknown>[]): Unobserved | undefined {
  const [first] = observations;
  return first !== undefined && !first.seen && observations.every(({ seen }) => !seen) ? first : undefined;
}

/** Converts the value of an observation that succeeded. */
export function mapObserved<T, U>(observation: Observed<T>, convert: (value: T) => U): Observed<U> {
  return observation.seen ? { seen: true, value: convert(observation.value) } : observation;
}

/** The values that exist, or the first reason if an observation failed. */
export function combineObserved<T>(observations: readonly Observed<T | undefined>[]): Observed<readonly T[]> {
  const values: T[] = [];
  for (const observation of observations) {
    if (!observation.seen) return observation;
    if (observation.value !== undefined) values.push(observation.value);
  }
  return { seen: true, value: values };
}
