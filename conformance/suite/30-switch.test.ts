/** The scenario that the action exists for: workloads are refused, Azure is switched, workloads follow. */
import { beforeEach, describe, expect, it } from "vitest";
import { openAzure } from "./azure.ts";
import { settleOn } from "./mesh.ts";
import { daemonSet, deployment, statefulSet } from "./objects.ts";
import { api, injectedNamespace, refusalOf, target } from "./stage.ts";

describe("workloads that were refused a moment ago", () => {
  beforeEach(() => settleOn(api, target.revision, "InitContainers"));

  it("come by themselves after the switch, without a restart", async () => {
    const within = { namespace: await injectedNamespace("fresh") };
    await api.create(deployment({ ...within, name: "web", replicas: 2 }));
    await refusalOf(within.namespace, "ReplicaSet", "web-");
    await using azure = await openAzure(target, api, { mechanism: "InitContainers" });
    const run = await azure.run({ mode: "apply", namespaces: within.namespace });
    expect(run.outputs, run.log).toMatchObject({ status: "changed", changed: "true", "redirection-mechanism": "CNIChaining" });
    expect(run.report.pods.byState).toEqual({ cni: 2 });
  });

  it("restart-workloads: refused rolls them once a probe proves that they would be let in", async () => {
    const within = { namespace: await injectedNamespace("fresh") };
    await api.create(deployment({ ...within, name: "web" }), statefulSet({ ...within, name: "store" }), daemonSet({ ...within, name: "agent" }));
    await refusalOf(within.namespace, "StatefulSet", "store");
    await using azure = await openAzure(target, api, { mechanism: "InitContainers" });
    const run = await azure.run({ mode: "apply", namespaces: within.namespace, "restart-workloads": "refused" });
    expect(run.outputs, run.log).toMatchObject({ status: "changed" });
    expect(run.report.pods.byState).toEqual({ cni: 5 });
  });
});
