import { describe, expect, test } from "vitest";
import { candidateOf, confirmRefusal, isCniDaemonSet, MAX_EVENT_AGE_MS, MAX_CANDIDATES, readCandidate, type RefusalCandidate, RefusalCandidates } from "../../../src/istio/workloads/refused-workloads.ts";
import { NOW } from "../fixtures.ts";

const ago = (ms: number): string => new Date(NOW - ms).toISOString();
const event = (kind: string, name: string, message = "denied", lastTimestamp: string | null = ago(60_000), more: object = {}): object => ({
  reason: "FailedCreate",
  message,
  involvedObject: { kind, name, namespace: "shop" },
  lastTimestamp,
  ...more,
});
const candidate = (kind: RefusalCandidate["kind"]): RefusalCandidate => ({ namespace: "shop", kind, name: "w", message: "denied", lastSeenAt: NOW });

describe("an event makes a candidate", () => {
  test.each([
    ["of a StatefulSet", event("StatefulSet", "db"), true],
    ["of a DaemonSet", event("DaemonSet", "agent"), true],
    ["of a Job", event("Job", "migrate"), true],
    ["not of a ReplicaSet, which has a condition", event("ReplicaSet", "web-5d9"), false],
    ["not for another reason", { ...event("Job", "migrate"), reason: "BackoffLimitExceeded" }, false],
    ["not with a name that would be a path, because events are not validated", event("Job", "../secrets/x"), false],
    ["not without a name", event("Job", ""), false],
  ])("%s", (_, json, expected) => {
    expect(readCandidate(json) !== undefined).toBe(expected);
  });
  test("with the time of the newer event API", () => {
    expect(readCandidate(event("Job", "a", "m", null, { eventTime: ago(5000) }))?.lastSeenAt).toBe(NOW - 5000);
    expect(readCandidate(event("Job", "a", "m", ago(9000), { series: { lastObservedTime: ago(1000) } }))?.lastSeenAt).toBe(NOW - 1000);
  });
});

describe("candidates", () => {
  const of = (...events: readonly object[]) => {
    const candidates = new RefusalCandidates(NOW);
    for (const json of events) candidates.add(json);
    return candidates.result(() => true);
  };
  test("have the latest message of each workload, in any order", () => {
    const [older, newer] = [event("Job", "a", "older", ago(9000)), event("Job", "a", "newer", ago(1000))];
    expect(of(older, newer).candidates).toMatchObject([{ message: "newer" }]);
    expect(of(newer, older).candidates).toMatchObject([{ message: "newer" }]);
  });
  test("do not include old events, because a controller that still fails would have tried again", () => {
    expect(of(event("Job", "a", "m", ago(MAX_EVENT_AGE_MS + 1000))).candidates).toEqual([]);
    expect(of(event("Job", "a", "m", null)).candidates).toHaveLength(1);
  });
  test("of the same moment have the message that comes last", () => {
    expect(of(event("Job", "a", "first", ago(1000)), event("Job", "a", "second", ago(1000))).candidates).toMatchObject([{ message: "second" }]);
  });
  test("include an event of the greatest age", () => {
    expect(of(event("Job", "a", "m", ago(MAX_EVENT_AGE_MS))).candidates).toHaveLength(1);
  });
  test("have a message that fits into memory", () => {
    expect(of(event("Job", "a", "m".repeat(5000))).candidates[0]?.message).toHaveLength(1000);
  });
  test("are listed by name", () => {
    expect(of(event("Job", "b"), event("Job", "c"), event("Job", "a")).candidates.map(({ name }) => name)).toEqual(["a", "b", "c"]);
  });
  test("are those that count, and the CNI agent", () => {
    const candidates = new RefusalCandidates(NOW);
    candidates.add(event("Job", "a"));
    candidates.add(event("DaemonSet", "azure-service-mesh-istio-cni-addon-node", "m", ago(0), { involvedObject: { kind: "DaemonSet", namespace: "aks-istio-system", name: "azure-service-mesh-istio-cni-addon-node" } }));
    expect(candidates.result(() => false).candidates.map(({ name }) => name)).toEqual(["azure-service-mesh-istio-cni-addon-node"]);
  });
  test.each([
    [50, 50, 0],
    [51, 50, 1],
    [1000, 50, 950],
    [1001, 50, 951],
    [3000, 50, 1950],
  ])("of %d workloads are %d, and %d are counted", (workloads, listed, left) => {
    const names = Array.from({ length: workloads }, (_, index) => event("Job", `job-${String(index)}`));
    const { candidates, notChecked } = of(...names, ...names);
    expect([candidates.length, notChecked]).toEqual([listed, left]);
  });
  test("are limited in number, and the others are counted", () => {
    const { candidates, notChecked } = of(...Array.from({ length: 3000 }, (_, index) => event("Job", `job-${index}`)));
    expect(candidates).toHaveLength(MAX_CANDIDATES);
    expect(notChecked).toBeGreaterThanOrEqual(1000);
  });
});

