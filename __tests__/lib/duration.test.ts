import { describe, expect, it } from "vitest";
import { duration } from "../../src/lib/duration.ts";

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
