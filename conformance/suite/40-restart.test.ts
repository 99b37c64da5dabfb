/** Restarting pods that predate the switch: rollouts that finish, and those that cannot. */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "../../simulator/lib/json.ts";
import { textAt, valueAt } from "../../simulator/lib/json.ts";
import { eventually } from "./api.ts";
import { openAzure, type Run } from "./azure.ts";
import { settleOn } from "./mesh.ts";
import { daemonSet, deployment, pod, quota, statefulSet, WITHOUT_SAFEGUARDS } from "./objects.ts";
import { numberAt } from "./numbers.ts";
import { api, initContainersOf, injectedNamespace, isReady, podsIn, target, trace } from "./stage.ts";

const RESTARTED_AT = ["spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt"] as const;

/** Makes objects while the mesh injects istio-init where no safeguard refuses it, waits for their pods, then switches. */
async function stale(topic: string, count: number, make: (namespace: string) => readonly JsonObject[]): Promise<string> {
  await settleOn(api, target.revision, "InitContainers");
  const name = await injectedNamespace(topic, WITHOUT_SAFEGUARDS);
  await api.create(...make(name));
  await eventually(`${count} ready pods in ${name}`, async () => ((await podsIn(name)).filter(isReady).length === count ? true : undefined));
  await settleOn(api, target.revision, "CNIChaining");
  return name;
}

async function apply(namespace: string, inputs: Readonly<Record<string, string>> = {}): Promise<Run> {
  await using azure = await openAzure(target, api, { mechanism: "CNIChaining" });
  return await azure.run({ mode: "apply", namespaces: namespace, "restart-workloads": "stale", ...inputs });
}

function workload(namespace: string, plural: string, name: string): Promise<JsonObject> {
  return api.get(`/apis/apps/v1/namespaces/${namespace}/${plural}/${name}`);
}

