/** Refusals that have nothing to do with the mesh: each must be told apart from those of the redirection. */
import { beforeAll, describe, expect, it } from "vitest";
import { textAt } from "../../simulator/lib/json.ts";
import { eventually } from "./api.ts";
import { openAzure, type Run } from "./azure.ts";
import { settleOn } from "./mesh.ts";
import { deployment, quota } from "./objects.ts";
import { api, injectedNamespace, plainNamespace, readyPods, refusalOf, target } from "./stage.ts";

async function check(namespaces: string): Promise<Run> {
  await using azure = await openAzure(target, api, { mechanism: "CNIChaining" });
  return await azure.run({ mode: "check", namespaces, "fail-on-drift": "false" });
}

describe("refusals of other gates, with CNI chaining on", () => {
  beforeAll(() => settleOn(api, target.revision, "CNIChaining"));

  it("restricted Pod Security lets what the real injector makes in", async () => {
    const name = await injectedNamespace("restricted", { "pod-security.kubernetes.io/enforce": "restricted" });
    await api.create(deployment({ namespace: name, name: "web" }));
    await readyPods(name, "web");
    const run = await check(name);
    expect(run.outputs["status"], run.log).toBe("compliant");
    // The probe's pod has a seccompProfile for its own container only, so that it tells of what the injected ones lack.
    const { result, message } = run.check("admission-probe");
    expect(result, run.log).toBe("warn");
    expect(message).toContain("Pods that set a seccompProfile for the whole pod are not refused");
  });

  it("restricted Pod Security without a profile of the whole pod refuses the injected containers, and the remedy says which field is missing", async () => {
    const name = await injectedNamespace("restricted", { "pod-security.kubernetes.io/enforce": "restricted" });
    const run = await check(name);
    const { result, message, remedy } = run.check("admission-probe");
    expect(result, run.log).toBe("fail");
    expect(message).toMatch(/PodSecurity restricted:latest refuses the pod: seccompProfile \(pod or containers "istio-validation", "istio-proxy"/);
    expect(remedy).toContain("spec.securityContext.seccompProfile.type: RuntimeDefault");
  });

  it("restricted Pod Security that refuses the application is not blamed on the mesh", async () => {
    const name = await injectedNamespace("restricted", { "pod-security.kubernetes.io/enforce": "restricted" });
    await api.create(deployment({ namespace: name, name: "web", container: { securityContext: { allowPrivilegeEscalation: false } } }));
    const message = await refusalOf(name, "ReplicaSet", "web-");
    expect(message).toContain('violates PodSecurity "restricted:latest"');
    const run = await check(name);
    const { result, message: told } = run.check("workloads-admitted");
    expect(result, run.log).toBe("warn");
    expect(told).toContain("unrelated to redirection");
  });

  it("restricted Pod Security that refuses an application outside of the mesh is no finding", async () => {
    const name = await plainNamespace("restricted-outside", { "pod-security.kubernetes.io/enforce": "restricted" });
    await api.create(deployment({ namespace: name, name: "web", container: { securityContext: { allowPrivilegeEscalation: false } } }));
    await refusalOf(name, "ReplicaSet", "web-");
    // Every namespace with injection on: this one is none of them, nor is it named.
    const run = await check("");
    expect(JSON.stringify(run.report), run.log).not.toContain(name);
  });

  it("a quota that is used up refuses the probe pod, and that is no refusal of the mesh", async () => {
    const name = await injectedNamespace("full");
    await api.create(deployment({ namespace: name, name: "web" }));
    await readyPods(name, "web");
    await api.create(quota(name, { pods: "1" }));
    await eventually("the quota to be counted", async () => {
      const found = await api.get(`/api/v1/namespaces/${name}/resourcequotas/quota`);
      return textAt(found, "status", "used", "pods") === "1" ? true : undefined;
    });
    const run = await check(name);
    const { result, message } = run.check("admission-probe");
    expect(result, run.log).toBe("warn");
    expect(message).toContain("exceeded quota: quota");
    expect(run.check("pods-redirected").result).toBe("pass");
    expect(run.outputs["status"]).toBe("compliant");
  });

  it("a LimitRange that the sidecar breaks is told with its words", async () => {
    const name = await injectedNamespace("limited");
    await api.create({ apiVersion: "v1", kind: "LimitRange", metadata: { namespace: name, name: "limits" }, spec: { limits: [{ type: "Container", max: { memory: "64Mi", cpu: "1" } }] } });
    const run = await check(name);
    const { message, evidence, result } = run.check("admission-probe");
    expect(result, run.log).toBe("warn");
    expect([message, ...evidence].join("\n")).toMatch(/maximum memory usage per Container is 64Mi/);
  });

  it("a namespace that is being deleted is not probed into a failure", async () => {
    const name = await injectedNamespace("leaving");
    await api.create({ apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: name, name: "held", finalizers: ["conformance/held"] } });
    await api.remove(`/api/v1/namespaces/${name}`);
    await eventually("it to be Terminating", async () => (textAt(await api.get(`/api/v1/namespaces/${name}`), "status", "phase") === "Terminating" ? true : undefined));
    try {
      const run = await check(name);
      expect(run.outputs["status"], run.log).toBe("unverified");
      expect(run.check("admission-probe").result, run.log).toBe("skip");
    } finally {
      await api.merge(`/api/v1/namespaces/${name}/configmaps/held`, { metadata: { finalizers: null } });
    }
  });
});
