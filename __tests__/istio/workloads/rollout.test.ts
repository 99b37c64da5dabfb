import { describe, expect, test } from "vitest";
import { rolloutObstacle, readWorkload, type RollableKind, rolloutProgress } from "../../../src/istio/workloads/rollout.ts";

const read = (kind: RollableKind, spec: object, status: object, generation = 2) =>
  readWorkload(kind, { metadata: { name: "w", generation }, spec, status: { observedGeneration: 2, ...status } })!;

describe("a rollout, by the rules of kubectl rollout status", () => {
  const TIMED_OUT = [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: 'ReplicaSet "w-1" has timed out progressing.' }];
  test.each<[string, RollableKind, object, object, number, string]>([
    ["not observed by its controller yet", "Deployment", { replicas: 2 }, { replicas: 2, updatedReplicas: 2, availableReplicas: 2 }, 3, "not started yet"],
    ["updating", "Deployment", { replicas: 2 }, { replicas: 3, updatedReplicas: 1, availableReplicas: 2 }, 2, "1 of 2 updated"],
    ["terminating old pods", "Deployment", { replicas: 2 }, { replicas: 3, updatedReplicas: 2, availableReplicas: 3 }, 2, "1 old still terminating"],
    ["waiting for readiness", "Deployment", { replicas: 2 }, { replicas: 2, updatedReplicas: 2, availableReplicas: 1 }, 2, "1 of 2 updated available"],
    ["complete", "Deployment", { replicas: 2 }, { replicas: 2, updatedReplicas: 2, availableReplicas: 2 }, 2, "done"],
    ["complete, scaled to 0", "Deployment", { replicas: 0 }, {}, 2, "done"],
    ["stuck", "Deployment", { replicas: 2 }, { replicas: 3, updatedReplicas: 1, conditions: TIMED_OUT }, 2, "failed"],
    ["not started, and the former one is stuck", "Deployment", { replicas: 2 }, { conditions: TIMED_OUT }, 3, "not started yet"],
    ["updating", "DaemonSet", {}, { desiredNumberScheduled: 3, updatedNumberScheduled: 1, numberAvailable: 3 }, 2, "1 of 3 updated"],
    ["waiting for availability", "DaemonSet", {}, { desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 2 }, 2, "2 of 3 available"],
    ["complete", "DaemonSet", {}, { desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 }, 2, "done"],
    ["waiting for readiness", "StatefulSet", { replicas: 2 }, { readyReplicas: 1, currentRevision: "a", updateRevision: "b" }, 2, "1 of 2 ready"],
    ["updating", "StatefulSet", { replicas: 2 }, { readyReplicas: 2, updatedReplicas: 1, currentRevision: "a", updateRevision: "b" }, 2, "1 of 2 updated"],
    ["complete", "StatefulSet", { replicas: 2 }, { readyReplicas: 2, updatedReplicas: 2, currentRevision: "b", updateRevision: "b" }, 2, "done"],
  ])("is %s (%s)", (_, kind, spec, status, generation, expected) => {
    const progress = rolloutProgress(read(kind, spec, status, generation));
    expect(progress.kind === "waiting" ? progress.state : progress.kind).toBe(expected);
  });
  test("that exceeded its deadline has the message of its controller", () => {
    expect(rolloutProgress(read("Deployment", {}, { conditions: TIMED_OUT }))).toEqual({ kind: "failed", why: 'ReplicaSet "w-1" has timed out progressing.' });
  });
});

