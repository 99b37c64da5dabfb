/** How long a service asks to be left alone. */
import { describe, expect, it } from "vitest";
import { retryAfter } from "../../src/lib/http.ts";

const NOW = Date.UTC(2026, 0, 1, 12);
const HOUR = 3_600_000;
const date = (ms: number): string => new Date(ms).toUTCString();

/** Milliseconds that an answer with these headers asks for, at noon by the runner's clock. */
function asked(after: string | undefined, serverDate?: string): number | undefined {
  const headers: Readonly<Record<string, string | undefined>> = { "retry-after": after, date: serverDate };
  return retryAfter((name) => headers[name], NOW);
}

describe("Retry-After", () => {
  it.each([
    ["seconds", "7", undefined, 7000],
    ["seconds, whatever the date", "7", date(NOW + HOUR), 7000],
    ["seconds with spaces", " 7 ", undefined, 7000],
    ["a fraction, which nobody should send", "1.5", undefined, 1500],
    ["a date, of a server without a clock", date(NOW + 7000), undefined, 7000],
    ["a date, while the runner's clock is an hour slow", date(NOW + HOUR + 7000), date(NOW + HOUR), 7000],
    ["a date, while the runner's clock is an hour fast", date(NOW - HOUR + 7000), date(NOW - HOUR), 7000],
    ["a date in the form of RFC 850", "Thursday, 01-Jan-26 12:00:07 GMT", date(NOW), 7000],
    ["a date, beside a date that is none", date(NOW + 7000), "soon", 7000],
  ])("reads %s", (_, after, serverDate, ms) => {
    expect(asked(after, serverDate)).toBe(ms);
  });

  it.each([
    ["days", String(3 * 24 * 3600), undefined],
    ["a date in days", date(NOW + 72 * HOUR), date(NOW)],
    ["more seconds than there are", "9".repeat(400), undefined],
  ])("is bounded to ten minutes: %s", (_, after, serverDate) => {
    expect(asked(after, serverDate)).toBe(600_000);
  });

  it.each([
    ["is not there", undefined, undefined],
    ["is empty", "", undefined],
    ["is zero", "0", undefined],
    ["is negative", "-5", undefined],
    ["is a word", "soon", undefined],
    ["is a number of another kind", "1e3", undefined],
    ["is a date in the past", date(NOW - 7000), date(NOW)],
    ["is the server's own date", date(NOW), date(NOW)],
    ["is a day that is none", "Thu, 41 Jan 2026 12:00:07 GMT", date(NOW)],
  ])("leaves the pause to whoever asks where it %s", (_, after, serverDate) => {
    expect(asked(after, serverDate)).toBeUndefined();
  });
});
