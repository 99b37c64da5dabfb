/** Init containers and Deployment Safeguards: nothing of the mesh is let in, and the action says which workloads. */
import { beforeAll, describe, expect, it } from "vitest";
import { textAt } from "../../simulator/lib/json.ts";
import { openAzure, type Run } from "./azure.ts";
import { settleOn } from "./mesh.ts";
import { cronJob, daemonSet, deployment, job, pod, replicaSet, statefulSet } from "./objects.ts";
import { eventually, pathOf } from "./api.ts";
import { numberAt } from "./numbers.ts";
import { api, createDue, injectedNamespace, isReady, plainNamespace, podsIn, refusalOf, target } from "./stage.ts";

describe("without CNI, on a cluster with Deployment Safeguards", () => {
  let inMesh = "";
  let byPod = "";
  let run: Run;

  beforeAll(async () => {
    await settleOn(api, target.revision, "InitContainers");
    inMesh = await injectedNamespace("refused");
    byPod = await plainNamespace("refused-by-pod");
    const within = { namespace: inMesh };
    await api.create(
      deployment({ ...within, name: "web", replicas: 2 }),
      replicaSet({ ...within, name: "bare" }),
      statefulSet({ ...within, name: "store" }),
      daemonSet({ ...within, name: "agent" }),
      job({ ...within, name: "migrate" }),
      deployment({ namespace: byPod, name: "lone", labels: { "istio.io/rev": target.revision } }),
    );
    await createDue(cronJob({ ...within, name: "tick" }));
    await Promise.all([
      refusalOf(inMesh, "ReplicaSet", "web-"),
      refusalOf(inMesh, "ReplicaSet", "bare"),
      refusalOf(inMesh, "StatefulSet", "store"),
      refusalOf(inMesh, "DaemonSet", "agent"),
      refusalOf(inMesh, "Job", "migrate"),
      refusalOf(inMesh, "Job", "tick-"),
      refusalOf(byPod, "ReplicaSet", "lone-"),
    ]);
    await using azure = await openAzure(target, api, { mechanism: "InitContainers" });
    run = await azure.run({ mode: "check", namespaces: `${inMesh},${byPod}` });
  });

  it("no pod of the mesh exists", async () => {
    expect([...(await podsIn(inMesh)), ...(await podsIn(byPod))]).toEqual([]);
  });

  it("the API server words the refusal as the documents say", async () => {
    const bare = pod({ namespace: inMesh, name: "bare-pod" });
    const { status, body } = await api.ask("POST", `${pathOf(bare, false)}?dryRun=All`, bare);
    expect(status).toBe(422);
    expect(textAt(body, "reason")).toBe("Invalid");
    expect(textAt(body, "message")).toMatch(
      /^pods "bare-pod" is forbidden: ValidatingAdmissionPolicy 'aks-managed-baseline-capabilities' with binding 'aks-managed-baseline-capabilities-binding' denied request: Disallowed capabilities detected: container istio-init adds NET_ADMIN, NET_RAW$/,
    );
  });

  it("check ends drifted, and fails the step", () => {
    expect(run.outputs["status"], run.log).toBe("drifted");
    expect(run.exitCode).toBe(1);
  });

  it("the admission probe is refused, and says by whom", () => {
    const { result, message, evidence } = run.check("admission-probe");
    expect(result, run.log).toBe("fail");
    expect([message, ...evidence].join("\n")).toContain("aks-managed-baseline-capabilities");
  });

  it.each([
    ["Deployment", "web"],
    ["ReplicaSet", "bare"],
    ["StatefulSet", "store"],
    ["DaemonSet", "agent"],
    ["Job", "migrate"],
    ["CronJob", "tick"],
    ["Deployment by a label of its pods", "lone"],
  ])("a refused %s is named by workloads-admitted", (_, name) => {
    const { result, message, evidence } = run.check("workloads-admitted");
    expect(result, run.log).toBe("fail");
    expect([message, ...evidence].join("\n")).toContain(`/${name}`);
  });

  it("no pod is called redirected", () => {
    expect(run.report.pods).toMatchObject({ total: 0, byState: {}, offenders: [] });
    expect(run.check("pods-redirected").result, run.log).toBe("skip");
  });
});

describe("updates whose pods are refused, while the old pods run", () => {
  const UPDATED = [["daemonsets", "agent"], ["daemonsets", "surging"], ["statefulsets", "store"], ["deployments", "web"]] as const;
  let within = "";
  let run: Run;

  beforeAll(async () => {
    await settleOn(api, target.revision, "InitContainers");
    within = await plainNamespace("refused-update");
    await api.create(
      daemonSet({ namespace: within, name: "agent" }),
      daemonSet({ namespace: within, name: "surging", more: { updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } } }),
      statefulSet({ namespace: within, name: "store", replicas: 2 }),
      deployment({ namespace: within, name: "web", replicas: 2 }),
    );
    await eventually("ten pods before the update", async () => ((await podsIn(within)).filter(isReady).length === 10 ? true : undefined));
    const change = { spec: { template: { metadata: { labels: { "istio.io/rev": target.revision } } } } };
    for (const [plural, name] of UPDATED) await api.merge(`/apis/apps/v1/namespaces/${within}/${plural}/${name}`, change);
    await Promise.all([refusalOf(within, "DaemonSet", "agent"), refusalOf(within, "DaemonSet", "surging"), refusalOf(within, "StatefulSet", "store"), refusalOf(within, "ReplicaSet", "web-")]);
    await using azure = await openAzure(target, api, { mechanism: "InitContainers" });
    run = await azure.run({ mode: "check", namespaces: within });
  });

  it.each([
    ["daemonsets", "agent", "currentNumberScheduled", 2],
    ["daemonsets", "surging", "currentNumberScheduled", 3],
    ["statefulsets", "store", "replicas", 1],
    ["deployments", "web", "readyReplicas", 2],
  ])("of %s: %s has %s %d", async (plural, name, field, expected) => {
    expect(numberAt(await api.get(`/apis/apps/v1/namespaces/${within}/${plural}/${name}`), "status", field)).toBe(expected);
  });

  it.each(UPDATED)("of %s: %s is named by workloads-admitted", (_, name) => {
    const { result, message, evidence } = run.check("workloads-admitted");
    expect(result, run.log).toBe("fail");
    expect([message, ...evidence].join("\n")).toContain(`/${name}`);
  });
});
