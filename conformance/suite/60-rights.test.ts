/** Least privilege: what the action can say and do as each of five users. */
import { beforeAll, describe, expect, it } from "vitest";
import { openAzure, type Run } from "./azure.ts";
import type { User } from "./kubeconfig.ts";
import { settleOn } from "./mesh.ts";
import { deployment, WITHOUT_SAFEGUARDS } from "./objects.ts";
import { api, injectedNamespace, readyPods, target, trace } from "./stage.ts";

describe("rights in the cluster", () => {
  let first = "";
  let second = "";

  async function run(user: User, inputs: Readonly<Record<string, string>>): Promise<Run> {
    await using azure = await openAzure(target, api, { mechanism: "CNIChaining", user });
    return await azure.run({ namespaces: `${first},${second}`, ...inputs });
  }

  beforeAll(async () => {
    await settleOn(api, target.revision, "CNIChaining");
    first = await injectedNamespace("rights", WITHOUT_SAFEGUARDS);
    second = await injectedNamespace("rights", WITHOUT_SAFEGUARDS);
    const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "conformance-two-namespaces" }];
    for (const name of [first, second]) {
      await api.create(deployment({ namespace: name, name: "web" }), {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "RoleBinding",
        metadata: { namespace: name, name: "writer" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "aks-rbac-writer" },
        subjects,
      });
      await readyPods(name, "web");
    }
  });

  it("RBAC Reader: check sees the pods, and says which right the probe lacks", async () => {
    const { report, check, log } = await run("reader", { mode: "check" });
    expect(report.pods.byState, log).toEqual({ cni: 2 });
    expect(check("pods-redirected").result).toBe("pass");
    const probe = check("admission-probe");
    expect(probe.result).toBe("skip");
    expect(probe.message).toContain('cannot create resource "pods"');
    expect(probe.remedy).toContain("Azure Kubernetes Service RBAC Writer");
  });

  it("RBAC Reader: check ends compliant, since what it could see is right", async () => {
    const { outputs, log } = await run("reader", { mode: "check" });
    expect(outputs["status"], log).toBe("compliant");
  });

  it("RBAC Writer: the probe is asked, and workloads can be restarted", async () => {
    const { outputs, check, log } = await run("writer", { mode: "check" });
    expect(outputs["status"], log).toBe("compliant");
    expect(check("admission-probe").result).toBe("pass");
  });

  it("RBAC Writer: cannot label a namespace, changes nothing, and is told which role could", async () => {
    const name = await injectedNamespace("rights", WITHOUT_SAFEGUARDS);
    await api.merge(`/api/v1/namespaces/${name}`, { metadata: { labels: { "istio.io/rev": null } } });
    const before = trace(await api.get(`/api/v1/namespaces/${name}`));
    const result = await run("writer", { mode: "apply", namespaces: name, "label-namespaces": "true" });
    expect(result.outputs["status"], result.log).toBe("failed");
    expect(result.log + result.summary).toMatch(/Cluster Admin/);
    expect(trace(await api.get(`/api/v1/namespaces/${name}`))).toEqual(before);
  });

  it("RBAC Cluster Admin: sees everything", async () => {
    const { outputs, report, log } = await run("cluster-admin", { mode: "check" });
    expect(outputs["status"], log).toBe("compliant");
    expect(report.checks.filter(({ result }) => result === "skip")).toEqual([]);
  });

  it("rights on two namespaces only: these two are verified by name", async () => {
    const { report, check, log } = await run("two-namespaces", { mode: "check" });
    expect(report.pods.byState, log).toEqual({ cni: 2 });
    expect(check("pods-redirected").result).toBe("pass");
    expect(check("admission-probe").result).toBe("pass");
  });

  it("rights on two namespaces only: the node agent is not called broken, only not seen", async () => {
    const { check, log } = await run("two-namespaces", { mode: "check" });
    expect(check("cni-daemonset-ready").result, log).toBe("skip");
  });

  it("no rights: unverified, never failed or drifted, and the right is named", async () => {
    const { outputs, log, summary } = await run("nobody", { mode: "check" });
    expect(outputs["status"], log).toBe("unverified");
    expect(log + summary).toMatch(/RBAC Reader/);
  });
});