describe("pods that predate the switch", () => {
  let name = "";

  beforeAll(async () => {
    name = await stale("stale", 7, (namespace) => [
      deployment({ namespace, name: "web", replicas: 2 }),
      statefulSet({ namespace, name: "store" }),
      daemonSet({ namespace, name: "agent" }),
      pod({ namespace, name: "shell" }),
    ]);
  });

  it("run with the real injector's istio-init, and are counted as legacy-init", async () => {
    for (const old of await podsIn(name)) expect(initContainersOf(old)).toContain("istio-init");
    await using azure = await openAzure(target, api, { mechanism: "CNIChaining" });
    const run = await azure.run({ mode: "check", namespaces: name });
    expect(run.report.pods.byState, run.log).toEqual({ "legacy-init": 7 });
    expect(run.check("workloads-current").result).toBe("warn");
  });

  it("are rolled by restart-workloads: stale, and the bare pod is told of", async () => {
    const before = await workload(name, "deployments", "web");
    const run = await apply(name);
    expect(run.report.plan.find(({ id }) => id === "restart-workloads"), run.log).toMatchObject({ outcome: "done" });
    expect(run.report.pods.byState).toEqual({ cni: 6, "legacy-init": 1 });
    expect(run.log + run.summary).toContain("shell");
    const after = await workload(name, "deployments", "web");
    expect(trace(after).generation, "one change of the spec").toBe(trace(before).generation + 1);
    expect(textAt(after, ...RESTARTED_AT)).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it("are left alone the second time", async () => {
    const before = await Promise.all([workload(name, "deployments", "web"), workload(name, "statefulsets", "store"), workload(name, "daemonsets", "agent")]);
    const run = await apply(name);
    expect(run.outputs["changed"], run.log).toBe("false");
    const after = await Promise.all([workload(name, "deployments", "web"), workload(name, "statefulsets", "store"), workload(name, "daemonsets", "agent")]);
    expect(after.map(trace)).toEqual(before.map(trace));
  });
});

describe("rollouts that cannot finish", () => {
  it("one whose new pods never get ready fails when Kubernetes gives it up", async () => {
    const name = await stale("stall", 2, (namespace) => [deployment({ namespace, name: "web", replicas: 2, more: { progressDeadlineSeconds: 10 } })]);
    // From now on its pods do not get ready; the old ones stay as they are, since only new ones read the annotation.
    await api.merge(`/apis/apps/v1/namespaces/${name}/deployments/web`, { spec: { paused: true } });
    await api.merge(`/apis/apps/v1/namespaces/${name}/deployments/web`, { spec: { template: { metadata: { annotations: { "conformance/becomes": "never-ready" } } } } });
    await api.merge(`/apis/apps/v1/namespaces/${name}/deployments/web`, { spec: { paused: false } });
    await eventually("the rollout to begin", async () => ((await podsIn(name)).length > 2 ? true : undefined));
    const run = await apply(name);
    expect(run.outputs["status"], run.log).toBe("failed");
    expect(run.report.error?.message ?? "").toMatch(/has timed out progressing/);
  });

  it("a paused Deployment is told of and not patched", async () => {
    const name = await stale("paused", 1, (namespace) => [deployment({ namespace, name: "web" })]);
    await api.merge(`/apis/apps/v1/namespaces/${name}/deployments/web`, { spec: { paused: true } });
    const before = trace(await workload(name, "deployments", "web"));
    const run = await apply(name);
    expect(run.log + run.summary).toMatch(/paused/);
    expect(trace(await workload(name, "deployments", "web"))).toEqual(before);
  });

  it("a quota that has no room for a surplus pod stalls it, and the failure names the quota", async () => {
    const name = await stale("quota", 2, (namespace) => [
      deployment({ namespace, name: "web", replicas: 2, more: { progressDeadlineSeconds: 10, strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } } }),
    ]);
    await api.create(quota(name, { pods: "2" }));
    const run = await apply(name, { probe: "false" });
    expect(run.outputs["status"], run.log).toBe("failed");
    expect(run.log + run.summary).toMatch(/exceeded quota|quota/);
  });

  it("a PodDisruptionBudget does not keep a rollout from finishing", async () => {
    const name = await stale("budget", 2, (namespace) => [
      deployment({ namespace, name: "web", replicas: 2 }),
      { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { namespace, name: "web" }, spec: { minAvailable: 2, selector: { matchLabels: { app: "web" } } } },
    ]);
    const run = await apply(name);
    expect(run.outputs, run.log).toMatchObject({ status: "changed" });
    expect(run.report.pods.byState).toEqual({ cni: 2 });
  });
});

describe("workloads that an annotation does not move", () => {
  beforeEach(() => settleOn(api, target.revision, "CNIChaining"));

  it("OnDelete: told of, and not patched", async () => {
    const name = await stale("ondelete", 4, (namespace) => [
      daemonSet({ namespace, name: "agent", more: { updateStrategy: { type: "OnDelete" } } }),
      statefulSet({ namespace, name: "store", more: { updateStrategy: { type: "OnDelete" } } }),
    ]);
    const before = [trace(await workload(name, "daemonsets", "agent")), trace(await workload(name, "statefulsets", "store"))];
    const run = await apply(name);
    expect(run.log + run.summary).toMatch(/OnDelete/);
    expect([trace(await workload(name, "daemonsets", "agent")), trace(await workload(name, "statefulsets", "store"))]).toEqual(before);
  });

  it("a StatefulSet with a partition: told of, and no pod below it is touched", async () => {
    const name = await stale("partition", 3, (namespace) => [
      statefulSet({ namespace, name: "store", replicas: 3, more: { podManagementPolicy: "Parallel", updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } } } }),
    ]);
    const run = await apply(name);
    expect(run.log + run.summary).toMatch(/partition/i);
    const pods = await podsIn(name);
    expect(pods.filter((old) => initContainersOf(old).includes("istio-init")).length).toBeGreaterThanOrEqual(2);
  });

  it("a DaemonSet that rolls ends at its own generation", async () => {
    const name = await stale("rolling", 3, (namespace) => [daemonSet({ namespace, name: "agent" })]);
    const run = await apply(name);
    expect(run.outputs, run.log).toMatchObject({ status: "changed" });
    const agent = await workload(name, "daemonsets", "agent");
    expect(numberAt(agent, "status", "observedGeneration")).toBe(numberAt(agent, "metadata", "generation"));
    expect(valueAt(agent, "status", "updatedNumberScheduled")).toBe(3);
  });
});
