/** The pause that a service asks for before the next request. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryAfter } from "../../../src/lib/http/retry-after.ts";

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

describe("the pause in milliseconds", () => {
  const pause = (headers: Readonly<Record<string, string>>): number | undefined => retryAfter((name) => headers[name], NOW);

  it.each([
    ["retry-after-ms", { "retry-after-ms": "250" }, 250],
    ["x-ms-retry-after-ms", { "x-ms-retry-after-ms": " 250 " }, 250],
    ["a fraction", { "retry-after-ms": "0.5" }, 0.5],
    ["retry-after-ms before the others", { "retry-after-ms": "1", "x-ms-retry-after-ms": "2", "retry-after": "3" }, 1],
    ["x-ms-retry-after-ms before Retry-After", { "x-ms-retry-after-ms": "2", "retry-after": "3" }, 2],
    ["the next header, if one is not a number", { "retry-after-ms": "soon", "x-ms-retry-after-ms": "", "retry-after": "3" }, 3000],
    ["a date, if the milliseconds are not a number", { "retry-after-ms": "-1", "retry-after": date(NOW + 7000) }, 7000],
    ["more than ten minutes", { "retry-after-ms": "86400000" }, 600_000],
    ["zero, whatever Retry-After has", { "retry-after-ms": "0", "retry-after": "3" }, undefined],
    ["a date, which is not milliseconds", { "retry-after-ms": date(NOW + 7000) }, undefined],
  ])("is read from %s", (_, headers, ms) => {
    expect(pause(headers)).toBe(ms);
  });

  it("is at most ten minutes and never zero, whatever the headers are", () => {
    const value = fc.oneof(fc.string(), fc.double().map(String), fc.nat().map(String), fc.date({ noInvalidDate: true }).map((at) => at.toUTCString()));
    const names = ["retry-after-ms", "x-ms-retry-after-ms", "retry-after", "date"];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value), (headers) => {
        const ms = pause(headers);
        if (ms !== undefined) expect(ms > 0 && ms <= 600_000, String(ms)).toBe(true);
      }),
    );
  });

  it("is the number of the first header that has one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600_000 }), fc.integer({ min: 1, max: 600 }), (ms, seconds) => {
        expect(pause({ "x-ms-retry-after-ms": String(ms), "retry-after": String(seconds) })).toBe(ms);
        expect(pause({ "retry-after": String(seconds) })).toBe(seconds * 1000);
      }),
    );
  });
});
