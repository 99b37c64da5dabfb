import { describe, expect, test } from "vitest";
import { CNI_CHAINING, INIT_CONTAINERS, type PodState } from "../../src/contract.ts";
import { podsRedirected } from "../../src/checks/pods-redirected.ts";
import { workloadsCurrent } from "../../src/checks/workloads-current.ts";
import type { PodCensus, StaleWorkload } from "../../src/istio/pods/pod-census.ts";
import { census, goal, PROVEN, seen, showing } from "../istio/fixtures.ts";
import type { ProbeFacts } from "../../src/istio/admission/probe-result.ts";

const CNI = goal(CNI_CHAINING);
const INIT = goal(INIT_CONTAINERS);
const NONE = { effective: 0, notProgrammed: 0, pending: 0 };

const redirected = (overrides: Partial<PodCensus>, wanted = CNI, answers: readonly ProbeFacts[] = []) =>
  podsRedirected(showing({ pods: seen(census(overrides)), probes: seen({ notAsked: "", answers, leftOut: 0 }) }), wanted);

describe("pods-redirected", () => {
  test("passes on the proof of one pod in which redirection works", () => {
    const running = { ...NONE, effective: 1, pending: 2 };
    expect(redirected({ running })).toMatchObject({ result: "pass" });
    expect(redirected({ running }).message).toContain("2 more");
  });
  test("takes the absence of pods for no evidence", () => {
    const checkResult = redirected({ total: 2, byState: { "legacy-init": 2 }, running: NONE });
    expect(checkResult).toMatchObject({ result: "skip", unverifiable: false });
    expect(checkResult.message).toContain("no evidence");
  });
  test("says what the probe proves where no pod proves anything", () => {
    const checkResult = redirected({ total: 0, byState: {}, running: NONE }, CNI, [PROVEN]);
    expect(checkResult).toMatchObject({ result: "skip", unverifiable: false });
    expect(checkResult.message).toBe("No pod uses CNI chaining yet. The admission probe proves injection and admission, and not the node agent.");
  });
  test("warns where the proxy that traffic is redirected to is not ready", () => {
    const checkResult = redirected({ withoutProxy: { count: 12, sample: [{ namespace: "shop", name: "p" }] } });
    expect(checkResult).toMatchObject({ result: "warn", evidence: ["shop/p: istio-proxy is not ready", "and 11 more pods"] });
  });
  test("warns where pods are only pending", () => {
    expect(redirected({ byState: { cni: 2 }, running: { ...NONE, pending: 2 } }).result).toBe("warn");
  });
  test.each<PodState>(["conflicting", "malformed", "privileged-proxy", "unknown", "dangling-revision"])(
    "fails for a single pod that is %s, however many are right",
    (state) => {
      const offender = { namespace: "shop", name: "p", owner: { kind: "Pod", name: "p" }, state, detail: "why" };
      const checkResult = redirected({ byState: { cni: 100, [state]: 1 }, offenders: [offender] });
      expect(checkResult).toMatchObject({ result: "fail", evidence: ["shop/p: why"] });
      expect(checkResult.remedy).not.toBe("");
    },
  );
  test("fails where a node did not program redirection", () => {
    const checkResult = redirected({ running: { effective: 5, notProgrammed: 1, pending: 0 } });
    expect(checkResult).toMatchObject({ result: "fail", message: "Redirection is broken in 1 pod (not-programmed)." });
  });
  test("warns where the application's init containers lose their network", () => {
    const sample = [{ namespace: "shop", name: "p", containers: ["migrate"] }];
    const checkResult = redirected({ classicWithInit: { count: 4, sample } });
    expect(checkResult.result).toBe("warn");
    expect(checkResult.evidence).toContain("shop/p: migrate");
    expect(checkResult.evidence).toContain("and 3 more pods");
  });

  test("for init containers passes with pods that have istio-init", () => {
    expect(redirected({ byState: { "legacy-init": 2, cni: 1 } }, INIT)).toMatchObject({ result: "pass" });
  });
  test("for init containers warns while all pods still rely on the node agent", () => {
    expect(redirected({ byState: { cni: 3, "privileged-proxy": 1 } }, INIT)).toMatchObject({ result: "warn" });
  });
  test("for init containers takes the absence of pods for no evidence", () => {
    expect(redirected({ byState: {}, running: NONE }, INIT)).toMatchObject({ result: "skip" });
  });
  test("for init containers fails for pods that have both", () => {
    expect(redirected({ byState: { conflicting: 1 } }, INIT)).toMatchObject({ result: "fail" });
  });
});

describe("workloads-current", () => {
  const stale = (state: PodState, kind = "Deployment", name = "web"): StaleWorkload => ({
    namespace: "shop", owner: { kind, name }, state, pods: 2,
  });
  const current = (staleWorkloads: readonly StaleWorkload[], wanted = CNI) =>
    workloadsCurrent(showing({ pods: seen(census({ staleWorkloads })) }), wanted);

  test("passes without a stale workload", () => {
    expect(current([]).result).toBe("pass");
  });
  test("warns of workloads from before the switch, and says how to restart them", () => {
    const checkResult = current([stale("legacy-init"), stale("not-injected", "Pod", "bare")]);
    expect(checkResult).toMatchObject({
      result: "warn",
      message: "2 workloads with 4 pods need a restart.",
      evidence: ["Deployment shop/web: 2 pods legacy-init", "Pod shop/bare: 2 pods not-injected"],
    });
    expect(checkResult.remedy).toContain("restart-workloads: stale");
    expect(checkResult.remedy).toContain("kubectl -n shop rollout restart deployment web");
    expect(checkResult.remedy).toContain("Bare pods");
  });
  test("does not blame workloads that a restart does not help", () => {
    expect(current([stale("dangling-revision")]).result).toBe("pass");
  });
  test("for init containers blames the pods that rely on the node agent", () => {
    expect(current([stale("cni")], INIT).result).toBe("warn");
    expect(current([stale("cni")], CNI).result).toBe("pass");
  });
});
