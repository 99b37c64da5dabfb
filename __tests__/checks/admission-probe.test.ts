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

const EMPTY = { byState: {}, redirection: { effective: 0, notProgrammed: 0, pending: 0 }, total: 0 };

function evaluateProbe(answers: readonly ProbeFacts[], target = CNI, round: Partial<ProbeRound> = {}, pods = census(EMPTY)) {
  return admissionProbe(showing({ probes: seen({ skipReason: "", answers, leftOut: 0, ...round }), pods: seen(pods) }), target);
}

describe("admission-probe", () => {
  test("passes where a new pod would be redirected by the mechanism of the goal", () => {
    expect(evaluateProbe([PROVEN]).result).toBe("pass");
    expect(evaluateProbe([LEGACY], INIT).result).toBe("pass");
  });
  test.each([
    ["istio-init where CNI should redirect", LEGACY, CNI, "shop: a new pod still gets istio-init."],
    ["CNI where init containers should redirect", PROVEN, INIT, "shop: a new pod still relies on the CNI agent."],
    ["no label", facts("shop", { kind: "admitted", state: "out-of-mesh", injection: { kind: "unlabelled" } }), CNI, "shop: a new pod is not injected: the namespace has no label istio.io/rev."],
    [
      "istio-injection",
      facts("shop", { kind: "admitted", state: "out-of-mesh", injection: { kind: "switched-off", value: "enabled", revision: "asm-1-26" } }),
      CNI,
      "shop: a new pod is not injected: the label istio-injection=enabled switches injection off.",
    ],
    [
      "a revision that may have been a tag",
      facts("shop", { kind: "admitted", state: "out-of-mesh", injection: { kind: "maybe-tag", revision: "prod" } }),
      CNI,
      "shop: a new pod is not injected: no injector serves istio.io/rev=prod.",
    ],
    [
      "a policy",
      DENIED,
      CNI,
      "shop: ValidatingAdmissionPolicy aks-managed-baseline-capabilities refuses the pod: Disallowed capabilities detected: NET_ADMIN.",
    ],
  ])("fails for %s", (_, answer, target, message) => {
    const checkResult = evaluateProbe([answer], target);
    expect(checkResult).toMatchObject({ result: "fail", message });
    expect(checkResult.remedy).not.toBe("");
  });
  test("fails where a Pod Security Standard or a policy of AKS refuses the pod, because the probe itself satisfies them", () => {
    const policy = "ValidatingAdmissionPolicy 'aks-managed-readonly-root' with binding 'b' denied request: no";
    expect(evaluateProbe([refusal(policy)]).result).toBe("fail");
    expect(evaluateProbe([refusal('violates PodSecurity "restricted:latest": something')]).result).toBe("fail");
    expect(evaluateProbe([refusal("ValidatingAdmissionPolicy 'team-label' with binding 'b' denied request: no label team")]).result).toBe("warn");
  });
  test("only warns of quotas, which are unrelated to redirection", () => {
    expect(evaluateProbe([QUOTA, PROVEN])).toMatchObject({ result: "warn", unverifiable: false });
  });
  test("an identity that may not send the probe lacks a right, which the report names", () => {
    const missing = { action: "create pods in the namespace shop", scope: "the cluster", role: "Azure Kubernetes Service RBAC Writer" } as const;
    const answer = facts("shop", { kind: "not-allowed", message: 'cannot create resource "pods"', remedy: "Grant RBAC Writer.", missing });
    expect(evaluateProbe([answer])).toMatchObject({ result: "skip", unverifiable: true, missing });
  });
  test("a refusal for an unrelated reason is unverifiable where neither another namespace nor a pod proves redirection", () => {
    expect(evaluateProbe([QUOTA])).toMatchObject({ result: "warn", unverifiable: true });
    expect(evaluateProbe([QUOTA, NOT_ALLOWED])).toMatchObject({ result: "warn", unverifiable: true });
    expect(evaluateProbe([QUOTA], CNI, {}, census())).toMatchObject({ result: "warn", unverifiable: false });
  });
  test.each<[string, ProbeFacts, string, RegExp, RegExp]>([
    ["the registry of Istio's images", refusal("denied: [allowedimages] Container image mcr.microsoft.com/oss/istio/proxyv2:1 for container istio-proxy has not been allowed."), "fail", /mcr\.microsoft\.com/, /NET_ADMIN/],
    ["a proxy that asks for privileges", refusal("container istio-proxy adds NET_ADMIN"), "fail", /CNI chaining alone does not/, /need neither/],
    ["the protection of AKS' namespaces", refusal("ValidatingAdmissionPolicy 'aks-managed-protect-system-namespaces' with binding 'b' denied request: no"), "warn", /shows nothing/, /NET_ADMIN/],
    ["an injector without a service", facts("shop", { kind: "injector-failed", message: 'failed calling webhook "rev.namespace.sidecar-injector.istio.io": service "istiod-asm-1-26" not found' }), "fail", /istiod that the webhook names does not exist/, /NET_ADMIN/],
    ["another webhook", facts("shop", { kind: "unanswered", message: 'failed calling webhook "v.example.com": x509: unknown authority', remedy: "" }), "skip", /v\.example\.com does not answer/, /istiod/],
    ["a webhook that is missing", facts("shop", { kind: "admitted", state: "dangling-revision", injection: { kind: "dangling", revision: "asm-1-26" } }), "fail", /injector-configured/, /Correct the labels/],
  ])("the remedy fits where the cause is %s", (_, answer, result, remedy, not) => {
    const checkResult = evaluateProbe([answer]);
    expect(checkResult.result).toBe(result);
    expect(checkResult.remedy).toMatch(remedy);
    expect(checkResult.remedy).not.toMatch(not);
  });
  test("a refusal for want of a seccompProfile fails, and warns where pods are redirected", () => {
    const seccomp = refusal('violates PodSecurity "restricted:latest": seccompProfile (pod or containers "istio-validation", "istio-proxy" must set securityContext.seccompProfile.type to "RuntimeDefault")');
    expect(evaluateProbe([seccomp])).toMatchObject({ result: "fail" });
    expect(evaluateProbe([seccomp], CNI, {}, census())).toMatchObject({ result: "warn", unverifiable: false });
  });
  test("for init containers, the remedy for refused istio-init is CNI chaining", () => {
    expect(evaluateProbe([DENIED], INIT).remedy).toContain("only CNI chaining");
  });
  test("fails where one namespace of several fails, and names it", () => {
    const checkResult = evaluateProbe([PROVEN, { ...LEGACY, namespace: "team-b" }]);
    expect(checkResult).toMatchObject({ result: "fail", evidence: ["team-b: a new pod still gets istio-init"] });
  });

  test("a probe that is not allowed is unverifiable only where no pod proves redirection", () => {
    expect(evaluateProbe([NOT_ALLOWED])).toMatchObject({ result: "skip", unverifiable: true });
    expect(evaluateProbe([NOT_ALLOWED]).remedy).toContain("Grant RBAC Writer.");
    expect(evaluateProbe([NOT_ALLOWED], CNI, {}, census())).toMatchObject({ result: "skip", unverifiable: false });
  });
  test("the message of a webhook without support for dry runs is shown", () => {
    const message = 'admission webhook "x" does not support dry run';
    const checkResult = evaluateProbe([facts("shop", { kind: "cannot-dry-run", message })], CNI, {}, census());
    expect(checkResult).toMatchObject({ result: "skip", unverifiable: false });
    expect(checkResult.message).toContain(message);
  });
  test("passes where some namespaces prove redirection, with the number of those that could not be probed", () => {
    const checkResult = evaluateProbe([PROVEN, { ...NOT_ALLOWED, namespace: "team-b" }]);
    expect(checkResult.result).toBe("pass");
    expect(checkResult.message).toContain("1 more namespace could not be probed");
  });
  test("leaves a finding open that may be about a namespace without an answer", () => {
    const throttled = facts("team-b", { kind: "unanswered", message: "Kubernetes answered 429", remedy: "" });
    expect(evaluateProbe([PROVEN, throttled])).toMatchObject({ result: "pass", unobserved: true, unverifiable: false });
    const noDryRun = facts("team-b", { kind: "cannot-dry-run", message: "does not support dry run" });
    expect(evaluateProbe([PROVEN, noDryRun])).toMatchObject({ result: "pass", unobserved: false });
    expect(evaluateProbe([PROVEN])).toMatchObject({ result: "pass", unobserved: false });
  });

  test("skips where no probe was sent", () => {
    expect(evaluateProbe([], CNI, { skipReason: "The input probe is false." })).toMatchObject({ result: "skip", unverifiable: false, message: "The input probe is false." });
    expect(evaluateProbe([])).toMatchObject({ result: "skip", unverifiable: false });
    expect(admissionProbe(showing({ probes: UNSEEN }), CNI)).toMatchObject({ result: "skip", unverifiable: true });
  });
  test("shows warnings of policies, and how many namespaces were not probed", () => {
    const warned = { ...PROVEN, warnings: ["[azurepolicy-x] container <istio-proxy> should set a read only root."] };
    expect(evaluateProbe([warned], CNI, { leftOut: 12 }).evidence).toEqual([
      "shop: warning: [azurepolicy-x] container <istio-proxy> should set a read only root",
      "12 more namespaces not probed: a run probes at most 50",
    ]);
  });
});
