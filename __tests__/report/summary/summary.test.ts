import MarkdownIt from "markdown-it";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MODES, STATUSES } from "../../../src/contract.ts";
import type { Report } from "../../../src/contract.ts";
import { renderSummary, SUMMARY_LIMIT } from "../../../src/report/summary/summary.ts";
import type { SummaryInput } from "../../../src/report/summary/input.ts";
import { hostileText } from "../hostile-text.ts";
import { check, DIFFERENCE, driftedReport, failedReport, offender, report, step, summaryInput } from "../samples.ts";

const renderer = new MarkdownIt({ html: true, linkify: true });
const bytes = (page: string): number => Buffer.byteLength(page, "utf8");

/** The elements of a page by name, in order, as a browser would see them; attributes are those of our own few. */
function elements(page: string): string[] {
  return Array.from(renderer.render(page).matchAll(/<(\/?[a-z][a-z0-9]*)/g), (match) => match[1] ?? "");
}

/** Fails where an element is not closed in its turn. */
function expectBalanced(page: string): void {
  const open: string[] = [];
  for (const name of elements(page)) {
    if (name === "br" || name === "hr" || name === "img") continue;
    if (name.startsWith("/")) expect(open.pop()).toBe(name.slice(1));
    else open.push(name);
  }
  expect(open).toEqual([]);
}

/** The same input with every free text replaced. */
function saying(text: string): SummaryInput {
  const drifted = driftedReport();
  const hostile: Report = {
    ...drifted,
    cluster: { id: text, name: text, location: text, sku: text, kubernetesVersion: text, provisioningState: text, powerState: text },
    mesh: { mode: text, revisions: [text, text], redirectionMechanism: { before: text, after: `${text}x` } },
    feature: { name: text, before: text, after: `${text}x` },
    plan: drifted.plan.map((planned) => step({ ...planned, title: text, reason: text })),
    checks: drifted.checks.map((checked) => check({ ...checked, title: text, message: text, evidence: [text, text], remedy: text })),
    pods: { ...drifted.pods, offenders: [offender({ namespace: text, name: text, owner: { kind: text, name: text }, detail: text })] },
    error: { code: text, doing: text, message: text, remedy: text, correlationId: text },
  };
  return {
    report: hostile,
    accessUsed: text,
    identityUsed: text,
    difference: [{ path: text, before: text, after: text }],
    leftOut: [text],
    warnings: [text],
    blockedReason: text,
    reportPath: text,
  };
}

