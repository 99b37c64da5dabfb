/** CNI chaining: pods are injected with istio-validation and let in, and the action finds nothing to do. */
import { beforeAll, describe, expect, it } from "vitest";
import { openAzure, type Run } from "./azure.ts";
import { settleOn } from "./mesh.ts";
import { cronJob, daemonSet, deployment, job, pod, replicaSet, statefulSet } from "./objects.ts";
import { eventually } from "./api.ts";
import { api, createDue, initContainersOf, injectedNamespace, isReady, plainNamespace, podsIn, target } from "./stage.ts";

/** Two of the Deployment, three of the DaemonSet (one a node), one each of the others. */
const IN_MESH = 9;

describe("with CNI, on a cluster with Deployment Safeguards", () => {
  let inMesh = "";
  let byPod = "";
  let outside = "";
  let run: Run;
  let all: Run;

  beforeAll(async () => {
    await settleOn(api, target.revision, "CNIChaining");
    inMesh = await injectedNamespace("admitted");
    byPod = await plainNamespace("admitted-by-pod");
    outside = await plainNamespace("outside");
    const within = { namespace: inMesh };
    await api.create(
      deployment({ ...within, name: "web", replicas: 2 }),
      replicaSet({ ...within, name: "bare" }),
      statefulSet({ ...within, name: "store" }),
      daemonSet({ ...within, name: "agent" }),
      job({ ...within, name: "migrate" }),
      pod({ ...within, name: "shell" }),
      deployment({ namespace: byPod, name: "lone", labels: { "istio.io/rev": target.revision } }),
      deployment({ namespace: outside, name: "handbook" }),
    );
    await eventually("all pods to be ready", async () => {
      const ready = (await podsIn(inMesh)).filter(isReady).length;
      const elsewhere = [...(await podsIn(byPod)), ...(await podsIn(outside))].filter(isReady).length;
      return ready === IN_MESH && elsewhere === 2 ? true : undefined;
    });
    await using azure = await openAzure(target, api, { mechanism: "CNIChaining" });
    run = await azure.run({ mode: "check", namespaces: inMesh });
    all = await azure.run({ mode: "check", namespaces: `${inMesh},${byPod},${outside}`, "fail-on-drift": "false" });
  });

  it("the injector gives each pod istio-validation and no istio-init", async () => {
    for (const injected of [...(await podsIn(inMesh)), ...(await podsIn(byPod))]) {
      expect(initContainersOf(injected)).toContain("istio-validation");
      expect(initContainersOf(injected)).not.toContain("istio-init");
    }
    for (const plain of await podsIn(outside)) expect(initContainersOf(plain)).toEqual([]);
  });

  it("check ends compliant", () => {
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(run.exitCode).toBe(0);
  });

  it("the real injector's probe pod is accepted as proof", () => {
    expect(run.check("admission-probe").result, run.log).toBe("pass");
    expect(run.check("injector-configured").result).toBe("pass");
    expect(run.check("cni-daemonset-ready").result).toBe("pass");
    expect(run.outputs["daemonset-ready"]).toBe("3/3");
  });

  it("all pods of the mesh are counted as redirected, and no other", () => {
    expect(run.report.pods.byState, run.log).toEqual({ cni: IN_MESH });
    expect(all.report.pods.byState, all.log).toEqual({ cni: IN_MESH + 1, "out-of-mesh": 1 });
    expect(all.check("pods-redirected").result).toBe("pass");
  });

  it("a CronJob's pod counts as well", async () => {
    const within = { namespace: await injectedNamespace("cron") };
    await createDue(cronJob({ ...within, name: "tick" }));
    await eventually("the CronJob's pod", async () => ((await podsIn(within.namespace)).some(isReady) ? true : undefined), 90);
    await using azure = await openAzure(target, api, { mechanism: "CNIChaining" });
    const cron = await azure.run({ mode: "check", namespaces: within.namespace });
    expect(cron.outputs["status"], cron.log).toBe("compliant");
    expect(cron.report.pods.byState).toEqual({ cni: 1 });
  });

  it("apply has nothing to do, and plan shows no step", async () => {
    await using azure = await openAzure(target, api, { mechanism: "CNIChaining" });
    const scope = { namespaces: inMesh, "restart-workloads": "stale" };
    const plan = await azure.run({ mode: "plan", ...scope });
    expect(plan.report.plan.filter(({ outcome }) => outcome === "planned"), plan.log).toEqual([]);
    const apply = await azure.run({ mode: "apply", ...scope });
    expect(apply.outputs, apply.log).toMatchObject({ status: "compliant", changed: "false" });
  });
});
