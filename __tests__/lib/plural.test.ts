import { describe, expect, it } from "vitest";
import { count } from "../../src/lib/plural.ts";

describe("counts", () => {
  it.each([
    [1, "pod", undefined, "1 pod"],
    [0, "pod", undefined, "0 pods"],
    [1200, "property", "properties", "1,200 properties"],
  ])("%d %s", (value, noun, plural, text) => {
    expect(count(value, noun, plural)).toBe(text);
  });
});
