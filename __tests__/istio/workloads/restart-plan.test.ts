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

describe("to be restarted are", () => {
  test.each<[string, StaleWorkload, typeof CNI, boolean]>([
    ["Deployments", stale("Deployment", "w"), CNI, true],
    ["StatefulSets", stale("StatefulSet", "w"), CNI, true],
    ["DaemonSets", stale("DaemonSet", "w"), CNI, true],
    ["workloads without a proxy", stale("Deployment", "w", "not-injected"), CNI, true],
    ["no bare pods", stale("Pod", "w"), CNI, false],
    ["no Jobs", stale("Job", "w"), CNI, false],
    ["no bare ReplicaSets", stale("ReplicaSet", "w"), CNI, false],
    ["no foreign owners", stale("Rollout", "w"), CNI, false],
    ["nothing whose owner has a name that would be a path", stale("Deployment", "../../namespaces/x"), CNI, false],
    ["nothing of AKS", stale("Deployment", "w", "legacy-init", "aks-istio-ingress"), CNI, false],
    ["those of the node agent, on the way back", stale("Deployment", "w", "cni"), INIT, true],
  ])("%s", (_, workload, wanted, expected) => {
    const { targets, skipped } = planRestarts(withStale(workload), wanted);
    expect([targets.length, skipped.length]).toEqual(expected ? [1, 0] : [0, 1]);
  });
  test("none of a revision that nobody serves, which a restart does not help", () => {
    expect(planRestarts(withStale(stale("Deployment", "w", "dangling-revision")), CNI)).toEqual({ targets: [], skipped: [] });
  });
  test("none where the probe says that new pods would not be right", () => {
    const probed = showing({ pods: seen(census({ staleWorkloads: [stale("Deployment", "w")] })), probes: seen({ notAsked: "", answers: [LEGACY], leftOut: 0 }) });
    expect(planRestarts(probed, CNI, refusingNamespaces(probed, CNI)).skipped[0]).toContain("admission-probe");
    expect(planRestarts(probed, CNI).targets).toHaveLength(1);
  });
});

describe("nothing is restarted", () => {
  test.each<[string, Partial<MeshObservation>, boolean]>([
    ["but where all is right", {}, false],
    ["before the injector is configured", { injectors: seen([{ revision: "asm-1-26", cniEnabled: false }]) }, true],
    ["before the node agent is there", { daemonSet: seen(undefined) }, true],
    ["before the node agent is on every node", { agentPods: seen([]) }, true],
    ["where the node agent could not be seen", { daemonSet: UNSEEN }, true],
    ["but where the probe says what the injector's configuration could not", { injectors: UNSEEN }, false],
    ["where neither could be seen", { injectors: UNSEEN, probes: UNSEEN }, true],
  ])("%s", (_, change, blocked) => {
    expect(restartObstacle(showing(change), CNI) !== undefined).toBe(blocked);
  });
  test("before Azure says the same", () => {
    expect(restartObstacle(snapshot({ cluster: clusterWithMechanism(INIT_CONTAINERS) }), CNI)).toContain("cni-chaining-enabled");
  });
  test("on the way back before the injector is configured for it; the node agent may still be there", () => {
    const back = (cniEnabled: boolean) =>
      snapshot({ cluster: cluster({ mesh: { mode: "Istio", revisions: ["asm-1-26"], redirectionMechanism: INIT_CONTAINERS }, sku: "Base/Standard" }), observation: seen(observation({ injectors: seen([{ revision: "asm-1-26", cniEnabled }]) })) });
    expect(restartObstacle(back(false), INIT)).toBeUndefined();
    expect(restartObstacle(back(true), INIT)).toContain("injector-configured");
  });
});
