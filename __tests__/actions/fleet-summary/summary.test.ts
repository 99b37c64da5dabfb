/** The page of a fleet. */
import fc from "fast-check";
import MarkdownIt from "markdown-it";
import { describe, expect, it } from "vitest";
import type { FleetReport } from "../../../src/actions/fleet-summary/decode-report.ts";
import { assembleFleet } from "../../../src/actions/fleet-summary/fleet.ts";
import type { Report } from "../../../src/contract.ts";
import { SUMMARY_LIMIT } from "../../../src/report/summary/summary.ts";
import { hostileText } from "../../report/hostile-text.ts";
import { check, driftedReport } from "../../report/samples.ts";
import { fleetReport, idOf, listOf, pageOf, ranBefore, reads } from "./samples.ts";

const html = (page: string): string => new MarkdownIt({ html: true }).render(page);
const counts = (pods: number, agents: number): Pick<Report, "counts"> => ({ counts: { after: { podsInMesh: pods, podsRedirected: pods, agentsReady: agents, agentsDesired: agents } } });
const drifted = (name: string, overrides: Partial<Report> = {}): FleetReport => fleetReport(name, driftedReport(overrides));
const unfolded = (page: string): string => page.replace(/<details>[\s\S]*?<\/details>/g, "");

describe("the page of a healthy fleet", () => {
  const reports = Array.from({ length: 50 }, (_, index) => fleetReport(`aks-${index}`, counts(8, 5)));
  const fleet = assembleFleet(reads(reports), undefined, ranBefore(reports));
  const history = [1, 2].map((at) => ({ at, compliant: 50, drifted: 0, notChecked: 0, vanished: 0 }));
  const page = pageOf(fleet, { comparing: true, history, subscriptionNames: new Map([["11111111-2222-3333-4444-555555555555", "contoso-prod"]]) });

  it("is a headline, the proof in numbers, and what changed: everything else is folded", () => {
    expect(unfolded(page).trim().split(/\n+/)).toEqual([
      "## ✅ Fleet: all 50 clusters compliant",
      "**400 of 400 pods** in the mesh are redirected by the CNI agent, which is ready on 250 of 250 nodes.",
      "Nothing changed since 4 May 10:01 UTC, the previous run.",
    ]);
  });

  it("has the names of the subscriptions and all clusters folded, and no trend", () => {
    expect(page).toContain("<summary>1 subscription</summary>");
    expect(page).toContain("| contoso-prod<br><sub>111111");
    expect(page).toContain("<summary>All 50 clusters, with pods and agents</summary>");
    expect(page).toContain("| ✅ compliant<br>8 of 8 pods, 5 of 5 agents |");
    expect(page).not.toContain("The last 2 runs");
  });
});

describe("the headline", () => {
  const list = (...names: readonly string[]): ReturnType<typeof listOf> => listOf(names.map((name) => idOf(name)));
  const gaps = [{ subscriptionId: "s", reason: "403", remedy: "" }, { subscriptionId: "s", reason: "an entry without an ID", remedy: "" }];
  const failed = fleetReport("f", { status: "failed" });
  it.each([
    ["one cluster", assembleFleet(reads([fleetReport("a")]), undefined, undefined), "✅ Fleet: 1 cluster compliant"],
    ["drift", assembleFleet(reads([fleetReport("a"), drifted("b")]), undefined, undefined), "⚠️ Fleet: 1 of 2 clusters drifted"],
    ["all that can be wrong", assembleFleet(reads([fleetReport("a"), drifted("b"), failed]), { ...list("a", "b", "f"), gaps }, ranBefore([fleetReport("gone")], list("gone"))), "⚠️ Fleet: 1 of 3 clusters drifted, 1 not checked, 1 vanished, 1 subscription not listed"],
    ["what could not be checked", assembleFleet(reads([fleetReport("a"), failed]), list("a", "f", "lost"), undefined), "❓ Fleet: 2 of 3 clusters not checked"],
    ["what vanished", assembleFleet(reads([fleetReport("a"), drifted("b")]), list("a", "b"), ranBefore([fleetReport("gone")])), "⚠️ Fleet: 1 of 2 clusters drifted, 1 vanished"],
    ["nothing but what vanished", assembleFleet(reads([fleetReport("a")]), list("a"), ranBefore([fleetReport("gone")])), "❓ Fleet: 1 cluster vanished, 1 compliant"],
    ["no cluster", assembleFleet(reads([]), list(), undefined), "⚠️ Fleet: no cluster was checked"],
    ["an empty batch", assembleFleet(reads([]), listOf([], { batch: 2, otherBatches: [idOf("a")] }), undefined), "⚠️ Fleet: no cluster is in this batch"],
  ])("says the verdict in words: %s", (_, fleet, headline) => {
    expect(pageOf(fleet).split("\n")[0]).toBe(`## ${headline}`);
  });
});

