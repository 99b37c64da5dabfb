import { describe, expect, test } from "vitest";
import { FailedPods } from "../../../src/istio/pods/failed-pods.ts";

const pod = (name: string, failedAt = 100, nodeName = "node-1") => ({ namespace: "shop", name, nodeName, owner: { kind: "Job", name: "j" }, failedAt, detail: `${name} failed` });
const judged = (pods: readonly ReturnType<typeof pod>[], passed: readonly (readonly [string, number | undefined])[] = []) => {
  const failed = new FailedPods();
  for (const one of pods) failed.add(one);
  for (const [node, at] of passed) failed.passed(node, at);
  const { offenders, count, before } = failed.judge();
  return { offenders: offenders.map(({ name }) => name), count, before: before.map(({ name }) => name) };
};

describe("a pod that failed for good", () => {
  test.each<[string, readonly (readonly [string, number | undefined])[], boolean]>([
    ["where no pod has passed on its node", [], true],
    ["where a pod passed at an unknown time", [["node-1", undefined]], true],
    ["where a pod passed before", [["node-1", 99]], true],
    ["where a pod passed at the same time", [["node-1", 100]], true],
    ["where a pod passed on another node", [["node-2", 500]], true],
    ["where a pod passed later", [["node-1", 101]], false],
    ["where a pod passed later, and another before", [["node-1", 101], ["node-1", 5], ["node-1", undefined]], false],
  ])("%s", (_, passed, isOffender) => {
    expect(judged([pod("a")], passed)).toEqual(isOffender ? { offenders: ["a"], count: 1, before: [] } : { offenders: [], count: 0, before: ["a"] });
  });

  test("is counted once, and the names are in order", () => {
    expect(judged([pod("b"), pod("a"), pod("c"), pod("b")])).toEqual({ offenders: ["a", "b", "c"], count: 3, before: [] });
  });

  test("is counted beyond the number that is kept", () => {
    const { offenders, count } = judged(Array.from({ length: 503 }, (_, index) => pod(`p${String(index)}`)));
    expect([offenders.length, count]).toEqual([500, 503]);
  });
});
