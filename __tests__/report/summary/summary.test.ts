import MarkdownIt from "markdown-it";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MODES, STATUSES } from "../../../src/contract.ts";
import type { MeshCounts, Report } from "../../../src/contract.ts";
import { NO_LINKS } from "../../../src/report/links.ts";
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
    links: NO_LINKS,
    reportPath: text,
  };
}

describe("the job summary", () => {
  it.each([
    ["a compliant cluster", summaryInput(), "## ✅ demo-aks: CNI chaining is on"],
    ["a changed cluster", summaryInput({ report: report({ status: "changed" }) }), "## ✅ demo-aks: CNI chaining is on"],
    ["a cluster with stale workloads", summaryInput({ report: report({ counts: { after: { workloadsToRestart: 5 } } }) }), "## 🔄 demo-aks: CNI chaining is on; 5 workloads need a restart"],
    ["drift", summaryInput({ report: driftedReport() }), "## ⚠️ demo-aks: CNI chaining is enabled, and pods are redirected by the CNI plugin"],
    ["a cluster not looked into", summaryInput({ report: report({ status: "unverified" }) }), "## ❓ demo-aks: CNI chaining is on in Azure; the cluster could not be looked into"],
    ["a failed run", summaryInput({ report: failedReport() }), "## ❌ demo-aks: failed while switching the redirection mechanism"],
    ["a plan", summaryInput({ report: driftedReport({ mode: "plan", plan: [step({ outcome: "planned" })] }) }), "## 📝 Plan for demo-aks: 1 change"],
  ])("says first what was found: %s", (_, input, heading) => {
    expect(renderSummary(input).split("\n")[0]).toBe(heading);
  });

  it("says what stopped the run, and what to do, before anything else", () => {
    const page = renderSummary(summaryInput({ report: failedReport() }));
    const [caution, remedy, facts] = [page.indexOf("> [!CAUTION]"), page.indexOf("### What to do"), page.indexOf("| Cluster |")];
    expect([caution, remedy, facts]).toEqual([caution, remedy, facts].toSorted((a, b) => a - b));
    expect(page).toContain("> Correlation ID: <code>7d4b9c6f-1111-2222-3333-444444444444</code>");
    expect(page).toContain("Give the identity the role Azure Kubernetes Service Contributor on the cluster.");
  });

  it("shows a cause with its evidence, one remedy, and the findings that follow, folded", () => {
    const cause = check({ title: "CNI chaining is off", result: "fail", message: "The mesh redirects by InitContainers.", evidence: ["tags: managed-by=terraform"], remedy: "Run apply, or:\naz aks mesh x --name demo" });
    const following = check({ id: "injector-configured", title: "The injector is not configured", result: "fail", message: "pilot.cni.enabled is false." });
    const diagnosis = [{ cause: cause.id, consequences: [following.id], message: cause.message, remedy: "Run apply, or:", commands: ["az aks mesh x --name demo"] }];
    const page = renderSummary(summaryInput({ report: report({ mode: "check", status: "drifted", checks: [cause, following], diagnosis }) }));
    expect(page).toContain("The mesh redirects by InitContainers.\n\n- tags: managed-by&#61;terraform\n\n### What to do\n\nRun apply, or:\n\n```sh\naz aks mesh x --name demo\n```");
    expect(page).toContain("<details><summary>1 finding follows from this</summary>");
    expect(page.indexOf("### What to do")).toBe(page.lastIndexOf("### What to do"));
  });

  it("numbers two causes, each with its own remedy", () => {
    const causes = [check({ id: "cluster-ready", title: "The cluster is stopped", result: "fail", remedy: "Start it." }), check({ title: "CNI chaining is off", result: "fail", remedy: "Run apply." })];
    const page = renderSummary(summaryInput({ report: report({ status: "drifted", mode: "check", checks: causes }) }));
    expect(page.split("\n")[0]).toBe("## ⚠️ demo-aks: The cluster is stopped, and CNI chaining is off");
    expect(page.match(/^### .*/gm)).toEqual(["### 1. The cluster is stopped", "### 2. CNI chaining is off"]);
  });

  it("lists the missing rights once, with the role of each", () => {
    const blind = check({ id: "injector-configured", title: "Injector: not checked", result: "skip", message: "reading: 403", remedy: "Grant it.\naz role assignment create --role X" });
    const missingRights = [{ action: "list pods", scope: "the cluster", role: "Azure Kubernetes Service RBAC Reader" }];
    const diagnosis = [{ cause: blind.id, consequences: [], message: "The identity lacks 1 right, so 1 check could not be made.", remedy: "Grant it.", commands: ["az role assignment create --role X"] }];
    const page = renderSummary(summaryInput({ report: report({ status: "unverified", checks: [blind], diagnosis, missingRights }) }));
    expect(page).toContain("| list pods | the cluster | Azure Kubernetes Service RBAC Reader |");
    expect(page).toContain("```sh\naz role assignment create --role X\n```");
    expect(page).not.toContain("Grant it.");
  });

  it("tells what to do about a check that was left out", () => {
    const blind = check({ result: "skip", message: "Forbidden.", remedy: "Give the role X." });
    expect(renderSummary(summaryInput({ report: report({ checks: [blind] }) }))).toContain("Forbidden.<br>Give the role X. |");
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

  describe("below its headline", () => {
    const counted = (after: MeshCounts) => report({ counts: { after } });

    it.each([
      [{ podsInMesh: 7, podsRedirected: 7, agentsReady: 5, agentsDesired: 5 }, "**7 of 7 pods** in the mesh are redirected by the CNI agent, which is ready on 5 of 5 nodes."],
      [{ podsInMesh: 11, podsRedirected: 0 }, "**0 of 11 pods** in the mesh are redirected by the CNI agent."],
      [{ podsInMesh: 0, podsRedirected: 0, namespacesProbed: 2, namespacesAdmitted: 2 }, "No pod runs in the mesh. A dry-run pod was admitted and injected in **2 of 2 namespaces**."],
    ])("says in numbers what is proven: %j", (after, line) => {
      expect(renderSummary(summaryInput({ report: counted(after) })).split("\n")[2]).toBe(line);
    });

    it("says nothing of pods that were not seen", () => {
      expect(renderSummary(summaryInput({ report: counted({}) })).split("\n")[2]).toMatch(/^<details>/);
    });
  });

  it("of a plan says first what apply would do, or what stands in its way", () => {
    const stopped = check({ id: "cluster-ready", title: "The cluster is stopped", result: "fail", message: "Its powerState is Stopped." });
    const planned = driftedReport({ mode: "plan", plan: [step({ outcome: "planned", reason: "it is InitContainers" })] });
    const blocked = driftedReport({ mode: "plan", plan: [step({ outcome: "skipped", reason: "blocked (cluster-ready): it is InitContainers" })], checks: [stopped] });
    expect(renderSummary(summaryInput({ report: planned }))).toContain("Apply would make 1 change:\n\n| Step | Why |");
    const page = renderSummary(summaryInput({ report: blocked }));
    expect(page).toContain("## 📝 Plan for demo-aks: blocked");
    expect(page).toContain("Apply would change nothing: **the cluster is stopped**.");
    expect(page).toContain("| it is InitContainers |");
  });

  it.each(["apply", "plan"] as const)("of %s says what is left alone, and why", (mode) => {
    const restart = step({ id: "restart-workloads", title: "Restart workloads", outcome: "unneeded", reason: "no workload to restart; skipped: DaemonSet shop/agent: its update strategy is OnDelete" });
    const page = renderSummary(summaryInput({ report: report({ mode, plan: [restart] }) }));
    expect(page).toContain("<details><summary>1 step was not needed</summary>");
    expect(page).toContain("| Restart workloads | no workload to restart; skipped: DaemonSet shop/agent: its update strategy is OnDelete |");
  });

  it("draws what took how long once a run takes a minute", () => {
    const switched = step({ startedAt: "2026-05-04T10:00:10.000Z", durationMs: 60_000 });
    const page = renderSummary(summaryInput({ report: report({ status: "changed", plan: [switched] }) }));
    expect(page).toContain("<details><summary>What took 1 min 48 s</summary>");
    expect(page).toContain("```mermaid\ngantt\n  dateFormat X\n  axisFormat %M:%S\n  switch-redirection :10, 70\n  wait for the cluster and verify :70, 108\n```");
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
        expect(page.split("\n")[0]).toMatch(/^## \S+ .*\w$/);
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
    expect(page).toContain("## ❌ demo-aks: failed while switching the redirection mechanism");
    expect(page).toContain("everything but the verdict");
    expect(page).toContain("> [!CAUTION]");
    expectBalanced(page);
  });
});
