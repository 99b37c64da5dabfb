/** The three ways into the cluster give the same verdict, evidence and remedies. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Report } from "../../src/contract.ts";
import type { Mechanism } from "../../simulator/world/cluster.ts";
import { type Azure, openAzure, type Run } from "./azure.ts";
import type { User } from "./kubeconfig.ts";
import { settleOn } from "./mesh.ts";
import { daemonSet, deployment, pod, statefulSet, WITHOUT_SAFEGUARDS } from "./objects.ts";
import { api, injectedNamespace, readyPods, refusalOf, target } from "./stage.ts";

/** Names that controllers and the API server make up differ from request to request. */
function withoutMadeUpNames(value: unknown): unknown {
  if (typeof value === "string") return value.replace(/istio-cni-probe-\w{5}\b/g, "istio-cni-probe-*").replace(/(pods? "[\w-]+)-\w{5}"/g, '$1-*"');
  if (Array.isArray(value)) return value.map(withoutMadeUpNames);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withoutMadeUpNames(child)]));
}

function verdict({ status, checks, pods, mesh, plan }: Report): unknown {
  const steps = plan.map(({ id, outcome, reason }) => ({ id, outcome, reason }));
  return withoutMadeUpNames({ status, checks, pods, mesh, steps });
}

async function byEachTransport(azure: Azure, inputs: Readonly<Record<string, string>>): Promise<Record<"direct" | "kubeconfig" | "run-command", Run>> {
  const direct = await azure.run({ ...inputs, "kube-access": "direct" });
  const kubeconfig = await azure.run({ ...inputs, "kube-access": "kubeconfig" }, { KUBECONFIG: await azure.kubeconfig() });
  const runCommand = await azure.run({ ...inputs, "kube-access": "run-command" });
  return { direct, kubeconfig, "run-command": runCommand };
}

interface Case {
  readonly what: string;
  readonly mechanism: Mechanism;
  readonly user?: User;
}

const CASES: readonly Case[] = [
  { what: "a mesh in which everything is right", mechanism: "CNIChaining" },
  { what: "a mesh in which workloads are refused", mechanism: "InitContainers" },
  { what: "a reader's view", mechanism: "CNIChaining", user: "reader" },
  { what: "the view of somebody without rights", mechanism: "CNIChaining", user: "nobody" },
];

describe.each(CASES)("$what", ({ mechanism, user = "cluster-admin" }) => {
  let runs: Record<"direct" | "kubeconfig" | "run-command", Run>;

  beforeAll(async () => {
    await settleOn(api, target.revision, mechanism);
    const name = await injectedNamespace("ways");
    await api.create(deployment({ namespace: name, name: "web", replicas: 2 }), statefulSet({ namespace: name, name: "store" }));
    if (mechanism === "CNIChaining") await Promise.all([readyPods(name, "web", 2), readyPods(name, "store")]);
    else await Promise.all([refusalOf(name, "ReplicaSet", "web-"), refusalOf(name, "StatefulSet", "store")]);
    await using azure = await openAzure(target, api, { mechanism, user });
    runs = await byEachTransport(azure, { mode: "check", namespaces: name, "fail-on-drift": "false" });
  });

  it.each(["kubeconfig", "run-command"] as const)("%s says what direct access says", (transport) => {
    expect(verdict(runs[transport].report), runs[transport].log).toEqual(verdict(runs.direct.report));
  });
});

describe("restarts", () => {
  it.each(["kubeconfig", "run-command"])("by %s end as those by direct access", async (transport) => {
    await settleOn(api, target.revision, "InitContainers");
    const name = await injectedNamespace("ways", WITHOUT_SAFEGUARDS);
    await api.create(deployment({ namespace: name, name: "web" }), daemonSet({ namespace: name, name: "agent" }), pod({ namespace: name, name: "shell" }));
    await Promise.all([readyPods(name, "web"), readyPods(name, "agent", 3)]);
    await settleOn(api, target.revision, "CNIChaining");
    await using azure = await openAzure(target, api, { mechanism: "CNIChaining" });
    const inputs = { mode: "apply", namespaces: name, "restart-workloads": "stale", "kube-access": transport };
    const run = await azure.run(inputs, transport === "kubeconfig" ? { KUBECONFIG: await azure.kubeconfig() } : {});
    expect(run.report.plan.find(({ id }) => id === "restart-workloads"), run.log).toMatchObject({ outcome: "done" });
    expect(run.report.pods.byState).toEqual({ cni: 4, "legacy-init": 1 });
  });
});