test.each([
  ["DaemonSet", "aks-istio-system", "azure-service-mesh-istio-cni-addon-node", true],
  ["Job", "aks-istio-system", "azure-service-mesh-istio-cni-addon-node", false],
  ["DaemonSet", "shop", "azure-service-mesh-istio-cni-addon-node", false],
  ["DaemonSet", "aks-istio-system", "other", false],
])("whether %s %s/%s is the CNI agent: %s", (kind, namespace, name, expected) => {
  expect(isCniDaemonSet({ kind, namespace, name })).toBe(expected);
});

describe("a candidate is confirmed by", () => {
  test.each<[string, RefusalCandidate["kind"], object, boolean]>([
    ["a StatefulSet without a pod", "StatefulSet", { spec: { replicas: 2 }, status: { replicas: 1 } }, true],
    ["a StatefulSet that has its pods", "StatefulSet", { spec: { replicas: 2 }, status: { replicas: 2 } }, false],
    ["a StatefulSet scaled to 0", "StatefulSet", { spec: { replicas: 0 }, status: {} }, false],
    ["a DaemonSet that lacks a pod on a node", "DaemonSet", { status: { desiredNumberScheduled: 3, currentNumberScheduled: 2 } }, true],
    ["a DaemonSet on every node", "DaemonSet", { status: { desiredNumberScheduled: 3, currentNumberScheduled: 3 } }, false],
    ["a DaemonSet that cannot add the new pods beside the old ones", "DaemonSet", { spec: { updateStrategy: { rollingUpdate: { maxSurge: 1 } } }, status: { desiredNumberScheduled: 3, currentNumberScheduled: 3 } }, true],
    ["a DaemonSet that cannot add a part of them", "DaemonSet", { spec: { updateStrategy: { rollingUpdate: { maxSurge: "30%" } } }, status: { desiredNumberScheduled: 3, currentNumberScheduled: 3, updatedNumberScheduled: 2 } }, true],
    ["a DaemonSet that has added them all", "DaemonSet", { spec: { updateStrategy: { rollingUpdate: { maxSurge: "30%" } } }, status: { desiredNumberScheduled: 3, currentNumberScheduled: 3, updatedNumberScheduled: 3 } }, false],
    ["a DaemonSet that adds none, and waits for its old pods", "DaemonSet", { spec: { updateStrategy: { rollingUpdate: { maxSurge: "0%" } } }, status: { desiredNumberScheduled: 3, currentNumberScheduled: 3, updatedNumberScheduled: 1 } }, false],
    ["a Job without a pod", "Job", { spec: {}, status: {} }, true],
    ["a Job that runs", "Job", { spec: { parallelism: 1 }, status: { active: 1 } }, false],
    ["a Job that is complete", "Job", { spec: {}, status: { conditions: [{ type: "Complete", status: "True" }] } }, false],
    ["a Job that failed", "Job", { spec: {}, status: { conditions: [{ type: "Failed", status: "True" }] } }, false],
    ["a Job that is suspended", "Job", { spec: { suspend: true }, status: {} }, false],
    ["a StatefulSet of one pod by default", "StatefulSet", { status: {} }, true],
    ["a Job of several pods that lacks one", "Job", { spec: { parallelism: 3, completions: 9 }, status: { active: 2 } }, true],
    ["a Job whose last pod runs", "Job", { spec: { parallelism: 3, completions: 4 }, status: { active: 1, succeeded: 3 } }, false],
  ])("%s", (_, kind, json, expected) => {
    expect(confirmRefusal(candidate(kind), json) !== undefined).toBe(expected);
  });
  test("not by a workload that is gone", () => {
    expect(confirmRefusal(candidate("Job"), undefined)).toBeUndefined();
  });
  test("and a Job has its CronJob as owner", () => {
    const metadata = { ownerReferences: [{ kind: "CronJob", name: "nightly", controller: true }] };
    expect(confirmRefusal(candidate("Job"), { metadata })?.owner).toEqual({ kind: "CronJob", name: "nightly" });
    expect(confirmRefusal(candidate("StatefulSet"), { metadata })?.owner).toBeUndefined();
  });
});

describe("a refused workload is confirmed again by", () => {
  test.each(["StatefulSet", "DaemonSet", "Job"] as const)("its own candidate, for a %s", (kind) => {
    const first = candidate(kind);
    const lacking = { spec: { replicas: 1 }, status: { desiredNumberScheduled: 1 } };
    const confirmed = confirmRefusal(first, lacking);
    expect(confirmed && candidateOf(confirmed)).toEqual(first);
  });
  test("nothing where it is of a kind that has a condition", () => {
    expect(candidateOf({ namespace: "shop", kind: "ReplicaSet", name: "web", owner: undefined, message: "m", template: { labels: {}, hasIstioInit: false } })).toBeUndefined();
  });
});
