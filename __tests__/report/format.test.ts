import { describe, expect, it } from "vitest";
import { elapsed } from "../../src/report/format.ts";

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
