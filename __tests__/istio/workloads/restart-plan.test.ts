import { describe, expect, test } from "vitest";
import { CNI_CHAINING, INIT_CONTAINERS, type PodState } from "../../../src/contract.ts";
import type { ProbeFacts } from "../../../src/istio/admission/probe-result.ts";
import type { MeshObservation } from "../../../src/istio/observation.ts";
import type { StaleWorkload } from "../../../src/istio/pods/pod-census.ts";
import { planRestarts, type RestartOptions } from "../../../src/istio/workloads/restart-plan.ts";
import type { ReplicaSetFacts } from "../../../src/istio/kubernetes-facts.ts";
import { readWorkload, type RollableKind } from "../../../src/istio/workloads/rollout.ts";
import { census, cluster, clusterWithMechanism, goal, observation, PROVEN, seen, showing, snapshot, UNSEEN } from "../fixtures.ts";
import { restartObstacle } from "../../../src/phases/plan/restart-obstacle.ts";

const CNI = goal(CNI_CHAINING);
const INIT = goal(INIT_CONTAINERS);
const stale = (kind: string, name: string, state: PodState = "legacy-init", namespace = "shop"): StaleWorkload => ({ namespace, owner: { kind, name }, state, pods: 2 });
const withStale = (...staleWorkloads: readonly StaleWorkload[]) => showing({ pods: seen(census({ staleWorkloads })) });
const LEGACY = { ...PROVEN, outcome: { kind: "admitted", state: "legacy-init", injection: { kind: "on", revision: "asm-1-26" } } } as const;

describe("the restart plan", () => {
  test.each<[string, StaleWorkload, typeof CNI, boolean]>([
    ["restarts Deployments", stale("Deployment", "w"), CNI, true],
    ["restarts StatefulSets", stale("StatefulSet", "w"), CNI, true],
    ["restarts DaemonSets", stale("DaemonSet", "w"), CNI, true],
    ["restarts workloads without a proxy", stale("Deployment", "w", "not-injected"), CNI, true],
    ["does not restart bare pods", stale("Pod", "w"), CNI, false],
    ["does not restart Jobs", stale("Job", "w"), CNI, false],
    ["does not restart bare ReplicaSets", stale("ReplicaSet", "w"), CNI, false],
    ["does not restart other kinds", stale("Rollout", "w"), CNI, false],
    ["does not restart an owner whose name would be a path", stale("Deployment", "../../namespaces/x"), CNI, false],
    ["does not restart workloads of AKS", stale("Deployment", "w", "legacy-init", "aks-istio-ingress"), CNI, false],
    ["restarts pods that rely on the CNI agent, for init containers", stale("Deployment", "w", "cni"), INIT, true],
  ])("%s", (_, workload, target, expected) => {
    const { targets, notRestarted } = planRestarts(withStale(workload), target, { which: "stale", isChanging: true });
    expect([targets.length, notRestarted.length]).toEqual(expected ? [1, 0] : [0, 1]);
  });
  test.each<[string, string, string]>([
    ["a pod", "Pod", "a bare pod: delete it and create it again"],
    ["a Job", "Job", "runs to its end and is not restarted"],
    ["a CronJob", "CronJob", "runs to its end and is not restarted"],
    ["a ReplicaSet", "ReplicaSet", "a bare ReplicaSet: delete its pods, and it creates new ones"],
    ["another controller", "Rollout", "this action does not support the kind of its controller"],
  ])("says why it does not restart %s", (_, kind, why) => {
    expect(planRestarts(withStale(stale(kind, "w")), CNI, { which: "stale" })).toEqual({ targets: [], notRestarted: [`${kind} shop/w: ${why}`] });
  });
  test.each<[string, string]>([
    ["Job", "its controller tries again by itself within about a minute"],
    ["ReplicaSet", "a bare ReplicaSet: its controller tries again by itself"],
    ["CronJob", "runs to its end and is not restarted"],
    ["Rollout", "this action does not support the kind of its controller"],
  ])("says why it does not restart a refused %s", (kind, why) => {
    const workloads = [{ namespace: "shop", kind, name: "w", owner: undefined, message: "container istio-init adds NET_ADMIN", template: { labels: {}, hasIstioInit: false } }];
    expect(planRestarts(showing({ refusedWorkloads: seen({ workloads, notChecked: 0 }) }), CNI, { which: "refused" })).toEqual({ targets: [], notRestarted: [`${kind} shop/w: ${why}`] });
  });
  test("says how many stale pods each workload has", () => {
    expect(planRestarts(withStale(stale("Deployment", "w")), CNI, { which: "stale" }).targets).toEqual([{ kind: "Deployment", namespace: "shop", name: "w", pods: 2 }]);
  });
  test("is empty where the cluster, its pods or its probes were not observed", () => {
    const nothing = { targets: [], notRestarted: [] };
    expect(planRestarts(snapshot({ observation: UNSEEN }), CNI, { which: "stale" })).toEqual(nothing);
    expect(planRestarts(showing({ pods: UNSEEN }), CNI, { which: "stale" })).toEqual(nothing);
    expect(planRestarts(showing({ pods: seen(census({ staleWorkloads: [stale("Deployment", "w")] })), probes: UNSEEN }), CNI, { which: "stale" }).targets).toHaveLength(1);
  });
  test("leaves out workloads of a dangling revision, which a restart does not repair", () => {
    expect(planRestarts(withStale(stale("Deployment", "w", "dangling-revision")), CNI, { which: "stale" })).toEqual({ targets: [], notRestarted: [] });
  });
  test("does not restart workloads where the probe failed", () => {
    const probed = showing({ pods: seen(census({ staleWorkloads: [stale("Deployment", "w")] })), probes: seen({ skipReason: "", answers: [LEGACY], leftOut: 0 }) });
    expect(planRestarts(probed, CNI, { which: "stale" }).notRestarted[0]).toContain("admission-probe");
    expect(planRestarts(probed, CNI, { which: "stale", isChanging: true }).targets).toHaveLength(1);
  });
});