describe("the job summary", () => {
  it.each([
    ["a compliant cluster", summaryInput(), "## ✅ demo-aks: compliant"],
    ["a changed cluster", summaryInput({ report: report({ status: "changed" }) }), "## ✅ demo-aks: changed"],
    ["drift", summaryInput({ report: driftedReport() }), "## ⚠️ demo-aks: drifted"],
    ["a cluster not looked into", summaryInput({ report: report({ status: "unverified" }) }), "## ❓ demo-aks: unverified"],
    ["a failed run", summaryInput({ report: failedReport() }), "## ❌ demo-aks: failed"],
  ])("says first how it stands: %s", (_, input, heading) => {
    expect(renderSummary(input).split("\n")[0]).toBe(heading);
  });

  it("says what stopped the run before anything else", () => {
    const page = renderSummary(summaryInput({ report: failedReport() }));
    const [caution, facts] = [page.indexOf("> [!CAUTION]"), page.indexOf("| Cluster |")];
    expect(caution).toBeGreaterThan(0);
    expect(caution).toBeLessThan(facts);
    expect(page).toContain("> **Correlation ID:** <code>7d4b9c6f-1111-2222-3333-444444444444</code>");
    expect(page).toContain("> **What to do:** Give the identity the role Azure Kubernetes Service Contributor on the cluster.");
  });

  it("shows failing checks with evidence and remedy before the facts, and folds the passed ones", () => {
    const page = renderSummary(summaryInput({ report: driftedReport() }));
    expect(page.indexOf("#### ❌ Pods are redirected")).toBeLessThan(page.indexOf("| Cluster |"));
    expect(page).toContain("**What to do:** Restart their workloads, or set restart-workloads: stale.");
    expect(page.indexOf("Passed checks</summary>")).toBeLessThan(page.indexOf("| ✅ | The cluster is ready"));
    expect(page).toContain("### Checks: ❌ 2 failed, ⚠️ 1 with warnings, ⏭️ 1 skipped, ✅ 2 passed");
  });

  it("puts the commands of a remedy in a block to copy, and leaves one inside a sentence where it is", () => {
    const remedy = "Restart them now:\nkubectl -n shop rollout restart deployment web\nkubectl -n shop rollout restart statefulset db\nPaused Deployments cannot be restarted.";
    const page = renderSummary(summaryInput({ report: report({ checks: [check({ result: "warn", remedy })] }) }));
    expect(page).toContain(
      "**What to do:** Restart them now:\n\n```sh\nkubectl -n shop rollout restart deployment web\nkubectl -n shop rollout restart statefulset db\n```\n\nPaused Deployments cannot be restarted.",
    );
    const inside = renderSummary(summaryInput({ report: report({ checks: [check({ result: "warn", remedy: "Start it: az aks start --name demo" })] }) }));
    expect(inside).toContain("**What to do:** Start it: az aks start --name demo");
  });

  it("tells what to do about a check that could not be made", () => {
    const blind = check({ result: "skip", message: "Forbidden.", remedy: "Give the role X." });
    expect(renderSummary(summaryInput({ report: report({ checks: [blind] }) }))).toContain("Forbidden.<br>**What to do:** Give the role X. |");
  });

  it("shows the difference of the request, and what is left out of it", () => {
    const page = renderSummary(summaryInput({ report: driftedReport({ mode: "plan" }), difference: DIFFERENCE, leftOut: ["systemData"] }));
    expect(page).toContain(
      '```diff\n@@ properties.serviceMeshProfile.istio.components.proxyRedirectionMechanism @@\n- "InitContainers"\n+ "CNIChaining"\n```',
    );
    expect(page).toContain("1 read-only property is left out");
  });

  it("shows a property that was absent as added only", () => {
    const page = renderSummary(summaryInput({ difference: [{ path: "properties.x", before: undefined, after: "1" }] }));
    expect(page).toContain("```diff\n@@ properties.x @@\n+ 1\n```");
  });

  describe("its first line", () => {
    const podsRedirected = (result: "pass" | "skip", message: string) => ({ id: "pods-redirected", title: "Pods", result, message, evidence: [], remedy: "" }) as const;
    const step = (outcome: "planned" | "skipped", reason: string) => ({ id: "switch-redirection", title: "Switch", reason, outcome, durationMs: 0 }) as const;

    it.each([
      [podsRedirected("pass", "Redirection works in 7 pods."), "Nothing was changed. CNI chaining is on. Redirection works in 7 pods."],
      [podsRedirected("skip", "No pod uses CNI chaining yet. Redirection is not verified."), "Nothing was changed. CNI chaining is on. No pod uses CNI chaining yet. Redirection is not verified."],
    ])("calls nothing redirected without proof: %j", (check, line) => {
      expect(renderSummary(summaryInput({ report: report({ checks: [check] }) }))).toContain(line);
    });

    it("of a plan says what apply would do, or what stands in its way", () => {
      const stopped = { id: "cluster-ready", title: "Ready", result: "fail", message: "The cluster is stopped (powerState Stopped).", evidence: [], remedy: "" } as const;
      const planned = driftedReport({ mode: "plan", plan: [step("planned", "it is InitContainers")] });
      const blocked = driftedReport({ mode: "plan", plan: [step("skipped", "blocked (cluster-ready): it is InitContainers")], checks: [stopped] });
      expect(renderSummary(summaryInput({ report: planned }))).toContain("Apply would take 1 step");
      expect(renderSummary(summaryInput({ report: blocked }))).toContain("Apply would change nothing: The cluster is stopped (powerState Stopped).");
    });
  });

  it("says before and after where they differ, and one value where they do not", () => {
    const switched = report({ mesh: { mode: "Istio", revisions: [], redirectionMechanism: { before: "InitContainers", after: "CNIChaining" } } });
    expect(renderSummary(summaryInput({ report: switched }))).toContain("| Redirection | <code>InitContainers</code> → <strong><code>CNIChaining</code></strong> |");
    expect(renderSummary(summaryInput())).toContain("| Redirection | <code>CNIChaining</code> |");
  });

  it("lists offenders, and counts those that are not listed", () => {
    const base = driftedReport();
    const crowded = driftedReport({ pods: { ...base.pods, offendersNotListed: 4321 } });
    expect(renderSummary(summaryInput({ report: crowded }))).toContain("_and 4,321 more_");
    const offenders = Array.from({ length: 300 }, () => offender());
    const listed = driftedReport({ pods: { ...base.pods, offenders } });
    expect(renderSummary(summaryInput({ report: listed }))).toContain("_and 100 more; the JSON report lists 300_");
  });

  it("says once what the Kubernetes API warned of", () => {
    const page = renderSummary(summaryInput({ warnings: ["v1beta1 is deprecated", "v1beta1 is deprecated"] }));
    expect(page).toContain("⚠️ 1 warning from the Kubernetes API");
  });

  it("has a sentence for every mode and status", () => {
    for (const mode of MODES) {
      for (const status of STATUSES) {
        const page = renderSummary(summaryInput({ report: report({ mode, status }) }));
        expect(page.split("\n")[2]).toMatch(/\w.*\.$/);
        expectBalanced(page);
      }
    }
  });

  it("keeps its structure whatever Azure, Kubernetes and inputs say", () => {
    const expected = elements(renderSummary(saying("x")));
    fc.assert(
      fc.property(hostileText, (text) => {
        const page = renderSummary(saying(`x${text}y`));
        expect(elements(page)).toEqual(expected);
      }),
    );
  });
});

