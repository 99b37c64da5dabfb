import { describe, expect, test } from "vitest";
import { CNI_CHAINING, INIT_CONTAINERS, type MeshCounts } from "../../src/contract.ts";
import { meshCounts } from "../../src/istio/mesh-counts.ts";
import type { MeshObservation } from "../../src/istio/observation.ts";
import { readRefusal } from "../../src/istio/admission/refusal.ts";
import { census, goal, PROVEN, seen, SHOP, showing, snapshot, UNSEEN } from "./fixtures.ts";

const CNI = goal(CNI_CHAINING);
const INIT = goal(INIT_CONTAINERS);
const NOTHING = { pods: UNSEEN, replicaSets: UNSEEN, daemonSet: UNSEEN, probes: UNSEEN };
const counts = (change: Partial<MeshObservation>, target = CNI): MeshCounts => meshCounts(showing({ ...NOTHING, ...change }), target);
const stale = (state: "legacy-init" | "dangling-revision" | "cni") => ({ namespace: "shop", owner: { kind: "Deployment", name: state }, state, pods: 1 });
const refused = (message: string) => ({ ...PROVEN, outcome: { kind: "refused", refusal: readRefusal(message) } as const });
const legacy = { ...PROVEN, outcome: { kind: "admitted", state: "legacy-init", injection: { kind: "on", revision: "asm-1-26" } } as const };
const answers = (...given: (typeof PROVEN)[]) => ({ probes: seen({ skipReason: "", answers: given, leftOut: 0 }) });
const PODS = seen(census({ byState: { cni: 3, "legacy-init": 2, conflicting: 1, "out-of-mesh": 7, exempt: 5 }, redirection: { effective: 2, notProgrammed: 1, pending: 0 }, staleWorkloads: [stale("legacy-init"), stale("dangling-revision")] }));
const NET_ADMIN = "container istio-init adds NET_ADMIN";
const replicaSet = (name: string, failure: string) => ({ namespace: "shop", name, owner: undefined, failure, template: { labels: {}, hasIstioInit: false }, desired: 1 });

describe("the counts of a mesh", () => {
  test("are absent where the cluster, or a part of it, was not observed", () => {
    expect(meshCounts(snapshot({ observation: UNSEEN }), CNI)).toEqual({});
    expect(counts({})).toEqual({});
  });

  test.each<[string, Partial<MeshObservation>, MeshCounts, MeshCounts]>([
    ["of pods", { pods: PODS }, { podsInMesh: 6, podsRedirected: 2, workloadsToRestart: 1 }, { podsInMesh: 6, podsRedirected: 2, workloadsToRestart: 0 }],
    ["of refused workloads leave out what is not the mesh's", { namespaces: seen([SHOP]), replicaSets: seen([replicaSet("a", NET_ADMIN), replicaSet("b", "exceeded quota: q, requested")]) }, { workloadsRefused: 1 }, { workloadsRefused: 1 }],
    ["of agents", {
      daemonSet: seen({ generation: 1, observedGeneration: 1, desired: 3, updated: 3, ready: 2, available: 2, matchLabels: {} }),
    }, { agentsReady: 2, agentsDesired: 3 }, { agentsReady: 2, agentsDesired: 3 }],
    ["of agents that are left without their DaemonSet", {
      daemonSet: seen(undefined),
      agentPods: seen([true, false].map((ready) => ({ name: "a", nodeName: "n", ready, labels: { "k8s-app": "azure-service-mesh-istio-cni-addon-node" } }))),
    }, { agentsReady: 1, agentsDesired: 0 }, { agentsReady: 1, agentsDesired: 0 }],
    ["of agents whose pods were not observed", { daemonSet: seen(undefined), agentPods: UNSEEN }, { agentsReady: 0, agentsDesired: 0 }, { agentsReady: 0, agentsDesired: 0 }],
    ["of probes", answers(PROVEN, legacy, refused(NET_ADMIN), refused("exceeded quota: q, requested")),
      { namespacesProbed: 4, namespacesAdmitted: 1, namespacesRefused: 1 }, { namespacesProbed: 4, namespacesAdmitted: 1, namespacesRefused: 1 }],
    ["of probes that were not sent", { probes: seen({ skipReason: "The input probe is false.", answers: [], leftOut: 0 }) }, {}, {}],
  ])("%s", (_, change, cni, init) => {
    expect(counts(change)).toEqual(cni);
    expect(counts(change, INIT)).toEqual(init);
  });
});