describe("the page of a fleet with findings", () => {
  const off = check({ result: "fail", title: "CNI chaining is off", message: "The mesh redirects by InitContainers." });
  const command = (name: string): string => `az aks mesh proxy-redirection-mechanism --mechanism CNIChaining --resource-group rg --name ${name} --subscription 11111111-2222-3333-4444-555555555555`;
  const by = (name: string, author: string, job: number): FleetReport =>
    drifted(name, {
      checks: [off],
      diagnosis: [{ cause: off.id, consequences: [], message: off.message, remedy: "Run this action with mode: apply, or switch it yourself:", commands: [command(name)] }],
      lastWrites: [{ at: `2026-11-26T02:${job}:00Z`, by: author, application: "", operation: "", status: "Succeeded", correlationId: "" }],
      counts: { after: { podsInMesh: 9, podsRedirected: 2, agentsReady: 0, agentsDesired: 0 } },
      run: { url: `https://github.com/contoso/platform/actions/runs/42/job/${job}` },
    });
  const fleet = assembleFleet(
    reads([by("aks-1", "terraform-prod", 10), by("aks-2", "terraform-prod", 40), by("aks-3", "An Operator", 20), fleetReport("aks-4", counts(8, 5)), fleetReport("aks-5")]),
    undefined,
    ranBefore([fleetReport("aks-1"), drifted("aks-2"), drifted("aks-3"), drifted("aks-4"), fleetReport("aks-9")]),
  );
  const history = [10, 11].map((day) => ({ at: Date.UTC(2026, 4, day), compliant: 3, drifted: 1, notChecked: 0, vanished: 0 }));
  const page = pageOf(fleet, { history, links: { run: "https://github.com/contoso/platform/actions/runs/42", azureEnvironment: "AzureCloud" } });
  const order = (...texts: readonly string[]): readonly number[] => texts.map((text) => page.indexOf(text));

  it("has first what changed, then the causes, then the numbers, then everything else", () => {
    const places = order("### Since 4 May 10:01 UTC, the previous run", "### ⚠️ 2 clusters drifted: CNI chaining is off", "### ⚠️ 1 cluster drifted: CNI chaining is off", "### By subscription", "<summary>All 5 clusters", "<summary>The last 2 runs");
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
  });

  it("says what drifted, what is gone and why, what was repaired, and what still drifts", () => {
    for (const text of ["- **1 drifted:** [<code>aks-1</code>](", "- **1 is gone from the list:** [<code>aks-9</code>](https://portal.azure.com/", "- **1 was repaired:** [<code>aks-4</code>](https://portal", "- 2 drifted before and still do."]) {
      expect(page).toContain(text.replace("[<code>aks-4</code>](https://portal", "<code>aks-4</code> ([portal](https://portal"));
    }
  });

  it("has the clusters of each cause with their jobs and portal pages, who wrote them last, and what to do", () => {
    expect(page).toContain("Last written by terraform-prod, 26 Nov 02:<!-- -->10-02:40 UTC.");
    expect(page).toContain("[<code>aks-2</code>](https://github.com/contoso/platform/actions/runs/42/job/40) ([portal](https://portal.azure.com/#@/resource/subscriptions/");
    expect(page).toContain("**What to do:** Run this action with mode: apply, or switch it yourself.\n\n```sh\nwhile read");
    expect(page).toContain("**What to do:** as above.\n\n```sh\naz aks mesh");
  });

  it("says no sentence twice", () => {
    const sentences = page.replace(/```[\s\S]*?```/g, "").split(/\n|(?<=\.) /).map((text) => text.trim()).filter((text) => text.split(" ").length > 3 && !text.startsWith("|"));
    expect(sentences.filter((text, index) => sentences.indexOf(text) !== index)).toEqual([]);
  });

  it("has no cell of an icon alone, and no empty header", () => {
    for (const row of page.split("\n").filter((line) => line.startsWith("|"))) {
      for (const cell of row.split("|").slice(1, -1)) expect(cell, row).toMatch(/[\w:]/);
    }
  });

  it("sorts all clusters by what is worst, and says where pods and agents were not counted", () => {
    const rows = page.slice(page.indexOf("<summary>All 5")).split("\n").filter((line) => line.startsWith("| ") && line.includes("aks-"));
    expect(rows.map((row) => row.replace(/<sub>.*?<\/sub>|\]\([^)]*\)|[[\]]/g, ""))).toEqual([
      "| <code>aks-1</code><br> | ⚠️ drifted<br>2 of 9 pods, no agent |",
      "| <code>aks-2</code><br> | ⚠️ drifted<br>2 of 9 pods, no agent |",
      "| <code>aks-3</code><br> | ⚠️ drifted<br>2 of 9 pods, no agent |",
      "| <code>aks-4</code><br> | ✅ compliant<br>8 of 8 pods, 5 of 5 agents |",
      "| <code>aks-5</code><br> | ✅ compliant<br>pods and agents not known |",
    ]);
  });
});

