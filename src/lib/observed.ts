/** Putting looks together. */
import type { Observed } from "../istio/observation.ts";

/** Where no question at all was answered, the cluster as a whole could not be looked into: said once, not per check. */
export function unobservable(answers: readonly Observed<unknown>[]): { readonly seen: false; readonly why: string; readonly remedy: string } | undefined {
  const [first] = answers;
  return first !== undefined && !first.seen && answers.every(({ seen }) => !seen) ? first : undefined;
}

/** A look at something made of what was seen. */
export function mapObserved<T, U>(answer: Observed<T>, make: (value: T) => U): Observed<U> {
  return answer.seen ? { seen: true, value: make(answer.value) } : answer;
}

/** All of them, without those that are not there; not seen as soon as one was not. */
export function combineObserved<T>(answers: readonly Observed<T | undefined>[]): Observed<readonly T[]> {
  const values: T[] = [];
  for (const answer of answers) {
    if (!answer.seen) return answer;
    if (answer.value !== undefined) values.push(answer.value);
  }
  return { seen: true, value: values };
}
