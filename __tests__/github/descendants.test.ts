import { expect, test } from "vitest";
import { descendantsOf, pairsIn } from "../../src/github/descendants.ts";

test.each<[string, readonly (readonly [pid: number, parent: number])[], readonly number[]]>([
  ["children and grandchildren, in any order", [[30, 20], [20, 10], [10, 1], [40, 1]], [20, 30]],
  ["none", [[10, 1], [11, 1]], []],
  ["nothing of a circle elsewhere", [[10, 1], [50, 51], [51, 50]], []],
])("the descendants of a process: %s", (_, processes, expected) => {
  expect([...descendantsOf(10, new Map(processes))].sort((a, b) => a - b)).toEqual(expected);
});

test("the lines of ps are read on macOS", () => {
  expect(pairsIn("    1     0\n  412     1\n98765   412\nps: a message\n")).toEqual([[1, 0], [412, 1], [98765, 412]]);
});
