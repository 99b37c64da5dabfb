/** Access to the cluster: queries, refusals, and their effect on the status. */
import { describe, expect, it } from "vitest";
import { act, startWorld } from "./in-process.ts";
import { annotated, checksThat } from "./world.ts";

const CLUSTER_CHECKS = ["injector-configured", "cni-daemonset-ready", "cni-covers-nodes", "namespaces-labelled", "pods-redirected", "workloads-current", "workloads-admitted"];

describe("an identity without a role in the cluster", () => {
  it("ends as unverified with the missing role, and without failed checks", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.rights.kubernetes = "none") });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("unverified");
    expect(run.exitCode).toBe(0);
    expect(checksThat(run.report, "skip")).toEqual(expect.arrayContaining(CLUSTER_CHECKS));
    expect(checksThat(run.report, "fail")).toEqual([]);
    expect(annotated(run, "warning").join()).toContain("The identity lacks 1 right");
    expect(run.summary).toContain("Azure Kubernetes Service RBAC Reader");
  });

  it("fails the step where kube-access is set to direct", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.rights.kubernetes = "none") });
    const run = await act(simulator, { "kube-access": "direct" });
    expect(run.outputs["status"]).toBe("unverified");
    expect(run.exitCode).toBe(1);
    expect(annotated(run, "error"), "an error says why the step failed").not.toEqual([]);
  });

  it("ends as unverified with exit code 0 and without queries where kube-access is none", async () => {
    await using simulator = await startWorld("compliant");
    const run = await act(simulator, { "kube-access": "none" });
    expect(run.outputs["status"]).toBe("unverified");
    expect(run.exitCode).toBe(0);
    expect(simulator.requestLog.of("kubernetes")).toEqual([]);
  });
});

describe("RBAC Reader", () => {
  it("is sufficient: other facts replace those that it may not read", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => (world.rights.kubernetes = "reader") });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("compliant");
  });
});

describe("the API server", () => {
  it("is queried again from the first page where a continue token has expired", async () => {
    await using simulator = await startWorld("compliant", {
      tweak: (world) => {
        world.kubernetes.continueTokens.expireFirst = true;
        const injected = world.kubernetes.workloads.find(({ namespace }) => namespace === "shop");
        if (injected !== undefined) injected.replicas = 700;
      },
    });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(run.log).toContain("starting again with the first page");
    expect(run.report.pods.total).toBeGreaterThan(700);
    expect(simulator.requestLog.of("kubernetes").filter(({ status }) => status === 410)).toHaveLength(1);
  });

  it("may expire every continue token: the list goes on with what is left, and the summary says that counts may be off", async () => {
    await using simulator = await startWorld("compliant", {
      tweak: (world) => {
        world.kubernetes.continueTokens.lifetime = -1;
        const injected = world.kubernetes.workloads.find(({ namespace }) => namespace === "shop");
        if (injected !== undefined) injected.replicas = 700;
      },
    });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(run.report.pods.total).toBeGreaterThan(700);
    expect(run.summary).toContain("Counts may be off");
  });

  it("may be lost and come back, and refuse everybody for a moment when it does", async () => {
    await using simulator = await startWorld("compliant");
    const isQuery = ({ service, path }: { readonly service: string; readonly path: string }): boolean => service === "kubernetes" && path !== "/version";
    const forbidden = { kind: "Status", apiVersion: "v1", status: "Failure", reason: "Forbidden", message: 'pods is forbidden: User "x" cannot list resource "pods" in API group "" at the cluster scope', code: 403 };
    simulator.faults.add({ match: isQuery, times: 6, fault: { kind: "reset" } });
    simulator.faults.add({ match: isQuery, times: 14, fault: { kind: "respond", status: 403, body: forbidden } });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(simulator.requestLog.of("kubernetes").filter(({ status }) => status === 403), "all were met").toHaveLength(14);
  });

  it("may send warnings, which are in the summary", async () => {
    await using simulator = await startWorld("compliant", { tweak: (world) => world.kubernetes.warnings.push("v1 Something is deprecated ::error::not a command") });
    const run = await act(simulator);
    expect(run.summary).toContain("Something is deprecated");
    expect(annotated(run, "error")).toEqual([]);
  });

  it("may authenticate users by certificate", async () => {
    await using simulator = await startWorld("compliant", { tweak: ({ cluster }) => {
        cluster.kubeconfig = "client-certificate";
        // Such a cluster does not use Entra.
        delete (cluster.body as { properties: { aadProfile?: unknown } }).properties.aadProfile;
      },
    });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("compliant");
    expect(simulator.requestLog.of("entra", "POST"), "only a token for Resource Manager").toHaveLength(1);
  });

  it("has another authority than the public endpoints", async () => {
    await using simulator = await startWorld("compliant");
    const { createHash } = await import("node:crypto");
    expect(createHash("sha256").update(simulator.publicAuthority).digest("hex")).not.toBe(createHash("sha256").update(simulator.clusterAuthority).digest("hex"));
  });
});

describe("lists of pods and ReplicaSets", () => {
  const isLarge = (path: string): boolean => /\/(?:pods|replicasets)$/.test(path);

  it("are requested as protobuf, and all other resources as JSON", async () => {
    await using simulator = await startWorld("compliant");
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("compliant");
    const requests = simulator.requestLog.of("kubernetes", "GET").map(({ path, headers }) => ({ path, accept: headers.accept }));
    expect(requests.filter(({ path }) => isLarge(path)).length).toBeGreaterThanOrEqual(3);
    for (const { path, accept } of requests) expect(accept, path).toBe(isLarge(path) ? "application/vnd.kubernetes.protobuf, application/json" : "application/json");
  });

  it.each(["stale-pods", "refused-by-safeguards"] as const)("may be answered as JSON, with the same result: %s", async (scenario) => {
    await using simulator = await startWorld(scenario);
    const withProtobuf = await act(simulator, { mode: "check", "fail-on-drift": "false" });
    simulator.faults.add({ match: ({ service, path }) => service === "kubernetes" && isLarge(path), fault: { kind: "alter", change: (reply) => ({ ...reply, body: JSON.stringify(reply.body) }) } });
    const withJson = await act(simulator, { mode: "check", "fail-on-drift": "false" });
    const { checks, pods, status } = withProtobuf.report;
    expect({ checks: withJson.report.checks, pods: withJson.report.pods, status: withJson.report.status }, withJson.log).toEqual({ checks, pods, status });
  });

  it("leave the run unverified with the reason where they are invalid protobuf", async () => {
    const headers = { "content-type": "application/vnd.kubernetes.protobuf" };
    await using simulator = await startWorld("compliant", { faults: [{ match: ({ path }) => path === "/api/v1/pods", fault: { kind: "alter", change: (reply) => ({ ...reply, headers: { ...reply.headers, ...headers }, bytes: Buffer.from("k8s\0\xff\xff") }) } }] });
    const run = await act(simulator);
    expect(run.outputs["status"], run.log).toBe("unverified");
    expect(run.summary).toContain("not Kubernetes' protobuf");
  });
});

describe("named namespaces", () => {
  it("are queried one by one, and other namespaces are not", async () => {
    await using simulator = await startWorld("compliant");
    const run = await act(simulator, { namespaces: "shop" });
    expect(run.outputs["status"], run.log).toBe("compliant");
    const paths = simulator.requestLog.of("kubernetes").map(({ path }) => path);
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
