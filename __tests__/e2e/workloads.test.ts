/** Writes in the cluster: restarts and labels, and the admission probe, which stores nothing. */
import { describe, expect, it } from "vitest";
import { act, startWorld } from "./in-process.ts";
import { annotated, checksThat, outcomes, PUT } from "./world.ts";

const PATCH = /^PATCH kubernetes /;

describe("workloads that admission has refused since yesterday", () => {
  const TARGETS = ["daemonsets/audit-agent", "deployments/cart", "deployments/storefront", "statefulsets/ledger"];

  it.each(["refused", "stale"])("are restarted with %s after the switch, and their pods are redirected; the Job is left to its controller", async (which) => {
    await using simulator = await startWorld("fresh");
    const run = await act(simulator, { "restart-workloads": which });
    expect(run.outputs, run.log).toMatchObject({ status: "changed", "stale-workloads": "0" });
    expect(outcomes(run.report)).toMatchObject({ "switch-redirection": "done", "restart-workloads": "done" });
    const patches = run.changes.filter((change) => PATCH.test(change));
    expect(patches.map((change) => change.split("/").slice(-2).join("/")).sort()).toEqual(TARGETS);
    expect(Object.keys(run.report.pods.byState), "nothing but redirected pods").toEqual(["cni"]);
    expect(run.report.pods.byState.cni).toBeGreaterThanOrEqual(3 + 2 + 2 + 5);
    expect(checksThat(run.report, "pass")).toEqual(expect.arrayContaining(["pods-redirected", "admission-probe"]));

    const again = await act(simulator, { "restart-workloads": which });
    expect(again.outputs["status"], again.log).toBe("compliant");
    expect(again.changes).toEqual([]);
  });

  it("wait for their controllers with never: the run succeeds, a check after it as well, and both say what to do", async () => {
    await using simulator = await startWorld("fresh");
    const run = await act(simulator);
    expect(run.outputs, run.log).toMatchObject({ status: "changed", drift: "false" });
    expect(run.changes.filter((change) => PATCH.test(change))).toEqual([]);
    const check = await act(simulator, { mode: "check" });
    expect(check.outputs["status"], check.log).toBe("compliant");
    for (const { report } of [run, check]) {
      const admitted = report.checks.find(({ id }) => id === "workloads-admitted");
      expect(admitted).toMatchObject({ result: "warn", message: expect.stringContaining("at the latest 17 minutes after the last refusal") as unknown });
      expect(admitted?.remedy).toMatch(/^kubectl --namespace payments rollout restart .*statefulset\/ledger/m);
    }
  });

  it("are shown in the plan", async () => {
    await using simulator = await startWorld("fresh");
    const { report } = await act(simulator, { mode: "plan", "restart-workloads": "refused" });
    const step = report.plan.find(({ id }) => id === "restart-workloads");
    expect(step).toMatchObject({ outcome: "planned", reason: expect.stringContaining("4 workloads without pods") as unknown });
  });
});

describe("restart-workloads: stale", () => {
  it("restarts exactly the workloads with pods from before the switch, after the switch", async () => {
    await using simulator = await startWorld("stale-pods");
    const run = await act(simulator, { "restart-workloads": "stale" });
    expect(run.outputs, run.log).toMatchObject({ status: "changed", changed: "true", drift: "false" });
    expect(outcomes(run.report)).toMatchObject({ "switch-redirection": "done", "restart-workloads": "done" });
    const [first, ...rest] = run.changes;
    expect(first, "the switch comes first").toBe(PUT);
    expect(rest.length).toBeGreaterThan(1);
    for (const change of rest) expect(change).toMatch(/^PATCH kubernetes \/apis\/apps\/v1\/namespaces\/[^/]+\/(?:deployments|statefulsets|daemonsets)\/[^/ ]+$/);
    expect(new Set(rest).size, "each once").toBe(rest.length);
    for (const entry of simulator.requestLog.of("kubernetes", "PATCH")) {
      expect(entry.query["fieldManager"]).toBe("istio-cni-aks");
      expect(entry.body, "the template's annotation and nothing else").toEqual({
        spec: { template: { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": expect.any(String) as string } } } },
      });
    }
    expect(run.report.pods.byState.cni).toBeGreaterThan(0);

    const again = await act(simulator, { "restart-workloads": "stale" });
    expect(again.changes, "a second run restarts nothing").toEqual([]);
  });

  it("stops at the first rollout that fails, and reports which workloads were restarted", async () => {
    await using simulator = await startWorld("stuck-rollout");
    const run = await act(simulator, { "restart-workloads": "stale", "timeout-minutes": "60" });
    expect(run.exitCode, run.log).toBe(1);
    expect(outcomes(run.report)["restart-workloads"]).toBe("failed");
    const [error] = annotated(run, "error");
    expect(error).toContain("Restarted:");
    expect(error).toContain("Not restarted:");
    expect(run.outputs["changed"], "a restarted workload is a change").toBe("true");
  });

  it("is not the default", async () => {
    await using simulator = await startWorld("stuck-rollout");
    const run = await act(simulator);
    expect(run.changes).toEqual([]);
    expect(checksThat(run.report, "warn")).toContain("workloads-current");
  });

  it("restarts workloads with pods of CNI chaining in mode disable", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.cluster.safeguards = false) });
    const run = await act(simulator, { mode: "disable", force: "true", "restart-workloads": "stale" });
    expect(run.outputs, run.log).toMatchObject({ status: "changed", "redirection-mechanism": "InitContainers", "stale-workloads": "0" });
    expect(run.report.pods.byState["legacy-init"]).toBeGreaterThan(0);
    expect(run.report.pods.byState.cni ?? 0).toBe(0);
  });

  it("fails with the missing role where the identity may not patch", async () => {
    await using simulator = await startWorld("stuck-rollout", { tweak: (world) => (world.rights.kubernetes = "reader") });
    const run = await act(simulator, { "restart-workloads": "stale" });
    expect(run.exitCode).toBe(1);
    expect(annotated(run, "error").join()).toContain("Azure Kubernetes Service RBAC Writer");
    expect(run.changes.filter((change) => !change.endsWith("(403)"))).toEqual([]);
  });
});

