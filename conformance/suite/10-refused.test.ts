/** Init containers and Deployment Safeguards: nothing of the mesh is let in, and the action says which workloads. */
import { beforeAll, describe, expect, it } from "vitest";
import { textAt } from "../../simulator/lib/json.ts";
import { openAzure, type Run } from "./azure.ts";
import { settleOn } from "./mesh.ts";
import { cronJob, daemonSet, deployment, job, pod, replicaSet, statefulSet } from "./objects.ts";
import { pathOf } from "./api.ts";
import { api, createDue, injectedNamespace, plainNamespace, podsIn, refusalOf, target } from "./stage.ts";

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
