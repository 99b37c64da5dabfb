/** The text of the comment: what it says first, and its limit. */
import { describe, expect, it } from "vitest";
import { planComment } from "../../../src/github/pull-request-comment/text.ts";
import { check, DIFFERENCE, driftedReport, failedReport, report, step, summaryInput } from "../../report/samples.ts";

const LIMIT = 65_000;
const input = (overrides: Parameters<typeof summaryInput>[0] = {}) => summaryInput({ report: driftedReport({ mode: "plan" }), difference: DIFFERENCE, ...overrides });

describe("the comment", () => {
  it("has the verdict first, then steps, the difference, and the failed checks with what to do", () => {
    const text = planComment(input(), [], LIMIT);
    const parts = ["## ", "Apply would make 1 change", "Switch the redirection mechanism", '+ "CNIChaining"', "<details><summary>2 findings", "Restart their workloads, or set restart-workloads: stale."];
    const positions = parts.map((part) => text.indexOf(part));
    expect(positions.every((position) => position >= 0), text).toBe(true);
    expect([...positions].sort((one, other) => one - other)).toEqual(positions);
  });

  it("has no checks that pass, no pods and nothing of the run, so that it stays the same while the plan does", () => {
    const text = planComment(input(), [], LIMIT);
    for (const part of ["The mesh is enabled", "cart-5d9c7b6f4", "istio-cni-report.json", "requests:"]) expect(text).not.toContain(part);
    const later = planComment(input({ report: driftedReport({ mode: "plan", startedAt: "2026-06-01T00:00:00Z", finishedAt: "2026-06-01T01:00:00Z", requests: { arm: 9, kubernetes: 9, retried: 9 } }) }), [], LIMIT);
    expect(later).toBe(text);
  });

  it("says why a plan could not be made", () => {
    expect(planComment(input({ report: failedReport({ mode: "plan" }) }), [], LIMIT)).toContain("failed while switching the redirection mechanism");
  });

  it("says that nothing needs doing", () => {
    const text = planComment(summaryInput({ report: report({ mode: "plan", plan: [step({ outcome: "unneeded" })] }) }), [], LIMIT);
    expect(text).toContain("nothing to do");
    expect(text).not.toContain("failed");
  });

  it("names the namespaces that it is about, some of many", () => {
    expect(planComment(input(), ["shop", "team-*"], LIMIT)).toContain("Namespaces: <code>shop</code>, <code>team-&#42;</code>");
    expect(planComment(input(), Array.from({ length: 3000 }, () => "shop"), LIMIT)).toContain("<code>shop</code> _and 2,980 more_");
  });

  it.each([65_000, 20_000, 5000, 300])("has at most %i characters, whatever the report holds, and says what it leaves out", (limit) => {
    const long = "<b>*".repeat(10_000);
    const checks = Array.from({ length: 20 }, () => check({ result: "fail", message: long, remedy: long }));
    const leftOut = Array.from({ length: 5000 }, (_, index) => `properties.p${String(index)}`);
    const text = planComment(input({ report: driftedReport({ mode: "plan", checks, plan: [step({ outcome: "planned", reason: long, title: long })] }), leftOut }), ["shop"], limit);
    expect(text.length).toBeLessThanOrEqual(limit);
    expect(text).toMatch(/Left out to fit GitHub's limit|too long for a comment/);
  });
});
