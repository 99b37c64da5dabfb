/** When a controller whose pods are refused tries again: its pause doubles with each refusal. Times: ms since the epoch. */
import type { WorkloadKind } from "../../world/workload.ts";

interface Pauses {
  readonly first: number;
  readonly longest: number;
}

/** The work queues of client-go: 5 ms up to 1000 s. Source: client-go, util/workqueue, DefaultControllerRateLimiter. */
const WORK_QUEUE: Pauses = { first: 5, longest: 1_000_000 };
/** The Job controller has pauses of its own. Source: kubernetes/kubernetes, pkg/controller/job. */
const JOB: Pauses = { first: 1000, longest: 60_000 };

/** One attempt to create pods. `number`: how many were made until then, this one included. */
export interface Attempt {
  readonly at: number;
  readonly number: number;
}

/** The last attempt at or before a time, of a controller that has tried since `from`; undefined before `from`. */
export function lastAttempt(kind: WorkloadKind, from: number, until: number): Attempt | undefined {
  if (until < from) return undefined;
  const { first, longest } = kind === "Job" ? JOB : WORK_QUEUE;
  let at = from;
  let number = 1;
  let pause = first;
  for (; pause < longest && at + pause <= until; pause *= 2) {
    at += pause;
    number += 1;
  }
  if (pause < longest) return { at, number };
  const more = Math.floor((until - at) / longest);
  return { at: at + more * longest, number: number + more };
}

/** All attempts until one, which is the last. */
export function attemptsUntil(kind: WorkloadKind, from: number, last: Attempt): Attempt[] {
  const { first, longest } = kind === "Job" ? JOB : WORK_QUEUE;
  const attempts: Attempt[] = [];
  for (let at = from, number = 1; number <= last.number; at += Math.min(longest, first * 2 ** (number - 1)), number += 1) attempts.push({ at, number });
  return attempts;
}

/** The first attempt at or after a time. */
export function nextAttempt(kind: WorkloadKind, from: number, notBefore: number): Attempt {
  const { first, longest } = kind === "Job" ? JOB : WORK_QUEUE;
  const last = lastAttempt(kind, from, notBefore);
  if (last === undefined) return { at: from, number: 1 };
  if (last.at === notBefore) return last;
  return { at: last.at + Math.min(longest, first * 2 ** (last.number - 1)), number: last.number + 1 };
}
