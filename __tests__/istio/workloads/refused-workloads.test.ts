import { describe, expect, test } from "vitest";
import { confirmRefusal, FRESH_MS, MAX_CANDIDATES, readCandidate, type RefusalCandidate, RefusalCandidates } from "../../../src/istio/workloads/refused-workloads.ts";
import { NOW } from "../fixtures.ts";

const ago = (ms: number): string => new Date(NOW - ms).toISOString();
const event = (kind: string, name: string, message = "denied", lastTimestamp: string | null = ago(60_000), more: object = {}): object => ({
  reason: "FailedCreate",
  message,
  involvedObject: { kind, name, namespace: "shop" },
  lastTimestamp,
  ...more,
});
const candidate = (kind: RefusalCandidate["kind"]): RefusalCandidate => ({ namespace: "shop", kind, name: "w", message: "denied", lastAt: NOW });

describe("an event makes a suspect of", () => {
  test.each([
    ["a StatefulSet", event("StatefulSet", "db"), true],
    ["a DaemonSet", event("DaemonSet", "agent"), true],
    ["a Job", event("Job", "migrate"), true],
    ["not a ReplicaSet, which has a condition", event("ReplicaSet", "web-5d9"), false],
    ["nobody for another reason", { ...event("Job", "migrate"), reason: "BackoffLimitExceeded" }, false],
    ["nobody whose name would be a path, since events may name anything", event("Job", "../secrets/x"), false],
    ["nobody without a name", event("Job", ""), false],
  ])("%s", (_, json, expected) => {
    expect(readCandidate(json) !== undefined).toBe(expected);
  });
  test("the time of the newer event API counts as well", () => {
    expect(readCandidate(event("Job", "a", "m", null, { eventTime: ago(5000) }))?.lastAt).toBe(NOW - 5000);
    expect(readCandidate(event("Job", "a", "m", ago(9000), { series: { lastObservedTime: ago(1000) } }))?.lastAt).toBe(NOW - 1000);
  });
});

describe("suspects", () => {
  const of = (...events: readonly object[]) => {
    const candidates = new RefusalCandidates(NOW);
    for (const json of events) candidates.add(json);
    return candidates.result(() => true);
  };
  test("keep the latest message of each workload, whatever the order", () => {
    const [older, newer] = [event("Job", "a", "older", ago(9000)), event("Job", "a", "newer", ago(1000))];
    expect(of(older, newer).candidates).toMatchObject([{ message: "newer" }]);
    expect(of(newer, older).candidates).toMatchObject([{ message: "newer" }]);
  });
  test("leave history out: a controller that is still refused would have tried again", () => {
    expect(of(event("Job", "a", "m", ago(FRESH_MS + 1000))).candidates).toEqual([]);
    expect(of(event("Job", "a", "m", null)).candidates).toHaveLength(1);
  });
  test("are no more than a run can look at, and the rest is counted", () => {
    const { candidates, notLookedAt } = of(...Array.from({ length: 3000 }, (_, index) => event("Job", `job-${index}`)));
    expect(candidates).toHaveLength(MAX_CANDIDATES);
    expect(notLookedAt).toBeGreaterThanOrEqual(1000);
  });
});

describe("a suspect is confirmed by", () => {
  test.each<[string, RefusalCandidate["kind"], object, boolean]>([
    ["a StatefulSet without a pod", "StatefulSet", { spec: { replicas: 2 }, status: { replicas: 1 } }, true],
    ["a StatefulSet that has them now", "StatefulSet", { spec: { replicas: 2 }, status: { replicas: 2 } }, false],
    ["a StatefulSet scaled to 0", "StatefulSet", { spec: { replicas: 0 }, status: {} }, false],
    ["a DaemonSet that lacks a node", "DaemonSet", { status: { desiredNumberScheduled: 3, currentNumberScheduled: 2 } }, true],
    ["a DaemonSet on every node", "DaemonSet", { status: { desiredNumberScheduled: 3, currentNumberScheduled: 3 } }, false],
    ["a Job without a pod", "Job", { spec: {}, status: {} }, true],
    ["a Job that runs", "Job", { spec: { parallelism: 1 }, status: { active: 1 } }, false],
    ["a Job that is done", "Job", { spec: {}, status: { conditions: [{ type: "Complete", status: "True" }] } }, false],
    ["a Job that failed", "Job", { spec: {}, status: { conditions: [{ type: "Failed", status: "True" }] } }, false],
    ["a Job that is suspended", "Job", { spec: { suspend: true }, status: {} }, false],
    ["a Job whose last completions run", "Job", { spec: { parallelism: 3, completions: 4 }, status: { active: 1, succeeded: 3 } }, false],
  ])("%s", (_, kind, json, expected) => {
    expect(confirmRefusal(candidate(kind), json) !== undefined).toBe(expected);
  });
  test("not by one that is gone", () => {
    expect(confirmRefusal(candidate("Job"), undefined)).toBeUndefined();
  });
  test("and a Job tells of its CronJob", () => {
    const metadata = { ownerReferences: [{ kind: "CronJob", name: "nightly", controller: true }] };
    expect(confirmRefusal(candidate("Job"), { metadata })?.owner).toEqual({ kind: "CronJob", name: "nightly" });
  });
});