describe("label-namespaces", () => {
  const unlabel = (world: Parameters<NonNullable<Parameters<typeof startWorld>[1]>["tweak"] & object>[0]): void => {
    for (const namespace of world.kubernetes.namespaces) {
      if (namespace.name === "shop") for (const entry of namespace.labels) entry.labels = { team: "retail" };
    }
  };

  it("sets the only installed revision on the named namespace, after a dry run, and keeps other labels", async () => {
    await using simulator = await startWorld("compliant", { tweak: unlabel });
    const run = await act(simulator, { namespaces: "shop", "label-namespaces": "true" });
    expect(outcomes(run.report)["label-namespaces"], run.log).toBe("done");
    expect(run.changes).toEqual(["PATCH kubernetes /api/v1/namespaces/shop"]);
    const patches = simulator.requestLog.of("kubernetes", "PATCH");
    expect(patches.map(({ query }) => query["dryRun"] ?? "")).toEqual(["All", ""]);
    for (const { body } of patches) expect(body).toEqual({ metadata: { labels: { "istio.io/rev": "asm-1-30" } } });

    const again = await act(simulator, { namespaces: "shop", "label-namespaces": "true" });
    expect(again.changes).toEqual([]);
  });

  it("plans the label without writing it", async () => {
    await using simulator = await startWorld("compliant", { tweak: unlabel });
    const run = await act(simulator, { mode: "plan", namespaces: "shop", "label-namespaces": "true" });
    expect(run.changes).toEqual([]);
    expect(run.report.plan.find(({ id }) => id === "label-namespaces")).toMatchObject({ outcome: "planned" });
    expect(run.summary).toContain("shop");
  });

  it("fails before any change where two revisions are installed", async () => {
    await using simulator = await startWorld("two-revisions", { tweak: unlabel });
    const run = await act(simulator, { namespaces: "shop", "label-namespaces": "true" });
    expect(run.exitCode, run.log).toBe(1);
    expect(run.changes).toEqual([]);
    expect(annotated(run, "error")[0]).toContain("Set the input revision");
  });

  it("reports an istio-injection label as a conflict, and removes it only with the input", async () => {
    const tweak = (world: Parameters<typeof unlabel>[0]): void => {
      for (const namespace of world.kubernetes.namespaces) {
        if (namespace.name === "shop") for (const entry of namespace.labels) entry.labels = { "istio-injection": "enabled" };
      }
    };
    await using simulator = await startWorld("compliant", { tweak });
    const inputs = { namespaces: "shop", "label-namespaces": "true" };
    const reported = await act(simulator, inputs);
    expect(reported.changes, reported.log).toEqual([]);
    expect(reported.report.plan.find(({ id }) => id === "label-namespaces")?.reason).toContain("istio-injection");
    const removed = await act(simulator, { ...inputs, "remove-istio-injection-label": "true" });
    expect(removed.changes, removed.log).toEqual(["PATCH kubernetes /api/v1/namespaces/shop"]);
  });

  it("does not change a system namespace", async () => {
    await using simulator = await startWorld("compliant");
    const run = await act(simulator, { namespaces: "kube-system", "label-namespaces": "true" });
    expect(run.changes).toEqual([]);
  });
});

describe("the admission probe", () => {
  it("proves injection and admission where no pod runs, and stores nothing", async () => {
    await using simulator = await startWorld("no-pods-yet");
    const before = structuredClone(simulator.world.kubernetes.workloads);
    const run = await act(simulator, { mode: "check" });
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(checksThat(run.report, "pass")).toContain("admission-probe");
    const posts = simulator.requestLog.of("kubernetes", "POST");
    expect(posts.length).toBeGreaterThan(0);
    for (const { query, path } of posts) {
      expect(query["dryRun"]).toBe("All");
      expect(path).not.toMatch(/kube-|aks-istio|gatekeeper/);
    }
    expect(simulator.world.kubernetes.workloads).toEqual(before);
    expect(run.report.pods.total).toBe(0);
  });

  it("is skipped where probe is false", async () => {
    await using simulator = await startWorld("compliant");
    const run = await act(simulator, { probe: "false" });
    expect(simulator.requestLog.of("kubernetes", "POST")).toEqual([]);
    expect(run.report.checks.find(({ id }) => id === "admission-probe")?.result).toBe("skip");
    expect(run.outputs["status"]).toBe("compliant");
  });

  it("distinguishes a refusal by Gatekeeper from one for capabilities", async () => {
    await using simulator = await startWorld("gatekeeper");
    const run = await act(simulator, { mode: "plan" });
    const probe = run.report.checks.find(({ id }) => id === "admission-probe");
    expect([probe?.message, ...(probe?.evidence ?? [])].join(), run.log).toMatch(/Gatekeeper|gatekeeper/);
  });

  it("sends no write in mode check", async () => {
    await using simulator = await startWorld("stale-pods");
    await act(simulator, { mode: "check" });
    expect(simulator.requestLog.changes()).toEqual([]);
    expect(simulator.requestLog.of("kubernetes").some(({ method }) => PATCH.test(`${method} kubernetes `))).toBe(false);
  });
});