test.each<[string, RollableKind, object, RegExp | undefined]>([
  ["a plain Deployment", "Deployment", {}, undefined],
  ["a Deployment with strategy Recreate", "Deployment", { strategy: { type: "Recreate" } }, undefined],
  ["a paused Deployment", "Deployment", { paused: true }, /paused/],
  ["an OnDelete StatefulSet", "StatefulSet", { updateStrategy: { type: "OnDelete" } }, /OnDelete/],
  ["an OnDelete DaemonSet", "DaemonSet", { updateStrategy: { type: "OnDelete" } }, /OnDelete/],
  ["a partitioned StatefulSet", "StatefulSet", { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } }, /partition is 2/],
  ["a StatefulSet with partition 0", "StatefulSet", { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } } }, undefined],
])("whether a restart replaces the pods of %s", (_, kind, spec, expected) => {
  const why = rolloutObstacle(read(kind, spec, {}));
  if (expected === undefined) expect(why).toBeUndefined();
  else expect(why).toMatch(expected);
});

test("an object without a name is not a workload", () => {
  expect(readWorkload("Deployment", {})).toBeUndefined();
});

describe("the facts of a workload", () => {
  const PLAIN = { kind: "Deployment", generation: 2, observedGeneration: 2, desired: 1, current: 0, updated: 0, available: 0, paused: false, strategy: "RollingUpdate", partition: 0, currentRevision: "", updateRevision: "", deadlineMessage: undefined, hasOwnIstioInit: false, refusedSince: undefined };
  const partition = { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } };

  test.each<[string, RollableKind, object, object, object]>([
    ["are the defaults of the API server where it says nothing", "Deployment", {}, {}, {}],
    ["have a StatefulSet's counts", "StatefulSet", { replicas: 3 }, { replicas: 2, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 0 }, { kind: "StatefulSet", desired: 3, current: 2, updated: 1, available: 1 }],
    ["have a DaemonSet's counts", "DaemonSet", { replicas: 9 }, { replicas: 9, desiredNumberScheduled: 4, currentNumberScheduled: 3, updatedNumberScheduled: 2, numberAvailable: 1 }, { kind: "DaemonSet", desired: 4, current: 3, updated: 2, available: 1 }],
    ["have a StatefulSet's revisions", "StatefulSet", {}, { currentRevision: "w-1", updateRevision: "w-2" }, { kind: "StatefulSet", currentRevision: "w-1", updateRevision: "w-2" }],
    ["have a partition only of a StatefulSet", "DaemonSet", partition, {}, { kind: "DaemonSet", desired: 0 }],
    ["have a pause only of a Deployment", "StatefulSet", { paused: true }, {}, { kind: "StatefulSet" }],
    ["do not take another condition for the progress", "Deployment", {}, { conditions: [{ type: "Available", reason: "ProgressDeadlineExceeded", message: "other" }, { type: "Progressing", reason: "NewReplicaSetAvailable", message: "fine" }] }, {}],
    ["say that a deadline has passed where its controller has no words", "Deployment", {}, { conditions: [{ type: "Progressing", reason: "ProgressDeadlineExceeded" }] }, { deadlineMessage: "it exceeded its progress deadline" }],
    ["name istio-init in the template itself", "Deployment", { template: { spec: { initContainers: [{ name: "first" }, { name: "istio-init" }] } } }, {}, { hasOwnIstioInit: true }],
    ["do not take another init container for it", "Deployment", { template: { spec: { initContainers: [{ name: "first" }] } } }, {}, {}],
    ["have the time of a refusal", "Deployment", {}, { conditions: [{ type: "ReplicaFailure", status: "True", lastTransitionTime: "2026-03-01T12:00:00Z" }] }, { refusedSince: Date.UTC(2026, 2, 1, 12) }],
  ])("%s", (_, kind, spec, status, expected) => {
    expect(read(kind, spec, status)).toEqual({ ...PLAIN, ...expected });
  });
});

test("a workload without pods gets its first ones by any strategy, unless it is paused", () => {
  const onDelete = read("StatefulSet", { updateStrategy: { type: "OnDelete" } }, {});
  expect([rolloutObstacle(onDelete, false), rolloutObstacle(onDelete, true)]).toEqual([undefined, expect.stringContaining("OnDelete")]);
  expect(rolloutObstacle(read("Deployment", { paused: true }, {}), false)).toBe("its rollout is paused");
});
