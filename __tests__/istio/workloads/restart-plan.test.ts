import { describe, expect, test } from "vitest";
import { CNI_CHAINING, INIT_CONTAINERS, type PodState } from "../../../src/contract.ts";
import type { MeshObservation } from "../../../src/istio/observation.ts";
import type { StaleWorkload } from "../../../src/istio/pods/pod-census.ts";
import { refusingNamespaces, planRestarts } from "../../../src/istio/workloads/restart-plan.ts";
import { census, cluster, clusterWithMechanism, goal, observation, PROVEN, seen, showing, snapshot, UNSEEN } from "../fixtures.ts";
import { restartObstacle } from "../../../src/phases/apply/restart-obstacle.ts";

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
  ])("%s", (_, workload, wanted, expected) => {
    const { targets, notRestarted } = planRestarts(withStale(workload), wanted);
    expect([targets.length, notRestarted.length]).toEqual(expected ? [1, 0] : [0, 1]);
  });
  test("leaves out workloads of a dangling revision, which a restart does not repair", () => {
    expect(planRestarts(withStale(stale("Deployment", "w", "dangling-revision")), CNI)).toEqual({ targets: [], notRestarted: [] });
  });
  test("does not restart workloads where the probe failed", () => {
    const probed = showing({ pods: seen(census({ staleWorkloads: [stale("Deployment", "w")] })), probes: seen({ skipReason: "", answers: [LEGACY], leftOut: 0 }) });
    expect(planRestarts(probed, CNI, refusingNamespaces(probed, CNI)).notRestarted[0]).toContain("admission-probe");
    expect(planRestarts(probed, CNI).targets).toHaveLength(1);
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