const DENIED = "pods \"x\" is forbidden: ValidatingAdmissionPolicy 'baseline-capabilities' with binding 'b' denied request: container istio-init adds NET_ADMIN";
const replicaSet = (change: Partial<ReplicaSetFacts> = {}): ReplicaSetFacts => ({ namespace: "shop", name: "web-5d9", owner: { kind: "Deployment", name: "web" }, failure: DENIED, desired: 2, template: { labels: {}, hasIstioInit: false }, ...change });
const other = (kind: string, name: string) => ({ namespace: "shop", kind, name, owner: undefined, message: DENIED, template: { labels: {}, hasIstioInit: false } });
const rollable = (kind: RollableKind, name: string, spec: object, status: object = {}) => ({ namespace: "shop", kind, name, facts: readWorkload(kind, { metadata: { name }, spec, status })! });
const REFUSED: Partial<MeshObservation> = {
  replicaSets: seen([replicaSet()]),
  refusedWorkloads: seen({ workloads: [other("StatefulSet", "ledger"), other("DaemonSet", "agent"), other("Job", "migrate")], notChecked: 0 }),
};
const restarts = (change: Partial<MeshObservation>, options: RestartOptions = { which: "refused" }, target = CNI) => {
  const { targets, notRestarted } = planRestarts(showing({ ...REFUSED, ...change }), target, options);
  return { targets: targets.map(({ kind, name }) => `${kind} ${name}`), notRestarted };
};
const ALL = ["Deployment web", "StatefulSet ledger", "DaemonSet agent"];
const probe = (outcome: ProbeFacts["outcome"]) => seen({ skipReason: "", answers: [{ ...PROVEN, outcome }], leftOut: 0 });

