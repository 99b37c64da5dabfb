/** Which events tell of the attempts of a controller whose pods are refused. Source: client-go, tools/record/events_cache.go. */
import { attemptsUntil } from "./back-off.ts";
import { firstAttemptAt, type Generation } from "./generations.ts";
import { refusalMessage } from "./refusal-message.ts";

/** What one event says. Times: ms since the epoch. */
export interface RefusalEvent {
  readonly message: string;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
}

/** So many messages that differ are events of their own; further ones are combined … */
const MOST_DIFFERENT = 9;
/** … unless the last one is longer ago than this, ms. */
const INTERVAL = 600_000;

function fullMessage(generation: Generation, attempt: number): string {
  const text = refusalMessage(generation.workload, generation, attempt);
  return generation.workload.kind === "StatefulSet" ? text : `Error creating: ${text}`;
}

/** The events of a generation, oldest first; none where nothing was refused. */
export function refusalEvents(generation: Generation): RefusalEvent[] {
  const { workload, lastRefused } = generation;
  if (lastRefused === undefined) return [];
  const events: RefusalEvent[] = [];
  let combined: RefusalEvent | undefined;
  let different = 0;
  let lastAt = Number.NEGATIVE_INFINITY;
  for (const { at, number } of attemptsUntil(workload.kind, firstAttemptAt(generation), lastRefused)) {
    if (at - lastAt > INTERVAL) different = 0;
    different += 1;
    lastAt = at;
    const message = fullMessage(generation, number);
    if (workload.kind === "StatefulSet") combined = { message, firstAt: combined?.firstAt ?? at, lastAt: at, count: number };
    else if (different <= MOST_DIFFERENT) events.push({ message, firstAt: at, lastAt: at, count: 1 });
    else combined = { message: `(combined from similar events): ${message}`, firstAt: combined?.firstAt ?? at, lastAt: at, count: (combined?.count ?? 0) + 1 };
  }
  return combined === undefined ? events : [...events, combined];
}
