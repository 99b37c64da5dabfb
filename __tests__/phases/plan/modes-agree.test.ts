/** The modes agree: what apply would do, what plan shows and what check finds are the same for every state of the world. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CheckResult } from "../../../src/checks/check-result.ts";
import { evaluate } from "../../../src/checks/evaluate.ts";
import { CNI_CHAINING, INIT_CONTAINERS, type StepId } from "../../../src/contract.ts";
import type { Snapshot } from "../../../src/istio/observation.ts";
import { goalOf, planFor, type PlanConfig } from "../../../src/phases/plan/plan.ts";
import { statusOf } from "../../../src/report/status.ts";
import { census, cluster, observation, pool, seen, snapshot, UNSEEN } from "../../istio/fixtures.ts";

const states = fc.constantFrom("Succeeded", "Succeeded", "Failed", "Canceled", "Updating", "Upgrading", "Deleting", "");
const azure = fc.record({
  mode: fc.constantFrom("Istio", "Istio", "Istio", "Disabled", ""),
  revisions: fc.constantFrom(["asm-1-24"], ["asm-1-26"], ["asm-1-29"], ["asm-1-30"], ["asm-1-29", "asm-1-30"], []),
  redirectionMechanism: fc.constantFrom("", CNI_CHAINING, INIT_CONTAINERS, "Ambient"),
  provisioningState: states,
  poolState: states,
  powerState: fc.constantFrom("Running", "Running", "Stopped", ""),
  kubernetesVersion: fc.constantFrom("1.32", "1.33"),
  sku: fc.constantFrom("Automatic/Standard", "Base/Standard"),
  feature: fc.constantFrom("Registered", "NotRegistered", "Registering", "Pending", "NotFound", "Unknown"),
});
const inCluster = fc.option(
  fc.record({
    cniEnabled: fc.constantFrom(true, false, undefined),
    hasAgent: fc.boolean(),
    isStale: fc.boolean(),
    labels: fc.constantFrom({}, { "istio.io/rev": "asm-1-26" }, { "istio.io/rev": "asm-1-30" }, { "istio.io/rev": "gone" }, { "istio-injection": "enabled" }),
  }),
  { nil: undefined },
);
const inputs = fc.record({
  registerFeature: fc.constantFrom<PlanConfig["registerFeature"]>("auto", "auto", "always", "never"),
  labelNamespaces: fc.boolean(),
  revision: fc.constantFrom(undefined, "asm-1-30"),
  removeInjectionLabel: fc.boolean(),
  restartWorkloads: fc.constantFrom<PlanConfig["restartWorkloads"]>("never", "refused", "stale"),
  force: fc.boolean(),
});
const worlds = fc.record({ azure, inCluster, inputs }).map(({ azure: facts, inCluster: inside, inputs: config }) => {
  const { mode, revisions, redirectionMechanism, poolState, feature, ...own } = facts;
  const given: Snapshot = snapshot({
    cluster: cluster({ ...own, mesh: { mode, revisions, redirectionMechanism }, agentPools: [pool({ provisioningState: poolState })] }),
    feature: { name: "IstioCNIPreview", state: feature, why: feature === "Unknown" ? "403" : "" },
    observation:
      // A cluster that is stopped or has no mesh is not looked into.
      inside === undefined || mode !== "Istio" || facts.powerState === "Stopped"
        ? UNSEEN
        : seen(
            observation({
              injectors: seen(revisions.map((revision) => ({ revision, cniEnabled: inside.cniEnabled }))),
              ...(inside.hasAgent ? {} : { daemonSet: seen(undefined) }),
              namespaces: seen([{ name: "shop", labels: inside.labels }]),
              pods: seen(census({ staleWorkloads: inside.isStale ? [{ namespace: "shop", owner: { kind: "Deployment", name: "web" }, state: "legacy-init", pods: 2 }] : [] })),
            }),
          ),
  });
  return { given, config: { ...config, mode: "check", namespaces: ["shop"] } as const satisfies PlanConfig };
});

/** The check that finds what a step mends. Waiting is no finding of its own, and the provider is refreshed after the feature. */
const FINDS: Partial<Record<StepId, CheckResult["id"]>> = {
  "register-feature": "feature-registered",
  "switch-redirection": "cni-chaining-enabled",
  "wait-until-idle": "cluster-ready",
  "label-namespaces": "namespaces-labelled",
  "restart-workloads": "workloads-current",
};

