/** A value that was observed, or the reason why it was not. */

/** What could not be observed, and what to do about it. */
export interface Unobserved {
  readonly seen: false;
  /** What came back, in one sentence. */
  readonly why: string;
  /** What to do about it, with the missing role where it is one; may be empty. */
  readonly remedy: string;
}

/** The outcome of an observation. An object that does not exist is a seen `undefined`. */
export type Observed<T> = { readonly seen: true; readonly value: T } | Unobserved;

/** The first reason, where not one of the observations succeeded: then it is reported once and not per check. */
export function unobservable(observations: readonly Observed<unknown>[]): Unobserved | undefined {
  const [first] = observations;
  return first !== undefined && !first.seen && observations.every(({ seen }) => !seen) ? first : undefined;
}

/** Converts the value of an observation that succeeded. */
export function mapObserved<T, U>(observation: Observed<T>, convert: (value: T) => U): Observed<U> {
  return observation.seen ? { seen: true, value: convert(observation.value) } : observation;
}

/** All values that exist; unobserved as soon as one of them is. */
export function combineObserved<T>(observations: readonly Observed<T | undefined>[]): Observed<readonly T[]> {
  const values: T[] = [];
  for (const observation of observations) {
    if (!observation.seen) return observation;
    if (observation.value !== undefined) values.push(observation.value);
  }
  return { seen: true, value: values };
}
