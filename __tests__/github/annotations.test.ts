import { describe, expect, it } from "vitest";
import { AZURE_CHECK_IDS, CLUSTER_CHECK_IDS } from "../../src/contract.ts";
import { annotationsOf, emitAnnotations, SHOWN_PER_LEVEL } from "../../src/github/annotations.ts";
import { check, driftedReport, failedReport, report } from "../report/samples.ts";

const IDS = [...AZURE_CHECK_IDS, ...CLUSTER_CHECK_IDS];
const many = (result: "fail" | "warn", length: number) => Array.from({ length }, (_, index) => check({ id: IDS[index % IDS.length]!, result, title: `Check ${String(index)}` }));

describe("the annotations", () => {
  it("are none for a compliant run", () => {
    expect(annotationsOf({ report: report(), failing: false })).toEqual([]);
  });

  it("are errors for failed checks where the step fails, warnings where it does not", () => {
    const levels = (failing: boolean) => annotationsOf({ report: driftedReport(), failing }).map(({ level }) => level);
    expect(levels(true)).toEqual(["error", "error", "warning"]);
    expect(levels(false)).toEqual(["warning", "warning", "warning"]);
  });

  it("say what was found and what to do", () => {
    expect(annotationsOf({ report: driftedReport(), failing: true })[1]).toEqual({
      level: "error",
      title: "Pods are redirected by the CNI plugin",
      message: "2 of 12 pods still have istio-init. Restart their workloads, or set restart-workloads: stale.",
    });
  });

  it("begin with what stopped the run", () => {
    const [first] = annotationsOf({ report: failedReport(), failing: true });
    expect(first?.title).toBe("Failed while switching the redirection mechanism");
    expect(first?.message).toMatch(/^AuthorizationFailed: The client .*\. Give the identity the role/);
  });

  it("warn where the cluster could not be looked into, and say why", () => {
    const blind = check({ id: "injector-configured", title: "Injector: not checked", result: "skip", message: "The API server is private." });
    const diagnosis = [{ cause: blind.id, consequences: ["cni-daemonset-ready" as const], message: blind.message, remedy: "Use another runner.", commands: ["az aks update --name x"] }];
    const [only, ...others] = annotationsOf({ report: report({ status: "unverified", checks: [blind], diagnosis }), failing: false });
    expect(others).toEqual([]);
    expect(only).toEqual({
      level: "warning",
      title: "Unverified",
      message: "The API server is private. 1 finding follows from this. Use another runner. az aks update --name x",
    });
  });

  it("are as many as GitHub shows, and count what is not shown", () => {
    const all = annotationsOf({ report: report({ status: "failed", checks: [...many("fail", 14), ...many("warn", 12)] }), failing: true });
    const errors = all.filter(({ level }) => level === "error");
    const warnings = all.filter(({ level }) => level === "warning");
    expect(errors).toHaveLength(SHOWN_PER_LEVEL);
    expect(errors.at(-1)?.title).toBe("5 more errors: see the job summary");
    expect(errors.at(-1)?.message).toBe("Check 9, Check 10, Check 11, Check 12, Check 13.");
    expect(warnings).toHaveLength(SHOWN_PER_LEVEL);
    expect(warnings.at(-1)?.title).toBe("3 more warnings: see the job summary");
  });

  it("count those about anything but the report, which come first", () => {
    const others = [{ level: "error", title: "No outputs", message: "the disk is full" }, { level: "warning", title: "Drift issue", message: "refused" }] as const;
    const all = annotationsOf({ report: report({ status: "failed", checks: [...many("fail", 10), ...many("warn", 10)] }), failing: true, others });
    for (const level of ["error", "warning"] as const) expect(all.filter((one) => one.level === level)).toHaveLength(SHOWN_PER_LEVEL);
    expect(all.map(({ title }) => title).filter((title) => !title.startsWith("Check"))).toEqual(["No outputs", "2 more errors: see the job summary", "Drift issue", "2 more warnings: see the job summary"]);
  });

  it("are one line of text each, whatever Azure says", () => {
    const hostile = check({ result: "fail", title: "a\n::error::b", message: "\u001b[31mx\r\n##[error]y" });
    expect(annotationsOf({ report: report({ checks: [hostile] }), failing: true })[0]).toMatchObject({ title: "a ::error::b", message: "x # #[error]y." });
  });

  it("reach the runner in their order", () => {
    const printed: string[] = [];
    emitAnnotations(annotationsOf({ report: driftedReport(), failing: true }), {
      error: (_, properties) => printed.push(`error ${properties?.title ?? ""}`),
      warning: (_, properties) => printed.push(`warning ${properties?.title ?? ""}`),
    });
    expect(printed).toEqual([
      "error CNI chaining is enabled",
      "error Pods are redirected by the CNI plugin",
      "warning Every Linux node has a CNI node agent",
    ]);
  });
});