function look(given: Snapshot, config: PlanConfig) {
  const plan = planFor(given, config);
  const checks = evaluate(given, goalOf(config));
  const check = (id: CheckResult["id"]): CheckResult | undefined => checks.find((candidate) => candidate.id === id);
  const needed = plan.steps.filter((step) => step.needed).map(({ id }) => id);
  return { plan, checks, check, needed };
}
const finds = (result: CheckResult | undefined): boolean => result !== undefined && (result.result === "fail" || result.result === "warn" || result.unverifiable);

describe("for every state of the world", () => {
  test("a step that apply would take mends something that check finds", () => {
    fc.assert(
      fc.property(worlds, ({ given, config }) => {
        const { needed, check } = look(given, config);
        for (const step of needed) {
          const id = FINDS[step];
          // While labels are planned, restarts are planned for the workloads of the labelled namespaces as well.
          if (id === undefined || (step === "restart-workloads" && needed.includes("label-namespaces"))) continue;
          expect(finds(check(id)), `${step} is planned, but ${id} finds nothing: ${check(id)?.message ?? ""}`).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("where check says that the mechanism is wrong, or that nothing shows it, apply would switch, and only there", () => {
    fc.assert(
      fc.property(worlds, ({ given, config }) => {
        const { needed, check } = look(given, config);
        const finding = check("cni-chaining-enabled");
        expect(needed.includes("switch-redirection"), finding?.message).toBe(finding?.result === "fail" || finding?.unverifiable === true);
      }),
      { numRuns: 1000 },
    );
  });

  test("a compliant check without warnings has a plan without steps", () => {
    fc.assert(
      fc.property(worlds, ({ given, config }) => {
        const { needed, checks } = look(given, config);
        const status = statusOf({ mode: "check", changed: false, checks, plannedSteps: needed.length });
        if (status !== "compliant" || checks.some(({ result }) => result === "warn")) return;
        expect(needed).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test("what stands in apply's way stands in the plan, and check says so too", () => {
    fc.assert(
      fc.property(worlds, ({ given, config }) => {
        const { plan, needed, check, checks } = look(given, config);
        const blocks = ["mesh-enabled", "revision-supported", "cluster-ready"] as const;
        const found = blocks.filter((id) => check(id)?.result === "fail");
        if (needed.includes("switch-redirection") && found.length > 0) expect(found).toContain(plan.blocker?.code);
        if (plan.blocker !== undefined) {
          expect(needed).not.toEqual([]);
          expect(plan.blocker.remedy).not.toBe("");
          expect(checks.some(finds)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("apply waits for other operations only where it has something to switch, or one of them may be the switch", () => {
    fc.assert(
      fc.property(worlds, ({ given, config }) => {
        const { needed, check } = look(given, config);
        if (needed.includes("wait-until-idle")) expect(check("cni-chaining-enabled")?.result).not.toBe("pass");
      }),
      { numRuns: 1000 },
    );
  });

  test("while another client switches, the plan shows the restarts that follow, although the probe still finds init containers", () => {
    const given = snapshot({
      cluster: cluster({ provisioningState: "Updating", mesh: { mode: "Istio", revisions: ["asm-1-30"], redirectionMechanism: CNI_CHAINING } }),
      observation: seen(
        observation({
          injectors: seen([{ revision: "asm-1-30", cniEnabled: false }]),
          daemonSet: seen(undefined),
          namespaces: seen([{ name: "shop", labels: { "istio.io/rev": "asm-1-30" } }]),
          probes: seen({ skipReason: "", leftOut: 0, answers: [{ namespace: "shop", warnings: [], outcome: { kind: "admitted", state: "legacy-init", injection: { kind: "on", revision: "asm-1-30" } } }] }),
          pods: seen(census({ staleWorkloads: [{ namespace: "shop", owner: { kind: "Deployment", name: "web" }, state: "legacy-init", pods: 2 }] })),
        }),
      ),
    });
    const config = { mode: "apply", namespaces: [], registerFeature: "auto", labelNamespaces: false, revision: undefined, removeInjectionLabel: false, restartWorkloads: "stale", force: false } as const satisfies PlanConfig;
    expect(look(given, config).needed).toEqual(["wait-until-idle", "restart-workloads"]);
  });
});