describe("a summary too large for GitHub", () => {
  it("drops nothing while everything fits", () => {
    expect(renderSummary(summaryInput({ report: driftedReport() }))).not.toContain("Left out to fit");
  });

  it("gives up offenders first, and says so", () => {
    const offenders = Array.from({ length: 200 }, () => offender({ detail: "|".repeat(1500) }));
    const page = renderSummary(summaryInput({ report: driftedReport({ pods: { ...driftedReport().pods, offenders } }) }));
    expect(bytes(page)).toBeLessThanOrEqual(SUMMARY_LIMIT);
    expect(page).toContain("Left out to fit GitHub's limit of 1 MiB: pods beyond the first 20. The JSON report has them.");
    expect(page).toContain("_and 180 more; the JSON report lists 200_");
    expectBalanced(page);
  });

  it("fits with 100,000 offenders", () => {
    const offenders = Array.from({ length: 100_000 }, (_, index) => offender({ name: `pod-${String(index)}`, detail: "\u{1f600}|".repeat(500) }));
    const page = renderSummary(summaryInput({ report: driftedReport({ pods: { ...driftedReport().pods, total: 100_000, offenders } }) }));
    expect(bytes(page)).toBeLessThanOrEqual(SUMMARY_LIMIT);
    expect(page).toContain("JSON report lists 100,000");
    expectBalanced(page);
  });

  it.each(["|", "\u{1f600}", "<", "x"])("fits with texts of a megabyte of %s, thousands of lines of evidence and warnings", (character) => {
    const text = character.repeat(1_000_000 / character.length);
    const input = saying(text);
    const flooded = summaryInput({
      ...input,
      report: {
        ...input.report,
        checks: Array.from({ length: 14 }, () => check({ result: "fail", title: text, message: text, remedy: text, evidence: Array.from({ length: 20 }, () => text) })),
      },
    });
    const page = renderSummary(flooded);
    expect(bytes(page)).toBeLessThanOrEqual(SUMMARY_LIMIT);
    expect(page).toContain("more characters");
    expectBalanced(page);
  });

  it("still tells the verdict and the failure where even the least of everything is too much", () => {
    const checks = Array.from({ length: 2_000 }, () => check({ result: "fail", message: "|".repeat(300), remedy: "|".repeat(300) }));
    const page = renderSummary(summaryInput({ report: failedReport({ checks }) }));
    expect(bytes(page)).toBeLessThanOrEqual(SUMMARY_LIMIT);
    expect(page).toContain("## ❌ demo-aks: failed");
    expect(page).toContain("everything but the verdict");
    expect(page).toContain("> [!CAUTION]");
    expectBalanced(page);
  });
});
