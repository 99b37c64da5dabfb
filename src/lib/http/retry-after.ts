/** The pause that a response asks for. */

/** The longest pause that a service can ask for with one answer. */
const LONGEST_ASKED_PAUSE_MS = 10 * 60_000;

/** HTTP dates begin with the day of the week. `Date.parse` alone reads a date into almost any text. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /;

const NUMBER = /^\d+(?:\.\d+)?$/;

/**
 * The pause that an answer asks for, in milliseconds, at most {@link LONGEST_ASKED_PAUSE_MS}. As in the Azure SDK, `retry-after-ms`
 * and `x-ms-retry-after-ms` (milliseconds) come before `Retry-After` (seconds, or an HTTP date). A date is compared with the
 * answer's own `Date`, because the runner's clock may be wrong.
 *
 * @param header returns a header of the answer, by name
 * @param now the runner's clock, in milliseconds since the epoch, for an answer without `Date`
 * @returns undefined if the answer asks for no pause, or for one that is over: the caller then chooses its own
 */
export function retryAfter(header: (name: string) => string | undefined, now: number): number | undefined {
  const text = (name: string): string => header(name)?.trim() ?? "";
  const asked = numberIn(text("retry-after-ms")) ?? numberIn(text("x-ms-retry-after-ms")) ?? numberIn(text("retry-after"), 1000);
  const until = dateIn(text("retry-after"));
  const ms = asked ?? (until === undefined ? 0 : until - (dateIn(text("date")) ?? now));
  return ms > 0 ? Math.min(ms, LONGEST_ASKED_PAUSE_MS) : undefined;
}

function numberIn(text: string, factor = 1): number | undefined {
  return NUMBER.test(text) ? Number(text) * factor : undefined;
}

function dateIn(text: string): number | undefined {
  const at = HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
