import { describe, expect, test } from "vitest";
import { CNI_CHAINING, INIT_CONTAINERS } from "../../src/contract.ts";
import { admissionProbe } from "../../src/checks/admission-probe.ts";
import type { ProbeFacts, ProbeOutcome, ProbeRound } from "../../src/istio/admission/probe-result.ts";
import { readRefusal } from "../../src/istio/admission/refusal.ts";
import { census, goal, PROVEN, seen, showing, UNSEEN } from "../istio/fixtures.ts";

const CNI = goal(CNI_CHAINING);
const INIT = goal(INIT_CONTAINERS);
const ON = { kind: "on", revision: "asm-1-26" } as const;

const facts = (namespace: string, outcome: ProbeOutcome, warnings: readonly string[] = []): ProbeFacts => ({ namespace, outcome, warnings });
const LEGACY = facts("shop", { kind: "admitted", state: "legacy-init", injection: ON });
const refusal = (message: string, namespace = "shop"): ProbeFacts => facts(namespace, { kind: "refused", refusal: readRefusal(message) });
const DENIED = refusal(
  "pods \"p\" is forbidden: ValidatingAdmissionPolicy 'aks-managed-baseline-capabilities' with binding 'b' denied request: Disallowed capabilities detected: NET_ADMIN",
);
const QUOTA = refusal('pods "p" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=5, limited: pods=5');
const NOT_ALLOWED = facts("shop", { kind: "not-allowed", message: 'cannot create resource "pods"', remedy: "Grant RBAC Writer." });

const EMPTY = { byState: {}, running: { effective: 0, notProgrammed: 0, pending: 0 }, total: 0 };

function judge(answers: readonly ProbeFacts[], wanted = CNI, round: Partial<ProbeRound> = {}, pods = census(EMPTY)) {
  return admissionProbe(showing({ probes: seen({ notAsked: "", answers, leftOut: 0, ...round }), pods: seen(pods) }), wanted);
}

describe("admission-probe", () => {
  test("passes where a pod made now would be redirected as wanted", () => {
    expect(judge([PROVEN]).result).toBe("pass");
    expect(judge([LEGACY], INIT).result).toBe("pass");
  });
  test.each([
    ["istio-init where CNI is wanted", LEGACY, CNI, "shop: a pod made now still gets istio-init."],
    ["CNI where init containers are wanted", PROVEN, INIT, "shop: a pod made now still relies on the CNI node agent."],
    ["no label", facts("shop", { kind: "admitted", state: "out-of-mesh", injection: { kind: "unlabelled" } }), CNI, "shop: a pod made now is not injected: the namespace has no label istio.io/rev."],
    [
      "istio-injection",
      facts("shop", { kind: "admitted", state: "out-of-mesh", injection: { kind: "switched-off", value: "enabled", revision: "asm-1-26" } }),
      CNI,
      "shop: a pod made now is not injected: the label istio-injection=enabled switches injection off.",
    ],
    [
      "a revision that may have been a tag",
      facts("shop", { kind: "admitted", state: "out-of-mesh", injection: { kind: "maybe-tag", revision: "prod" } }),
      CNI,
      "shop: a pod made now is not injected: istio.io/rev=prod is served by no injector.",
    ],
    [
      "a policy",
      DENIED,
      CNI,
      "shop: ValidatingAdmissionPolicy aks-managed-baseline-capabilities refuses the pod: Disallowed capabilities detected: NET_ADMIN.",
    ],
  ])("fails for %s", (_, answer, wanted, message) => {
    const checkResult = judge([answer], wanted);
    expect(checkResult).toMatchObject({ result: "fail", message });
    expect(checkResult.remedy).not.toBe("");
  });
  test("fails for what a Pod Security Standard or AKS refuses, because the probe itself satisfies them", () => {
    const policy = "ValidatingAdmissionPolicy 'aks-managed-readonly-root' with binding 'b' denied request: no";
    expect(judge([refusal(policy)]).result).toBe("fail");
    expect(judge([refusal('violates PodSecurity "restricted:latest": something')]).result).toBe("fail");
    expect(judge([refusal("ValidatingAdmissionPolicy 'team-label' with binding 'b' denied request: no label team")]).result).toBe("warn");
  });
  test("only warns of quotas, which have nothing to do with redirection", () => {
    expect(judge([QUOTA, PROVEN])).toMatchObject({ result: "warn", unverifiable: false });
  });
  test("a refusal for other reasons leaves it open where neither another namespace nor a pod proves redirection", () => {
    expect(judge([QUOTA])).toMatchObject({ result: "warn", unverifiable: true });
    expect(judge([QUOTA, NOT_ALLOWED])).toMatchObject({ result: "warn", unverifiable: true });
    expect(judge([QUOTA], CNI, {}, census())).toMatchObject({ result: "warn", unverifiable: false });
  });
  test("for init containers says that the cluster allows only CNI chaining where it refuses istio-init", () => {
    expect(judge([DENIED], INIT).remedy).toContain("only CNI chaining");
  });
  test("one bad namespace among good ones fails, naming it first", () => {
    const checkResult = judge([PROVEN, { ...LEGACY, namespace: "team-b" }]);
    expect(checkResult).toMatchObject({ result: "fail", evidence: ["team-b: a pod made now still gets istio-init"] });
  });

  test("not allowed to ask is left open only where no pod proves redirection", () => {
    expect(judge([NOT_ALLOWED])).toMatchObject({ result: "skip", unverifiable: true });
    expect(judge([NOT_ALLOWED]).remedy).toContain("Grant RBAC Writer.");
    expect(judge([NOT_ALLOWED], CNI, {}, census())).toMatchObject({ result: "skip", unverifiable: false });
  });
  test("a webhook that cannot dry-run is told with its message", () => {
    const message = 'admission webhook "x" does not support dry run';
    const checkResult = judge([facts("shop", { kind: "cannot-dry-run", message })], CNI, {}, census());
    expect(checkResult).toMatchObject({ result: "skip", unverifiable: false });
    expect(checkResult.message).toContain(message);
  });
  test("passes on what was answered, and says how many could not be asked", () => {
    const checkResult = judge([PROVEN, { ...NOT_ALLOWED, namespace: "team-b" }]);
    expect(checkResult.result).toBe("pass");
    expect(checkResult.message).toContain("1 more namespace could not be asked");
  });

  test("skips where it was not to be asked, or had nowhere to", () => {
    expect(judge([], CNI, { notAsked: "The input probe is false." })).toMatchObject({ result: "skip", unverifiable: false, message: "The input probe is false." });
    expect(judge([])).toMatchObject({ result: "skip", unverifiable: false });
    expect(admissionProbe(showing({ probes: UNSEEN }), CNI)).toMatchObject({ result: "skip", unverifiable: true });
  });
  test("shows what policies in warn mode said, and how many namespaces were left out", () => {
    const warned = { ...PROVEN, warnings: ["[azurepolicy-x] container <istio-proxy> should set a read only root."] };
    expect(judge([warned], CNI, { leftOut: 12 }).evidence).toEqual([
      "shop: warned: [azurepolicy-x] container <istio-proxy> should set a read only root",
      "12 more namespaces not probed: a run probes 50",
    ]);
  });
});
