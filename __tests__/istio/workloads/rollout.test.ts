import { describe, expect, test } from "vitest";
import { rolloutObstacle, readWorkload, type RollableKind, rolloutProgress } from "../../../src/istio/workloads/rollout.ts";

const read = (kind: RollableKind, spec: object, status: object, generation = 2) =>
  readWorkload(kind, { metadata: { name: "w", generation }, spec, status: { observedGeneration: 2, ...status } })!;

describe("a rollout, by the rules of kubectl rollout status", () => {
  const GAVE_UP = [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: 'ReplicaSet "w-1" has timed out progressing.' }];
  test.each<[string, RollableKind, object, object, number, string]>([
    ["not seen by its controller yet", "Deployment", { replicas: 2 }, { replicas: 2, updatedReplicas: 2, availableReplicas: 2 }, 3, "not begun yet"],
    ["updating", "Deployment", { replicas: 2 }, { replicas: 3, updatedReplicas: 1, availableReplicas: 2 }, 2, "1 of 2 updated"],
    ["ending the old", "Deployment", { replicas: 2 }, { replicas: 3, updatedReplicas: 2, availableReplicas: 3 }, 2, "1 old still ending"],
    ["waiting for readiness", "Deployment", { replicas: 2 }, { replicas: 2, updatedReplicas: 2, availableReplicas: 1 }, 2, "1 of 2 updated available"],
    ["through", "Deployment", { replicas: 2 }, { replicas: 2, updatedReplicas: 2, availableReplicas: 2 }, 2, "done"],
    ["through, scaled to 0", "Deployment", { replicas: 0 }, {}, 2, "done"],
    ["stuck", "Deployment", { replicas: 2 }, { replicas: 3, updatedReplicas: 1, conditions: GAVE_UP }, 2, "failed"],
    ["of an older template stuck, this one not begun", "Deployment", { replicas: 2 }, { conditions: GAVE_UP }, 3, "not begun yet"],
    ["updating", "DaemonSet", {}, { desiredNumberScheduled: 3, updatedNumberScheduled: 1, numberAvailable: 3 }, 2, "1 of 3 updated"],
    ["waiting for availability", "DaemonSet", {}, { desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 2 }, 2, "2 of 3 available"],
    ["through", "DaemonSet", {}, { desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 }, 2, "done"],
    ["waiting for readiness", "StatefulSet", { replicas: 2 }, { readyReplicas: 1, currentRevision: "a", updateRevision: "b" }, 2, "1 of 2 ready"],
    ["updating", "StatefulSet", { replicas: 2 }, { readyReplicas: 2, updatedReplicas: 1, currentRevision: "a", updateRevision: "b" }, 2, "1 of 2 updated"],
    ["through", "StatefulSet", { replicas: 2 }, { readyReplicas: 2, updatedReplicas: 2, currentRevision: "b", updateRevision: "b" }, 2, "done"],
  ])("is %s (%s)", (_, kind, spec, status, generation, expected) => {
    const progress = rolloutProgress(read(kind, spec, status, generation));
    expect(progress.kind === "waiting" ? progress.state : progress.kind).toBe(expected);
  });
  test("that gave up says what its controller said", () => {
    expect(rolloutProgress(read("Deployment", {}, { conditions: GAVE_UP }))).toEqual({ kind: "failed", why: 'ReplicaSet "w-1" has timed out progressing.' });
  });
});

test.each<[string, RollableKind, object, RegExp | undefined]>([
  ["a plain Deployment", "Deployment", {}, undefined],
  ["a Deployment that recreates", "Deployment", { strategy: { type: "Recreate" } }, undefined],
  ["a paused Deployment", "Deployment", { paused: true }, /paused/],
  ["an OnDelete StatefulSet", "StatefulSet", { updateStrategy: { type: "OnDelete" } }, /OnDelete/],
  ["an OnDelete DaemonSet", "DaemonSet", { updateStrategy: { type: "OnDelete" } }, /OnDelete/],
  ["a partitioned StatefulSet", "StatefulSet", { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } }, /partition is 2/],
  ["a StatefulSet with partition 0", "StatefulSet", { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } } }, undefined],
])("whether a restart moves %s", (_, kind, spec, expected) => {
  const why = rolloutObstacle(read(kind, spec, {}));
  if (expected === undefined) expect(why).toBeUndefined();
  else expect(why).toMatch(expected);
});

test("what has no name is no workload", () => {
  expect(readWorkload("Deployment", {})).toBeUndefined();
});
