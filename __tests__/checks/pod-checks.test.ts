import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CNI_CHAINING, INIT_CONTAINERS, POD_STATES, type PodState } from "../../src/contract.ts";
import { podsRedirected } from "../../src/checks/pods-redirected.ts";
import { workloadsCurrent } from "../../src/checks/workloads-current.ts";
import type { PodCensus, StaleWorkload } from "../../src/istio/pods/pod-census.ts";
import { census, goal, PROVEN, seen, showing } from "../istio/fixtures.ts";
import type { ProbeFacts } from "../../src/istio/admission/probe-result.ts";

const CNI = goal(CNI_CHAINING);
const INIT = goal(INIT_CONTAINERS);
const NONE = { effective: 0, notProgrammed: 0, pending: 0 };

const redirected = (overrides: Partial<PodCensus>, target = CNI, answers: readonly ProbeFacts[] = []) =>
  podsRedirected(showing({ pods: seen(census(overrides)), probes: seen({ skipReason: "", answers, leftOut: 0 }) }), target);

test("nothing is called redirected without proof: for any counts and any probe", () => {
  const counts = fc.record({
    byState: fc.dictionary(fc.constantFrom(...POD_STATES), fc.nat(3)),
    redirection: fc.record({ effective: fc.nat(2), notProgrammed: fc.nat(1), pending: fc.nat(2) }),
    stuck: fc.record({ "no-sandbox": fc.nat(1), "not-started": fc.nat(1), "validation-fails": fc.nat(1), failed: fc.nat(1) }),
    failedByPlugin: fc.nat(1),
  });
  fc.assert(
    fc.property(counts, fc.boolean(), fc.constantFrom(CNI, INIT), (given, isProbed, target) => {
      const { result, message } = redirected(given, target, isProbed ? [PROVEN] : []);
      const proven = target === CNI ? given.redirection.effective : (given.byState["legacy-init"] ?? 0);
      if (result === "pass" || message.startsWith("Redirection works")) expect(proven, message).toBeGreaterThan(0);
      const { notProgrammed } = given.redirection;
      const { failed, "not-started": notStarted, "validation-fails": fails } = given.stuck;
      if (result === "pass" && target === CNI) expect(notProgrammed + notStarted + fails + failed, message).toBe(0);
    }),
  );
});

describe("pods-redirected", () => {
  test("passes with one pod in which redirection works", () => {
    const running = { ...NONE, effective: 1, pending: 2 };
    expect(redirected({ redirection: running })).toMatchObject({ result: "pass" });
    expect(redirected({ redirection: running }).message).toContain("2 more");
  });
  test("is not verified where no pod uses CNI chaining", () => {
    const checkResult = redirected({ total: 2, byState: { "legacy-init": 2 }, redirection: NONE });
    expect(checkResult).toMatchObject({ result: "skip", unverifiable: false });
    expect(checkResult.message).toContain("not verified");
  });
  test("says what the probe proves where no pod uses CNI chaining", () => {
    const checkResult = redirected({ total: 0, byState: {}, redirection: NONE }, CNI, [PROVEN]);
    expect(checkResult).toMatchObject({ result: "skip", unverifiable: false });
    expect(checkResult.message).toBe("No pod uses CNI chaining yet. The admission probe proves injection and admission, but not that the CNI agent redirects traffic.");
  });
  test("warns where istio-proxy is not ready", () => {
    const checkResult = redirected({ withoutReadyProxy: { count: 12, examples: [{ namespace: "shop", name: "p" }] } });
    expect(checkResult).toMatchObject({ result: "warn", evidence: ["shop/p: istio-proxy is not ready", "and 11 more pods"] });
  });
  test("warns where pods are only pending", () => {
    expect(redirected({ byState: { cni: 2 }, redirection: { ...NONE, pending: 2 } }).result).toBe("warn");
  });
  test.each<PodState>(["conflicting", "malformed", "privileged-proxy", "unknown", "dangling-revision"])(
    "fails for a single pod that is %s among many that comply",
    (state) => {
      const offender = { namespace: "shop", name: "p", owner: { kind: "Pod", name: "p" }, state, detail: "why" };
      const checkResult = redirected({ byState: { cni: 100, [state]: 1 }, offenders: [offender] });
      expect(checkResult).toMatchObject({ result: "fail", evidence: ["shop/p: why"] });
      expect(checkResult.remedy).not.toBe("");
    },
  );
  test("fails where the CNI agent did not program redirection", () => {
    const checkResult = redirected({ redirection: { effective: 5, notProgrammed: 1, pending: 0 } });
    expect(checkResult).toMatchObject({ result: "fail", message: "Redirection is broken in 1 pod (not-programmed)." });
  });
  test("warns where the application's init containers have no network", () => {
    const examples = [{ namespace: "shop", name: "p", containers: ["migrate"] }];
    const checkResult = redirected({ initContainersWithoutNetwork: { count: 4, examples } });
    expect(checkResult.result).toBe("warn");
    expect(checkResult.evidence).toContain("shop/p: migrate");
    expect(checkResult.evidence).toContain("and 3 more pods");
  });

  test("for init containers passes with pods that have istio-init", () => {
    expect(redirected({ byState: { "legacy-init": 2, cni: 1 } }, INIT)).toMatchObject({ result: "pass" });
  });
  test("for init containers warns while all pods still rely on the CNI agent", () => {
    expect(redirected({ byState: { cni: 3, "privileged-proxy": 1 } }, INIT)).toMatchObject({ result: "warn" });
  });
  test("for init containers is not verified where no pod uses istio-init", () => {
    expect(redirected({ byState: {}, redirection: NONE }, INIT)).toMatchObject({ result: "skip" });
  });
  test("for init containers fails for pods that have both", () => {
    expect(redirected({ byState: { conflicting: 1 } }, INIT)).toMatchObject({ result: "fail" });
  });
});

describe("workloads-current", () => {
  const stale = (state: PodState, kind = "Deployment", name = "web"): StaleWorkload => ({
    namespace: "shop", owner: { kind, name }, state, pods: 2,
  });
  const current = (staleWorkloads: readonly StaleWorkload[], target = CNI) =>
    workloadsCurrent(showing({ pods: seen(census({ staleWorkloads })) }), target);

  test("passes without a stale workload", () => {
    expect(current([]).result).toBe("pass");
  });
  test("warns of workloads from before the switch, with the command to restart them", () => {
    const checkResult = current([stale("legacy-init"), stale("not-injected", "Pod", "bare")]);
    expect(checkResult).toMatchObject({
      result: "warn",
      message: "A restart is needed for 2 workloads with 4 pods.",
      evidence: ["Deployment shop/web: 2 pods legacy-init", "Pod shop/bare: 2 pods not-injected"],
    });
    expect(checkResult.remedy).toContain("restart-workloads: stale");
    expect(checkResult.remedy).toContain("kubectl --namespace shop rollout restart deployment/web");
    expect(checkResult.remedy).toContain("Bare pods");
  });
  test("ignores workloads that a restart does not repair", () => {
    expect(current([stale("dangling-revision")]).result).toBe("pass");
  });
  test("for init containers warns of pods that rely on the CNI agent", () => {
    expect(current([stale("cni")], INIT).result).toBe("warn");
    expect(current([stale("cni")], CNI).result).toBe("pass");
  });
});
