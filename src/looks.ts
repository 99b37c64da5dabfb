/** Putting looks together. */
import type { Look } from "./mesh/observation.ts";

/** Where no question at all was answered, the cluster as a whole could not be looked into: said once, not per check. */
export function closedDoor(answers: readonly Look<unknown>[]): { readonly seen: false; readonly why: string; readonly remedy: string } | undefined {
  const [first] = answers;
  return first !== undefined && !first.seen && answers.every(({ seen }) => !seen) ? first : undefined;
}

/** A look at something made of what was seen. */
export function mapSeen<T, U>(answer: Look<T>, make: (value: T) => U): Look<U> {
  return answer.seen ? { seen: true, value: make(answer.value) } : answer;
}

/** All of them, without those that are not there; not seen as soon as one was not. */
export function allSeen<T>(answers: readonly Look<T | undefined>[]): Look<readonly T[]> {
  const values: T[] = [];
  for (const answer of answers) {
    if (!answer.seen) return answer;
    if (answer.value !== undefined) values.push(answer.value);
  }
  return { seen: true, value: values };
}
