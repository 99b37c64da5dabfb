import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AZURE_CHECK_IDS, CLUSTER_CHECK_IDS, CNI_CHAINING, INIT_CONTAINERS } from "../../src/contract.ts";
import { evaluate } from "../../src/checks/evaluate.ts";
import { MAX_EVIDENCE } from "../../src/checks/check-result.ts";
import { cluster, goal, observation, seen, showing, snapshot, UNSEEN } from "../istio/fixtures.ts";

test("a healthy cluster passes every check, in the contract's order", () => {
  const checkResults = evaluate(snapshot(), goal());
  expect(checkResults.map(({ id }) => id)).toEqual([...AZURE_CHECK_IDS, ...CLUSTER_CHECK_IDS]);
  expect(checkResults.filter(({ result }) => result !== "pass")).toEqual([]);
  expect(checkResults.every(({ remedy }) => remedy === "")).toBe(true);
});

describe("an observation that failed", () => {
  test.each([CNI_CHAINING, INIT_CONTAINERS] as const)("makes every check of the cluster unverifiable, for %s", (mechanism) => {
    const checkResults = evaluate(snapshot({ observation: UNSEEN }), goal(mechanism));
    const undecided = checkResults.filter(({ unverifiable }) => unverifiable);
    expect(undecided.map(({ id }) => id)).toEqual(CLUSTER_CHECK_IDS);
    for (const checkResult of undecided) {
      expect(checkResult).toMatchObject({ result: "skip", message: UNSEEN.why, remedy: UNSEEN.remedy });
    }
  });

  test.each([
    ["daemonSet", ["cni-daemonset-ready", "cni-covers-nodes"]],
    ["agentPods", ["cni-covers-nodes"]],
    ["injectors", ["injector-configured"]],
    ["namespaces", ["namespaces-labelled"]],
    ["pods", ["cni-covers-nodes", "pods-redirected", "workloads-current"]],
    ["replicaSets", ["workloads-admitted"]],
    ["refusedWorkloads", ["workloads-admitted"]],
    ["refusedRollables", []],
    ["probes", ["admission-probe"]],
    ["webhooks", []],
    ["windowsNodes", []],
    ["revisionsInUse", []],
  ])("of %s makes %j unverifiable", (part, expected) => {
    const checkResults = evaluate(showing({ [part]: UNSEEN }), goal());
    expect(checkResults.filter(({ unverifiable }) => unverifiable).map(({ id }) => id)).toEqual(expected);
  });
});

test("for any observation, results have a plain one-line message, and a remedy for a failure", () => {
  const cases = fc.record({
    mechanism: fc.constantFrom(CNI_CHAINING, INIT_CONTAINERS),
    found: fc.constantFrom("", CNI_CHAINING, INIT_CONTAINERS, "Ambient"),
    mode: fc.constantFrom("Istio", "Disabled", ""),
    revisions: fc.subarray(["asm-1-24", "asm-1-26", "canary"]),
    provisioningState: fc.constantFrom("Succeeded", "Failed", "Updating", "Deleting", ""),
    powerState: fc.constantFrom("Running", "Stopped", ""),
    feature: fc.constantFrom("Registered", "Pending", "NotFound", "Unknown", "Other"),
    labels: fc.dictionary(fc.constantFrom("istio.io/rev", "istio-injection"), fc.constantFrom("asm-1-26", "enabled", "x"), {
      noNullPrototype: true,
    }),
    unobserved: fc.subarray(["daemonSet", "agentPods", "injectors", "webhooks", "namespaces", "replicaSets", "refusedWorkloads", "probes", "pods"]),
    names: fc.subarray(["shop", "nowhere", "team-*"]),
  });
  fc.assert(
    fc.property(cases, (given) => {
      const { mode, revisions, found, provisioningState, powerState } = given;
      const unseen = Object.fromEntries(given.unobserved.map((part) => [part, UNSEEN]));
      const checkResults = evaluate(
        {
          cluster: cluster({ provisioningState, powerState, mesh: { mode, revisions, redirectionMechanism: found } }),
          feature: { name: "IstioCNIPreview", state: given.feature, why: "" },
          observation: seen(observation({ namespaces: seen([{ name: "shop", labels: given.labels }]), ...unseen })),
        },
        goal(given.mechanism, ...given.names),
      );
      for (const { result, message, remedy, evidence, unverifiable, title } of checkResults) {
        expect(message).toMatch(/^[^\n`*]+\.$/);
        expect(title).not.toBe("");
        expect(evidence.length).toBeLessThanOrEqual(MAX_EVIDENCE + 1);
        if (result === "fail" || result === "warn") expect(remedy).not.toBe("");
        if (unverifiable) expect(result).toBe("skip");
      }
    }),
  );
});
