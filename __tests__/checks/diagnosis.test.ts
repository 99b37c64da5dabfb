import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CheckResult } from "../../src/checks/check-result.ts";
import { diagnose, missingRights } from "../../src/checks/diagnosis.ts";
import { evaluate } from "../../src/checks/evaluate.ts";
import { AZURE_CHECK_IDS, type CheckId, CLUSTER_CHECK_IDS, CNI_CHAINING, INIT_CONTAINERS } from "../../src/contract.ts";
import type { Snapshot } from "../../src/istio/observation.ts";
import { census, cluster, clusterWithMechanism, goal, observation, seen, snapshot, UNSEEN } from "../istio/fixtures.ts";

const CNI = goal(CNI_CHAINING);
const diagnosisOf = (given: Snapshot) => diagnose(evaluate(given, CNI)).map(({ cause, consequences }) => [cause, ...consequences]);
const inCluster = (changes: Parameters<typeof observation>[0]): Snapshot => snapshot({ observation: seen(observation(changes)) });

describe("the diagnosis", () => {
  test("of a healthy cluster is empty", () => {
    expect(diagnosisOf(snapshot())).toEqual([]);
  });

  test("of a mechanism that was reset explains injector, agent and nodes", () => {
    const given = snapshot({
      cluster: clusterWithMechanism(INIT_CONTAINERS),
      observation: seen(observation({ injectors: seen([{ revision: "asm-1-26", cniEnabled: false }]), daemonSet: seen(undefined), agentPods: seen([]) })),
    });
    expect(diagnosisOf(given)).toEqual([["cni-chaining-enabled", "injector-configured", "cni-daemonset-ready", "cni-covers-nodes"]]);
  });

  test("of a mesh that is off has one cause", () => {
    const given = snapshot({ cluster: cluster({ mesh: { mode: "Disabled", revisions: [], redirectionMechanism: "" } }), observation: UNSEEN });
    expect(diagnosisOf(given)).toEqual([["mesh-enabled", "cni-chaining-enabled"]]);
  });

  test("of a stopped cluster explains everything that could not be looked at, but not the mechanism", () => {
    const stopped = { ...UNSEEN, why: "the cluster is Stopped." };
    const given = snapshot({ cluster: clusterWithMechanism(INIT_CONTAINERS, { powerState: "Stopped" }), observation: stopped });
    expect(diagnosisOf(given).map(([cause]) => cause)).toEqual(["cluster-ready", "cni-chaining-enabled"]);
    expect(diagnosisOf(given)[0]).toEqual(["cluster-ready", ...CLUSTER_CHECK_IDS]);
  });

  test("of a cluster that cannot be reached has one cause for all checks in it", () => {
    expect(diagnosisOf(snapshot({ observation: UNSEEN }))).toEqual([[...CLUSTER_CHECK_IDS]]);
  });

  test("of a missing role names each right once, and gives the commands of all", () => {
    const right = (action: string, role: string) => ({ seen: false, why: `${action}: 403`, remedy: `Grant ${role}.\naz role assignment create --role "${role}"`, missing: { action, scope: "the cluster", role } }) as const;
    const results = evaluate(inCluster({ pods: right("list pods", "Reader"), webhooks: seen([]), agentPods: right("list pods", "Reader"), injectors: right("get configmaps", "Writer") }), CNI);
    const ofRights = diagnose(results).find(({ message }) => message.includes("lacks"));
    expect(ofRights?.message).toMatch(/^The identity lacks 2 rights, so \d checks could not be made\.$/);
    expect(ofRights?.commands).toEqual(['az role assignment create --role "Writer"', 'az role assignment create --role "Reader"']);
    expect(missingRights(results).map(({ action }) => action)).toEqual(["get configmaps", "list pods"]);
  });

  const stuck = (nodes: readonly string[]) => census({ redirection: { effective: 0, notProgrammed: 2, pending: 0 }, brokenOnNodes: nodes, meshedNodes: nodes.map((name) => ({ name, pods: 1 })) });
  test("of an agent that is not ready explains the pods on its nodes, and only those", () => {
    const { daemonSet, agentPods } = observation();
    if (!daemonSet.seen || daemonSet.value === undefined || !agentPods.seen) throw new Error("the fixture has an agent");
    const agents = agentPods.value.flatMap((agent) => [{ ...agent, nodeName: "node-1", ready: false }, { ...agent, name: "agent-2", nodeName: "node-2" }]);
    const partly = { daemonSet: seen({ ...daemonSet.value, desired: 2, updated: 2, ready: 1, available: 1 }), agentPods: seen(agents) };
    const causes = (nodes: readonly string[]) => diagnosisOf(inCluster({ ...partly, pods: seen(stuck(nodes)) })).map(([cause]) => cause);
    expect(causes(["node-1"])).toEqual(["cni-daemonset-ready"]);
    expect(causes(["node-1", "node-2"])).toEqual(["cni-daemonset-ready", "pods-redirected"]);
  });
});

describe("for all results of checks", () => {
  const ids: readonly CheckId[] = [...AZURE_CHECK_IDS, ...CLUSTER_CHECK_IDS];
  /** Explanations name earlier checks, as those of the real checks do; what could not be decided may name later ones. */
  const results = fc
    .tuple(
      ...ids.map((id, index) =>
        fc.record({
          kind: fc.constantFrom("pass", "fail", "warn", "unverifiable"),
          parts: fc.array(fc.subarray(ids.slice(0, index)), { maxLength: 2 }),
          why: fc.constantFrom("403", "timeout"),
        }).map(({ kind, parts, why }): CheckResult => ({
          id, title: id, message: kind === "unverifiable" ? why : id, evidence: [], remedy: "",
          result: kind === "unverifiable" ? "skip" : kind as CheckResult["result"],
          unverifiable: kind === "unverifiable", unobserved: false,
          explainedBy: parts.length === 0 ? [[]] : parts,
        })),
      ),
    );

  test("each finding is a cause or follows from exactly one, and no cause follows from another", () => {
    fc.assert(
      fc.property(results, (given) => {
        const diagnosis = diagnose(given);
        const told = diagnosis.flatMap(({ cause, consequences }) => [cause, ...consequences]);
        const findings = given.filter(({ result, unverifiable }) => result === "fail" || unverifiable).map(({ id }) => id);
        expect(new Set(told).size, "a finding is told twice").toBe(told.length);
        for (const id of findings) expect(told, `${id} is told nowhere`).toContain(id);
        const following = new Set(diagnosis.flatMap(({ consequences }) => consequences));
        for (const { cause } of diagnosis) expect(following.has(cause), `the cause ${cause} follows from another`).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  test("a check that fails never follows from one that could not be looked at", () => {
    fc.assert(
      fc.property(results, (given) => {
        const failing = new Set(given.filter(({ result }) => result === "fail").map(({ id }) => id));
        for (const { cause, consequences } of diagnose(given)) {
          if (!failing.has(cause)) expect(consequences.filter((id) => failing.has(id))).toEqual([]);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