describe("the page of a fleet", () => {
  it("says that there is nothing to compare with, where a comparison is asked for", () => {
    expect(pageOf(assembleFleet(reads([fleetReport("a")]), undefined, ranBefore([])), { comparing: true })).toContain("There is no previous run to compare with");
  });

  it("fits GitHub's limit with 5,000 clusters that all drifted at length, and says what it leaves out", () => {
    const long = "<".repeat(200);
    const mesh = { ...driftedReport().mesh, revisions: [long, long, long] };
    const many = (message: (index: number) => string): readonly FleetReport[] => Array.from({ length: 5000 }, (_, index) => drifted(`c${index}`, { mesh, checks: [check({ result: "fail", message: message(index) })] }));
    const reports = many((index) => `${index} ${"x <".repeat(2000)}`);
    const ofOneCause = many(() => "Azure says InitContainers.");
    for (const all of [reports, ofOneCause]) {
      const page = pageOf(assembleFleet(reads(all), undefined, undefined));
      expect(Buffer.byteLength(page)).toBeLessThanOrEqual(SUMMARY_LIMIT);
      expect(page).toContain("5,000 of 5,000 clusters drifted");
      expect(page).toMatch(/Left out to fit GitHub's limit/);
      expect(page).toMatch(/and [\d,]+ more/);
    }
  });

  /** The page of one drifted cluster, one failed, one file, one gap and one that is gone, with the same text everywhere. */
  function pageWith(text: string): string {
    const mesh = { mode: text, revisions: [text], redirectionMechanism: { before: text, after: text } };
    const found = check({ result: "fail", title: text, message: text });
    const diagnosis = [{ cause: found.id, consequences: [], message: text, remedy: text, commands: [text] }];
    const lastWrites = [{ at: "2026-11-26T02:14:00Z", by: text, application: text, operation: text, status: text, correlationId: text }];
    const run = { url: `https://github.com/contoso/platform/actions/runs/42/job/7${text}` };
    const named = fleetReport(text, driftedReport({ checks: [found], mesh, diagnosis, lastWrites, run }), `id ${text}`);
    const lost = fleetReport(text, { status: "failed", error: { code: text, doing: text, message: text, remedy: text } }, "");
    const skipped = check({ id: "injector-configured", result: "skip", title: text, message: text });
    const unchecked = fleetReport(text, { status: "unverified", checks: [skipped], diagnosis: [{ cause: skipped.id, consequences: [], message: `the identity ${text}`, remedy: text, commands: [] }], missingRights: [{ action: text, scope: text, role: text }] }, `other ${text}`);
    const expected = listOf([], { gaps: [{ subscriptionId: text, reason: text, remedy: text }] });
    const fleet = assembleFleet(reads([named, lost, unchecked], [{ path: text, problem: text, clusterId: "" }]), expected, ranBefore([fleetReport(text, {}, idOf("gone"))]));
    return pageOf(fleet, { subscriptionNames: new Map([["", text], [text.toLowerCase(), text]]), links: { run: "https://github.com/contoso/platform/actions/runs/42", azureEnvironment: text } });
  }
  const shape = (page: string): string => (html(page).match(/<(?!code>|\/code>|strong>|\/strong>|!--)\/?[a-z]+/g) ?? []).join();

  it("lets no text of a report out of its place", () => {
    const plain = shape(pageWith("a").replace(/\[(<code>a<\/code>)\]\([^)]*\)/g, "$1"));
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(shape(pageWith(`a${text}`))).toBe(plain);
      }),
    );
  });
});
