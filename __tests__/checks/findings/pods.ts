/** Situations of `pods-redirected` and `workloads-current`. */
import { podsRedirected } from "../../../src/checks/pods-redirected.ts";
import { workloadsCurrent } from "../../../src/checks/workloads-current.ts";
import { CNI_CHAINING, INIT_CONTAINERS, type PodState } from "../../../src/contract.ts";
import type { MeshObservation } from "../../../src/istio/observation.ts";
import type { PodCensus, StaleWorkload } from "../../../src/istio/pods/pod-census.ts";
import { census, goal, PROVEN, seen, showing, UNSEEN } from "../../istio/fixtures.ts";
import type { Situation } from "./as-text.ts";

const CNI = goal(CNI_CHAINING);
const INIT = goal(INIT_CONTAINERS);
const NONE = { effective: 0, notProgrammed: 0, pending: 0 };
const NOT_STUCK = { "no-sandbox": 0, "not-started": 0, "validation-fails": 0, failed: 0 };
const NO_PROBE = { probes: seen({ skipReason: "", answers: [], leftOut: 0 }) };
const PROBED = { probes: seen({ skipReason: "", answers: [PROVEN], leftOut: 0 }) };
const LEGACY_PROBED = { probes: seen({ skipReason: "", answers: [{ ...PROVEN, outcome: { kind: "admitted", state: "legacy-init", injection: { kind: "on", revision: "asm-1-26" } } as const }], leftOut: 0 }) };
const pods = (change: Partial<PodCensus>, more: Partial<MeshObservation> = NO_PROBE, target = CNI) => podsRedirected(showing({ pods: seen(census(change)), ...more }), target);
const offender = (state: PodState, name = "p") => ({ namespace: "shop", name, owner: { kind: "Pod", name }, state, detail: `it is ${state}` });
const EXAMPLE = { namespace: "shop", name: "p" };
const OWNED = { ...EXAMPLE, owner: { kind: "Deployment", name: "web" } };
const broken = (state: PodState, target = CNI) => pods({ byState: { cni: 3, [state]: 2 }, offenders: [offender(state), offender("cni", "other")] }, NO_PROBE, target);
const stuck = (change: Partial<PodCensus["stuck"]>, more: Partial<PodCensus> = {}, target = CNI) => pods({ stuck: { ...NOT_STUCK, ...change }, offenders: [offender("cni")], brokenOnNodes: ["node-9"], ...more }, NO_PROBE, target);
const stale = (state: PodState, kind = "Deployment", name = "web", namespace = "shop"): StaleWorkload => ({ namespace, owner: { kind, name }, state, pods: 2 });
const current = (staleWorkloads: readonly StaleWorkload[], target = CNI) => workloadsCurrent(showing({ pods: seen(census({ staleWorkloads })) }), target);
const many = (length: number, of: (index: number) => StaleWorkload) => Array.from({ length }, (_, index) => of(index));