describe("workloads that admission refused because of istio-init", () => {
  test("are restarted where the probe proves that their pods would be admitted; a Job is only reported", () => {
    expect(restarts({})).toEqual({ targets: ALL, notRestarted: ["Job shop/migrate: its controller tries again by itself within about a minute"] });
  });
  test("are restarted together with stale workloads, each once", () => {
    const pods = seen(census({ staleWorkloads: [stale("Deployment", "old"), stale("Deployment", "web")] }));
    expect(restarts({ pods }, { which: "stale" }).targets).toEqual(["Deployment old", "Deployment web", "StatefulSet ledger", "DaemonSet agent"]);
    expect(restarts({ pods }).targets, "a workload with stale pods has pods").toEqual(["StatefulSet ledger", "DaemonSet agent"]);
  });
  test.each<[string, Partial<MeshObservation>, RegExp]>([
    ["the probe is refused", { probes: probe({ kind: "admitted", state: "legacy-init", injection: { kind: "on", revision: "asm-1-26" } }) }, /admission-probe/],
    ["the injector does not answer", { probes: probe({ kind: "injector-failed", message: "timeout" }) }, /admission-probe/],
    ["the probe has no answer", { probes: probe({ kind: "unanswered", message: "500", remedy: "" }) }, /no admission probe/],
    ["no probe was sent", { probes: seen({ skipReason: "The input probe is false.", answers: [], leftOut: 0 }) }, /no admission probe/],
    ["another namespace was probed", { probes: seen({ skipReason: "", answers: [{ ...PROVEN, namespace: "pay" }], leftOut: 0 }) }, /no admission probe/],
  ])("are not restarted where %s, unless a switch comes first", (_, change, why) => {
    const { targets, notRestarted } = restarts(change);
    expect(targets).toEqual([]);
    expect(notRestarted[0]).toMatch(why);
    expect(restarts(change, { which: "refused", isChanging: true }).targets).toEqual(ALL);
  });
  test.each<[string, object, object, RegExp]>([
    ["is paused", { paused: true }, {}, /paused/],
    ["contains istio-init in its own template", { template: { spec: { initContainers: [{ name: "wait" }, { name: "istio-init" }] } } }, {}, /contains istio-init itself/],
    ["has pods of a former template", {}, { replicas: 2 }, /it has 2 pods/],
  ])("are not restarted where the Deployment %s", (_, spec, status, why) => {
    const { targets, notRestarted } = restarts({ refusedRollables: seen([rollable("Deployment", "web", spec, status)]) });
    expect(targets).toEqual(["StatefulSet ledger", "DaemonSet agent"]);
    expect(notRestarted[0]).toMatch(why);
  });
  test("are restarted with any update strategy: nothing has to be replaced", () => {
    expect(restarts({ refusedRollables: seen([rollable("StatefulSet", "ledger", { updateStrategy: { type: "OnDelete" } })]) }).targets).toEqual(ALL);
  });
  test.each<[string, Partial<MeshObservation>, typeof CNI]>([
    ["for another reason", { replicaSets: seen([replicaSet({ failure: 'exceeded quota: compute, requested: pods=1' })]) }, CNI],
    ["of a former template, scaled to 0", { replicaSets: seen([replicaSet({ desired: 0 })]) }, CNI],
    ["in a namespace of AKS", { replicaSets: seen([replicaSet({ namespace: "kube-system" })]) }, CNI],
    ["for the goal init containers", {}, INIT],
  ])("does not restart what is refused %s", (_, change, target) => {
    expect(restarts({ refusedWorkloads: seen({ workloads: [], notChecked: 0 }), ...change }, { which: "refused" }, target).targets).toEqual([]);
  });
});

describe("restarts are blocked", () => {
  test.each<[string, Partial<MeshObservation>, boolean]>([
    ["not where all checks pass", {}, false],
    ["before the injector is configured", { injectors: seen([{ revision: "asm-1-26", cniEnabled: false }]) }, true],
    ["before the CNI agent exists", { daemonSet: seen(undefined) }, true],
    ["before the CNI agent runs on every node", { agentPods: seen([]) }, true],
    ["where the CNI agent could not be observed", { daemonSet: UNSEEN }, true],
    ["not where only the injector could not be observed, and the probe passes", { injectors: UNSEEN }, false],
    ["where neither injector nor probe could be observed", { injectors: UNSEEN, probes: UNSEEN }, true],
  ])("%s", (_, change, blocked) => {
    expect(restartObstacle(showing(change), CNI) !== undefined).toBe(blocked);
  });
  test("before CNI chaining is on in Azure", () => {
    expect(restartObstacle(snapshot({ cluster: clusterWithMechanism(INIT_CONTAINERS) }), CNI)).toContain("cni-chaining-enabled");
  });
  test("for init containers, before the injector is configured; the CNI agent may still exist", () => {
    const back = (cniEnabled: boolean) =>
      snapshot({ cluster: cluster({ mesh: { mode: "Istio", revisions: ["asm-1-26"], redirectionMechanism: INIT_CONTAINERS }, sku: "Base/Standard" }), observation: seen(observation({ injectors: seen([{ revision: "asm-1-26", cniEnabled }]) })) });
    expect(restartObstacle(back(false), INIT)).toBeUndefined();
    expect(restartObstacle(back(true), INIT)).toContain("injector-configured");
  });
});
