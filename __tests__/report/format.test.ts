import { describe, expect, it } from "vitest";
import { duration } from "../../src/lib/duration.ts";
import { count, elapsed } from "../../src/report/format.ts";

describe("durations", () => {
  it.each([
    [0, "0 s"],
    [420, "0.4 s"],
    [9_949, "9.9 s"],
    [9_960, "10 s"],
    [3_600_000, "1 h"],
    [59_400, "59 s"],
    [59_600, "1 min"],
    [108_000, "1 min 48 s"],
    [7_500_000, "2 h 5 min"],
    [-5, "0 s"],
    [Number.NaN, "0 s"],
  ])("%d ms is %s", (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });
});

describe("time since the start", () => {
  it.each([
    [0, "+00:00"],
    [108_999, "+01:48"],
    [3_599_999, "+59:59"],
    [3_600_000, "+1:00:00"],
  ])("%d ms is %s", (milliseconds, text) => {
    expect(elapsed(milliseconds)).toBe(text);
  });
});

describe("counts", () => {
  it.each([
    [1, "pod", undefined, "1 pod"],
    [0, "pod", undefined, "0 pods"],
    [1200, "property", "properties", "1,200 properties"],
  ])("%d %s", (value, noun, plural, text) => {
    expect(count(value, noun, plural)).toBe(text);
  });
});
