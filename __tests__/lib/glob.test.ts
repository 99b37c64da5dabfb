import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { globMatches } from "../../src/lib/glob.ts";

describe("a glob", () => {
  test.each([
    ["*", "anything", true],
    ["team-*", "team-a", true],
    ["team-*", "team-", true],
    ["team-*", "tea", false],
    ["*-prod", "shop-prod", true],
    ["a*b*c", "axxbyyc", true],
    ["a*b*c", "axxcyyb", false],
    ["ab*bc", "abc", false],
    ["a**c", "ac", true],
    ["te.m-*", "team-a", false],
    ["(a+)+*", "aaaa", false],
  ])("%s matches %s: %s", (glob, name, expected) => {
    expect(globMatches(glob, name)).toBe(expected);
  });

  test("agrees with the equivalent regular expression", () => {
    const text = (characters: string[]) => fc.array(fc.constantFrom(...characters), { maxLength: 8 }).map((all) => all.join(""));
    fc.assert(
      fc.property(text(["a", "b", "*"]), text(["a", "b"]), (glob, name) => {
        const expected = new RegExp(`^${glob.replaceAll("*", ".*")}$`).test(name);
        expect(globMatches(glob, name)).toBe(expected);
      }),
    );
  });

  test("with many stars takes less than a second", () => {
    const started = performance.now();
    expect(globMatches("*a".repeat(2000) + "b", "a".repeat(20_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
