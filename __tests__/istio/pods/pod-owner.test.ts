/** The workload of a pod, also where its ReplicaSet could not be read. */
import { expect, test } from "vitest";
import { ownersByReplicaSet, workloadOf } from "../../../src/istio/pods/pod-owner.ts";
import { readPod } from "../../../src/istio/pods/pod.ts";
import { podJson } from "../fixtures.ts";

const KNOWN = ownersByReplicaSet([
  { namespace: "shop", name: "web-abc", owner: { kind: "Rollout", name: "web" }, failure: undefined, template: undefined, desired: 1 },
  { namespace: "shop", name: "bare", owner: undefined, failure: undefined, template: undefined, desired: 1 },
]);

test.each([
  ["a pod without a controller is its own", undefined, "", { kind: "Pod", name: "one" }],
  ["a controller that is no ReplicaSet is the workload", { kind: "Job", name: "migrate" }, "migrate", { kind: "Job", name: "migrate" }],
  ["the owner of its ReplicaSet", { kind: "ReplicaSet", name: "web-abc" }, "abc", { kind: "Rollout", name: "web" }],
  ["a ReplicaSet without an owner", { kind: "ReplicaSet", name: "bare" }, "", { kind: "ReplicaSet", name: "bare" }],
  ["of an unknown ReplicaSet, the Deployment by its hash", { kind: "ReplicaSet", name: "api-5d8" }, "5d8", { kind: "Deployment", name: "api" }],
  ["of an unknown ReplicaSet without a hash, itself", { kind: "ReplicaSet", name: "api-5d8" }, "", { kind: "ReplicaSet", name: "api-5d8" }],
  ["of an unknown ReplicaSet whose name ends otherwise, itself", { kind: "ReplicaSet", name: "api-5d8" }, "9f2", { kind: "ReplicaSet", name: "api-5d8" }],
  ["of an unknown ReplicaSet whose name ends with the hash, but for the hyphen, itself", { kind: "ReplicaSet", name: "api5d8" }, "5d8", { kind: "ReplicaSet", name: "api5d8" }],
  ["of an unknown ReplicaSet that is nothing but a hash, itself", { kind: "ReplicaSet", name: "-5d8" }, "5d8", { kind: "ReplicaSet", name: "-5d8" }],
])("%s", (_, controller, hash, expected) => {
  const pod = readPod(podJson({ name: "one", ...(hash === "" ? {} : { labels: { "pod-template-hash": hash } }) }));
  if (pod === undefined) throw new Error("not a pod");
  expect(workloadOf({ ...pod, controller }, KNOWN)).toEqual(expected);
});

test("an empty hash names no Deployment", () => {
  const pod = readPod(podJson({ labels: { "pod-template-hash": "" } }));
  if (pod === undefined) throw new Error("not a pod");
  const controller = { kind: "ReplicaSet", name: "api-" };
  expect(workloadOf({ ...pod, controller }, KNOWN)).toEqual(controller);
});
