import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CHECK_OUTCOMES, KUBE_ACCESS, MODES, STATUSES } from "../../src/contract.ts";
import type { Mode, Status } from "../../src/contract.ts";
import { statusOf, stepFails } from "../../src/report/status.ts";
import type { EvaluatedCheck } from "../../src/report/status.ts";

const pass: EvaluatedCheck = { result: "pass", unverifiable: false };
const fail: EvaluatedCheck = { result: "fail", unverifiable: false };
const warn: EvaluatedCheck = { result: "warn", unverifiable: false };
const skip: EvaluatedCheck = { result: "skip", unverifiable: false };
const blind: EvaluatedCheck = { result: "skip", unverifiable: true };

describe("the verdict", () => {
  it.each<[Mode, string, EvaluatedCheck[], { changed?: boolean; plannedSteps?: number; error?: boolean }, Status]>([
    ["plan", "nothing to do", [pass, warn, skip], {}, "compliant"],
    ["plan", "a step to take", [pass], { plannedSteps: 1 }, "drifted"],
    ["plan", "a failing check", [pass, fail], {}, "drifted"],
    ["plan", "a cluster not looked into", [pass, blind], {}, "unverified"],
    ["plan", "a step to take in a cluster not looked into", [blind], { plannedSteps: 1 }, "drifted"],
    ["check", "all well", [pass, warn], {}, "compliant"],
    ["check", "a failing check", [fail, blind], {}, "drifted"],
    ["check", "a cluster not looked into", [pass, blind], {}, "unverified"],
    ["apply", "nothing to do", [pass], {}, "compliant"],
    ["apply", "a change that worked", [pass, warn], { changed: true }, "changed"],
    ["apply", "a change that did not work", [fail], { changed: true }, "failed"],
    ["apply", "a change that nobody could verify", [blind], { changed: true }, "unverified"],
    ["disable", "a change that worked", [pass], { changed: true }, "changed"],
    ["disable", "a failing check", [fail], {}, "failed"],
  ])("of mode %s with %s", (mode, _, checks, run, expected) => {
    expect(statusOf({ mode, changed: false, plannedSteps: 0, checks, ...run })).toBe(expected);
  });

  const anyRun = fc.record({
    mode: fc.constantFrom(...MODES),
    changed: fc.boolean(),
    plannedSteps: fc.nat(3),
    checks: fc.array(fc.record({ result: fc.constantFrom(...CHECK_OUTCOMES), unverifiable: fc.boolean() }), { maxLength: 5 }),
  });

  it("is failed for every run that could not finish", () => {
    fc.assert(fc.property(anyRun, (run) => statusOf({ ...run, error: true }) === "failed"));
  });

  it("is never good where a check fails or could not be made", () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const doubtful = run.checks.some(({ result, unverifiable }) => result === "fail" || unverifiable);
        if (doubtful) expect(["compliant", "changed"]).not.toContain(statusOf(run));
      }),
    );
  });

  it("says changed only where something was changed", () => {
    fc.assert(fc.property(anyRun, (run) => statusOf(run) !== "changed" || (run.changed && (run.mode === "apply" || run.mode === "disable"))));
  });
});

describe("the step", () => {
  const run = { status: "compliant", mode: "apply", failOnDrift: true, kubeAccess: "auto" } as const;

  it.each<[string, Partial<Parameters<typeof stepFails>[0]>, boolean]>([
    ["passes for a compliant cluster", {}, false],
    ["passes for a changed cluster", { status: "changed" }, false],
    ["fails for a failed run", { status: "failed" }, true],
    ["fails for a failed plan", { status: "failed", mode: "plan" }, true],
    ["fails for drift in check", { status: "drifted", mode: "check" }, true],
    ["passes for drift in check without fail-on-drift", { status: "drifted", mode: "check", failOnDrift: false }, false],
    ["passes for drift in plan", { status: "drifted", mode: "plan" }, false],
    ["passes unverified with kube-access auto", { status: "unverified" }, false],
    ["passes unverified with kube-access none", { status: "unverified", kubeAccess: "none" }, false],
    ["fails unverified with kube-access direct", { status: "unverified", kubeAccess: "direct" }, true],
    ["fails unverified with kube-access run-command", { status: "unverified", kubeAccess: "run-command" }, true],
    ["passes unverified in plan, which never fails for what it could not see", { status: "unverified", kubeAccess: "direct", mode: "plan" }, false],
    ["fails unverified with kube-access kubeconfig", { status: "unverified", kubeAccess: "kubeconfig", mode: "check" }, true],
  ])("%s", (_, overrides, fails) => {
    const sentence = stepFails({ ...run, ...overrides });
    expect(sentence !== undefined).toBe(fails);
  });

  it("says the status first", () => {
    for (const status of STATUSES) {
      for (const mode of MODES) {
        for (const kubeAccess of KUBE_ACCESS) {
          const sentence = stepFails({ status, mode, kubeAccess, failOnDrift: true });
          if (sentence !== undefined) expect(sentence.toLowerCase().startsWith(`${status}:`)).toBe(true);
        }
      }
    }
  });
});