export const PODS = (): readonly Situation[] => [
  ["Redirection works in all pods", pods({})],
  ["Redirection works in a pod, and two are waiting", pods({ redirection: { ...NONE, effective: 1, pending: 2 } })],
  ["The pods could not be read", podsRedirected(showing({ pods: UNSEEN }), CNI)],
  ["No pod uses CNI chaining", pods({ byState: {}, redirection: NONE })],
  ["No pod uses CNI chaining, one uses istio-init", pods({ byState: { "legacy-init": 1 }, redirection: NONE })],
  ["No pod uses CNI chaining, two use istio-init", pods({ byState: { "legacy-init": 2 }, redirection: NONE })],
  ["No pod uses CNI chaining, and the probe proves injection", pods({ byState: {}, redirection: NONE }, PROBED)],
  ["Pods are pending", pods({ redirection: { ...NONE, pending: 2 } })],
  ["Pods have no sandbox, and none is redirected", stuck({ "no-sandbox": 1 }, { redirection: NONE })],
  ["Redirection is not programmed in pods on a node without a ready agent", pods({ redirection: { ...NONE, effective: 1, notProgrammed: 2 }, brokenOnNodes: ["node-9"] })],
  ["Redirection is not programmed in pods whose node is not known, and no agent is ready", pods({ redirection: { ...NONE, notProgrammed: 1 }, brokenOnNodes: [] }, { ...NO_PROBE, agentPods: seen([]) })],
  ["Redirection is not programmed in pods on a node with an agent", pods({ redirection: { ...NONE, effective: 1, notProgrammed: 2 }, brokenOnNodes: ["node-9", "node-1"] })],
  ["Redirection is not programmed, and the agent could not be read", pods({ redirection: { ...NONE, notProgrammed: 1 }, brokenOnNodes: ["node-9"] }, { ...NO_PROBE, daemonSet: UNSEEN })],
  ["Redirection is not programmed, and the agent's pods could not be read", pods({ redirection: { ...NONE, notProgrammed: 1 }, brokenOnNodes: ["node-9"] }, { ...NO_PROBE, agentPods: UNSEEN })],
  ["A pod has no sandbox for want of the plugin", stuck({ "no-sandbox": 1 }, { failedByPlugin: 1 })],
  ["A pod has no sandbox for another reason", stuck({ "no-sandbox": 1 }, { offenders: [offender("cni"), offender("exempt", "other")] })],
  ["Two pods have no sandbox for another reason", stuck({ "no-sandbox": 2 })],
  ["istio-validation has not started", stuck({ "not-started": 1 })],
  ["istio-validation fails", stuck({ "validation-fails": 1 })],
  ["Pods failed for good", stuck({ failed: 2 })],
  ["Pods are stuck in every way", stuck({ "no-sandbox": 1, "not-started": 2, "validation-fails": 3, failed: 4 }, { failedByPlugin: 1, redirection: { ...NONE, notProgrammed: 5 }, byState: { malformed: 6 } })],
  ["Pods are stuck in every way, where init containers should redirect", stuck({ "no-sandbox": 1, "not-started": 2, "validation-fails": 3, failed: 4 }, { failedByPlugin: 1, byState: { malformed: 6 }, offenders: [offender("malformed"), offender("cni")] }, INIT)],
  ...(["conflicting", "malformed", "privileged-proxy", "unknown", "dangling-revision"] as const).map((state): Situation => [`Pods are ${state}`, broken(state)]),
  ...(["conflicting", "malformed", "privileged-proxy", "unknown", "dangling-revision"] as const).map((state): Situation => [`Pods are ${state} where init containers should redirect`, broken(state, INIT)]),
  ["istio-validation found no redirection in young pods", pods({ awaitingRepair: { count: 2, examples: [OWNED] } })],
  ["istio-proxy is not ready", pods({ withoutReadyProxy: { count: 1, examples: [EXAMPLE] } })],
  ["Init containers have no network", pods({ initContainersWithoutNetwork: { count: 4, examples: [{ ...EXAMPLE, containers: ["migrate", "wait"] }] } })],
  ["Pods failed before the agent worked", pods({ failedBefore: { count: 1, examples: [EXAMPLE] } })],
  ["Traffic bypasses the proxy", pods({ bypassing: { count: 3, examples: [{ ...EXAMPLE, why: "it runs as user 1337" }] } })],
  ["Two warnings", pods({ withoutReadyProxy: { count: 1, examples: [EXAMPLE] }, bypassing: { count: 1, examples: [{ ...EXAMPLE, why: "it runs as user 1337" }] } })],
  ["Warnings, and no pod is redirected", pods({ redirection: { ...NONE, pending: 1 }, awaitingRepair: { count: 1, examples: [OWNED] } })],
  ["Init containers redirect as they should", pods({ byState: { "legacy-init": 2, cni: 1 } }, NO_PROBE, INIT)],
  ["Init containers redirect as they should, but traffic bypasses the proxy", pods({ byState: { "legacy-init": 2 }, bypassing: { count: 1, examples: [{ ...EXAMPLE, why: "it runs as user 1337" }] }, withoutReadyProxy: { count: 1, examples: [EXAMPLE] } }, NO_PROBE, INIT)],
  ["Pods still rely on the agent where init containers should redirect", pods({ byState: { cni: 3 } }, NO_PROBE, INIT)],
  ["A pod still relies on the agent where init containers should redirect", pods({ byState: { cni: 1 } }, NO_PROBE, INIT)],
  ["No pod uses istio-init, and the probe proves injection", pods({ byState: {} }, LEGACY_PROBED, INIT)],
  ["No pod uses istio-init, and the probe proves nothing", pods({ byState: {} }, PROBED, INIT)],
  ["No workload is stale", current([])],
  ["The pods of workloads could not be read", workloadsCurrent(showing({ pods: UNSEEN }), CNI)],
  ["A Deployment is stale", current([stale("legacy-init")])],
  ["A Deployment from before injection and a bare pod are stale", current([stale("not-injected"), stale("legacy-init", "Pod", "bare")])],
  ["A Job is stale", current([stale("not-injected", "Job", "migrate")])],
  ["Workloads of two namespaces are stale", current([stale("legacy-init"), stale("legacy-init", "StatefulSet", "db"), stale("legacy-init", "DaemonSet", "log", "pay")])],
  ["Workloads of eleven namespaces are stale", current(many(11, (index) => stale("legacy-init", "Deployment", "web", `team-${String(index)}`)))],
  ["52 workloads of a namespace are stale", current(many(52, (index) => stale("legacy-init", "Deployment", `web-${String(index)}`)))],
  ["A workload is stale where init containers should redirect", current([stale("cni")], INIT)],
  ["A workload is stale in a way that a restart does not mend", current([stale("dangling-revision")])],
];
