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
