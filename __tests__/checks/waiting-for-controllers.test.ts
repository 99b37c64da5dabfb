/** workloads-admitted while controllers pause between two attempts: a warning with what to do, never a failure. */
import { describe, expect, test } from "vitest";
import { workloadsAdmitted } from "../../src/checks/workloads-admitted.ts";
import { CNI_CHAINING, INIT_CONTAINERS } from "../../src/contract.ts";
import type { ProbeFacts } from "../../src/istio/admission/probe-result.ts";
import type { ClusterFacts } from "../../src/istio/cluster-facts.ts";
import type { MeshObservation } from "../../src/istio/observation.ts";
import type { RefusedWorkload } from "../../src/istio/workloads/refused-workloads.ts";
import { readWorkload } from "../../src/istio/workloads/rollout.ts";
import { cluster, clusterWithMechanism, goal, NOW, observation, PROVEN, seen, snapshot, UNSEEN } from "../istio/fixtures.ts";

const DENIED = "pods \"web-5d9-x7k2p\" is forbidden: ValidatingAdmissionPolicy 'no-extra-capabilities' with binding 'b' denied request: Disallowed capabilities detected: NET_ADMIN, NET_RAW in istio-init";
const WEB = { namespace: "shop", name: "web-5d9", owner: { kind: "Deployment", name: "web" }, failure: DENIED, desired: 2, template: { labels: {}, hasIstioInit: false } };
const refused = (kind: string, name: string, change: Partial<RefusedWorkload> = {}): RefusedWorkload => ({ namespace: "shop", kind, name, owner: undefined, message: DENIED, template: { labels: {}, hasIstioInit: false }, ...change });
const others = (...workloads: readonly RefusedWorkload[]) => seen({ workloads, notChecked: 0 });
const web = (spec: object, status: object = {}) => seen([{ namespace: "shop", kind: "Deployment" as const, name: "web", facts: readWorkload("Deployment", { metadata: { name: "web" }, spec, status })! }]);
const NO_PROBES = seen({ skipReason: "The input probe is false.", answers: [], leftOut: 0 });
const answered = (outcome: ProbeFacts["outcome"]) => seen({ skipReason: "", answers: [{ ...PROVEN, outcome }], leftOut: 0 });
const check = (change: Partial<MeshObservation>, facts: ClusterFacts = cluster(), target = goal(CNI_CHAINING)) =>
  workloadsAdmitted(snapshot({ cluster: facts, observation: seen(observation({ replicaSets: seen([WEB]), ...change })) }), target);

describe("where the probe proves that pods would be admitted", () => {
  test("it warns, says when the controllers try again at the latest, and gives the commands", () => {
    const result = check({ refusedWorkloads: others(refused("StatefulSet", "ledger"), refused("Job", "migrate")) });
    expect(result).toMatchObject({ result: "warn", unverifiable: false });
    expect(result.message).toMatch(/^3 workloads wait for their controllers, which try again at the latest 17 minutes after the last refusal, that of a Job about a minute after it/);
    expect(result.remedy).toContain("restart-workloads: refused");
    expect(result.remedy).toContain("kubectl --namespace shop rollout restart deployment/web statefulset/ledger");
    expect(result.remedy).not.toContain("migrate");
    expect(result.evidence).toHaveLength(3);
  });
  test("it does not advise to restart a paused Deployment", () => {
    const { result, remedy } = check({ refusedRollables: web({ paused: true }) });
    expect(result).toBe("warn");
    expect(remedy).not.toContain("rollout restart");
    expect(remedy).toContain("Paused");
  });
  test("it is unverifiable where the other kinds could not be observed", () => {
    expect(check({ refusedWorkloads: UNSEEN })).toMatchObject({ result: "warn", unverifiable: true });
  });
  test.each<[string, Partial<MeshObservation>]>([
    ["whose own template contains istio-init", { refusedRollables: web({ template: { spec: { initContainers: [{ name: "istio-init" }] } } }) }],
  ])("it still fails for a workload %s", (_, change) => {
    expect(check(change).result).toBe("fail");
  });
});

describe("where the probe", () => {
  test.each<[string, Partial<MeshObservation>]>([
    ["is refused", { probes: answered({ kind: "refused", refusal: { source: "ValidatingAdmissionPolicy", policy: "no-extra-capabilities", reason: "NET_RAW", causes: ["istio-init"], refusesRedirection: true } }) }],
    ["still gets istio-init", { probes: answered({ kind: "admitted", state: "legacy-init", injection: { kind: "on", revision: "asm-1-26" } }) }],
    ["reaches no injector", { probes: answered({ kind: "injector-failed", message: "connection refused" }) }],
  ])("%s, it fails", (_, change) => {
    expect(check(change).result).toBe("fail");
  });
});

describe("without an answer of a probe", () => {
  const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString();
  const writtenAt = (minutes: number, mechanism = CNI_CHAINING as string): ClusterFacts => clusterWithMechanism(mechanism, { lastChange: { by: "x", byType: "User", at: at(minutes) } });
  const since = (minutes: number): Partial<MeshObservation> => ({ refusedRollables: web({}, { conditions: [{ type: "ReplicaFailure", status: "True", lastTransitionTime: at(minutes) }] }) });
  test.each<[string, Partial<MeshObservation>, ClusterFacts, "warn" | "fail"]>([
    ["older than the last write", { probes: NO_PROBES, ...since(-30) }, writtenAt(-5), "warn"],
    ["older than the last write, with a probe that failed for another reason", { probes: answered({ kind: "unanswered", message: "500", remedy: "" }), ...since(-30) }, writtenAt(-5), "warn"],
    ["newer than the last write, by less than the longest back-off", { probes: NO_PROBES, ...since(-3) }, writtenAt(-5), "warn"],
    ["newer than the last write, by more than the longest back-off", { probes: NO_PROBES, ...since(-3) }, writtenAt(-25), "fail"],
    ["of an unknown time", { probes: NO_PROBES }, writtenAt(-5), "warn"],
    ["before a write of an unknown time", { probes: NO_PROBES, ...since(-30) }, cluster(), "warn"],
    ["in a namespace that was not probed, beside one that was", { replicaSets: seen([WEB, { ...WEB, namespace: "pay" }]) }, writtenAt(-5), "warn"],
    ["older than the last write, where the injector is not configured", { probes: NO_PROBES, injectors: seen([{ revision: "asm-1-26", cniEnabled: false }]), ...since(-30) }, writtenAt(-5), "fail"],
    ["older than the last write, where Azure has init containers", { probes: NO_PROBES, ...since(-30) }, writtenAt(-5, INIT_CONTAINERS), "fail"],
    ["in an event that is older than the last write", { probes: NO_PROBES, replicaSets: seen([]), refusedWorkloads: others(refused("DaemonSet", "agent", { refusedAt: NOW - 600_000 })) }, writtenAt(-5), "warn"],
    ["in an event that is newer than the last write by more than the longest back-off", { probes: NO_PROBES, replicaSets: seen([]), refusedWorkloads: others(refused("DaemonSet", "agent", { refusedAt: NOW - 60_000 })) }, writtenAt(-25), "fail"],
  ])("a refusal %s: %#", (_, change, facts, expected) => {
    expect(check(change, facts).result).toBe(expected);
  });
});

test("a warning in mode disable stays a failure: the goal needs istio-init", () => {
  expect(check({}, clusterWithMechanism(INIT_CONTAINERS), goal(INIT_CONTAINERS)).result).toBe("fail");
});
