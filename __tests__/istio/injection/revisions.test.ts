import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareRevisions, defaultsToInitContainers, newestRevision, parseRevision, supportsCni } from "../../../src/istio/injection/revisions.ts";

const revision = fc.record({ major: fc.nat(999), minor: fc.nat(999) });

describe("a revision of the managed mesh", () => {
  test.each([
    ["asm-1-24", false],
    ["asm-1-25", true],
    ["asm-1-30", true],
    ["asm-1-9", false],
    ["asm-2-0", true],
    ["asm-1-100", true],
    ["default", "unknown"],
    ["asm-1-25-1", "unknown"],
    ["ASM-1-25", "unknown"],
    ["my-asm-1-25", "unknown"],
    ["asm-1-", "unknown"],
    ["", "unknown"],
  ])("%s supports CNI chaining: %s", (text, expected) => {
    expect(supportsCni(text)).toBe(expected);
  });

  test("is compared as numbers: the newest of asm-1-9 and asm-1-25 is asm-1-25", () => {
    expect(newestRevision(["asm-1-9", "canary", "asm-1-25"])).toBe("asm-1-25");
    expect(newestRevision(["asm-1-25", "asm-1-9"])).toBe("asm-1-25");
    expect(newestRevision(["canary"])).toBeUndefined();
  });

  test.each([["asm-1-29", true], ["asm-1-30", false], ["canary", false]])("%s redirects with init containers where nobody chose: %s", (text, expected) => {
    expect(defaultsToInitContainers(text)).toBe(expected);
  });

  test("is parsed as it was formatted", () => {
    fc.assert(
      fc.property(revision, ({ major, minor }) => {
        expect(parseRevision(`asm-${major}-${minor}`)).toEqual({ major, minor });
      }),
    );
  });

  test("has a total order", () => {
    fc.assert(
      fc.property(revision, revision, revision, (a, b, c) => {
        expect(Math.sign(compareRevisions(a, b))).toBe(0 - Math.sign(compareRevisions(b, a)));
        expect(compareRevisions(a, b) === 0).toBe(a.major === b.major && a.minor === b.minor);
        if (compareRevisions(a, b) <= 0 && compareRevisions(b, c) <= 0) {
          expect(compareRevisions(a, c)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });
});
