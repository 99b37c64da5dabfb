/** The way into the cluster: what is asked, what is refused, and what that means for the verdict. */
import { describe, expect, it } from "vitest";
import { act, annotated, checksThat, startWorld } from "./world.ts";

const CLUSTER_CHECKS = ["injector-configured", "cni-daemonset-ready", "cni-covers-nodes", "namespaces-labelled", "pods-redirected", "workloads-current", "workloads-admitted"];

describe("an identity without a role in the cluster", () => {
  it("leaves the run unverified, with the missing role, and does not call the cluster broken", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.rights.kubernetes = "none") });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("unverified");
    expect(run.exitCode).toBe(0);
    expect(checksThat(run.report, "skip")).toEqual(expect.arrayContaining(CLUSTER_CHECKS));
    expect(checksThat(run.report, "fail")).toEqual([]);
    expect(annotated(run, "warning").join()).toContain("could not be looked into");
    expect(run.summary).toContain("Azure Kubernetes Service RBAC Reader");
  });

  it("fails the step where the way in was asked for by name", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.rights.kubernetes = "none") });
    const run = await act(simulator, { "kube-access": "direct" });
    expect(run.outputs["status"]).toBe("unverified");
    expect(run.exitCode).toBe(1);
    expect(annotated(run, "error"), "an error says why the step failed").not.toEqual([]);
  });

  it("is unverified and green with kube-access: none, and asks the cluster nothing", async () => {
    await using simulator = await startWorld("compliant");
    const run = await act(simulator, { "kube-access": "none" });
    expect(run.outputs["status"]).toBe("unverified");
    expect(run.exitCode).toBe(0);
    expect(simulator.journal.of("kubernetes")).toEqual([]);
  });
});

describe("RBAC Reader", () => {
  it("is enough: what it may not see is made up for", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.rights.kubernetes = "reader") });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("compliant");
  });
});

describe("the API server", () => {
  it("is asked again from the start where a list's continue token has expired", async () => {
    await using simulator = await startWorld("compliant", {
      tweak: (world) => {
        world.kubernetes.continueTokens.expireFirst = true;
        const meshed = world.kubernetes.workloads.find(({ namespace }) => namespace === "shop");
        if (meshed !== undefined) meshed.replicas = 700;
      },
    });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(run.log).toContain("starting again with the first page");
    expect(run.report.pods.total).toBeGreaterThan(700);
    expect(simulator.journal.of("kubernetes").filter(({ status }) => status === 410)).toHaveLength(1);
  });

  it("may warn: what it says is kept for the summary", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => world.kubernetes.warnings.push("v1 Something is deprecated ::error::not a command") });
    const run = await act(simulator);
    expect(run.summary).toContain("Something is deprecated");
    expect(annotated(run, "error")).toEqual([]);
  });

  it("may know its users by certificate", async () => {
    await using simulator = await startWorld("compliant", { tweak: ({ cluster }) => {
        cluster.kubeconfig = "client-certificate";
        // Such a cluster knows no Entra.
        delete (cluster.body as { properties: { aadProfile?: unknown } }).properties.aadProfile;
      },
    });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(simulator.journal.of("entra", "POST"), "one token, for Resource Manager").toHaveLength(1);
  });

  it("is not trusted with another authority than the kubeconfig's", async () => {
    await using simulator = await startWorld("compliant");
    const { createHash } = await import("node:crypto");
    expect(createHash("sha256").update(simulator.publicAuthority).digest("hex")).not.toBe(createHash("sha256").update(simulator.clusterAuthority).digest("hex"));
  });
});

describe("the lists that grow with the cluster", () => {
  const isLarge = (path: string): boolean => /\/(?:pods|replicasets)$/.test(path);

  it("are asked for as protobuf, and nothing else is", async () => {
    await using simulator = await startWorld("compliant");
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("compliant");
    const asked = simulator.journal.of("kubernetes", "GET").map(({ path, headers }) => ({ path, accept: headers.accept }));
    expect(asked.filter(({ path }) => isLarge(path)).length).toBeGreaterThanOrEqual(3);
    for (const { path, accept } of asked) expect(accept, path).toBe(isLarge(path) ? "application/vnd.kubernetes.protobuf, application/json" : "application/json");
  });

  it.each(["stale-pods", "refused-by-safeguards"] as const)("may come as JSON all the same, with the same verdict: %s", async (scenario) => {
    await using simulator = await startWorld(scenario);
    const asked = await act(simulator, { mode: "check", "fail-on-drift": "false" });
    simulator.faults.add({ match: ({ service, path }) => service === "kubernetes" && isLarge(path), fault: { kind: "alter", change: (reply) => ({ ...reply, body: JSON.stringify(reply.body) }) } });
    const given = await act(simulator, { mode: "check", "fail-on-drift": "false" });
    const { checks, pods, status } = asked.report;
    expect({ checks: given.report.checks, pods: given.report.pods, status: given.report.status }, given.log).toEqual({ checks, pods, status });
  });

  it("that are no protobuf though they say so leave the run unverified, and say so", async () => {
    const headers = { "content-type": "application/vnd.kubernetes.protobuf" };
    await using simulator = await startWorld("compliant", { faults: [{ match: ({ path }) => path === "/api/v1/pods", fault: { kind: "alter", change: (reply) => ({ ...reply, headers: { ...reply.headers, ...headers }, bytes: Buffer.from("k8s\0\xff\xff") }) } }] });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("unverified");
    expect(run.summary).toContain("not Kubernetes' protobuf");
  });
});

describe("named namespaces", () => {
  it("are asked for one by one, and others are left alone", async () => {
    await using simulator = await startWorld("compliant");
    const run = await act(simulator, { namespaces: "shop" });
    expect(run.outputs["status"], run.log).toBe("compliant");
    const paths = simulator.journal.of("kubernetes").map(({ path }) => path);
    expect(paths).toContain("/api/v1/namespaces/shop/pods");
    expect(paths).not.toContain("/api/v1/pods");
  });

  it("must exist", async () => {
    await using simulator = await startWorld("compliant");
    const run = await act(simulator, { namespaces: "shop\nghost", mode: "check" });
    expect(run.outputs["status"], run.log).toBe("drifted");
    expect(annotated(run, "error").join()).toContain("ghost");
  });

  it("may be globs", async () => {
    await using simulator = await startWorld("compliant");
    const run = await act(simulator, { namespaces: "sho*, pay*" });
    expect(run.outputs["status"], run.log).toBe("compliant");
  });
});
