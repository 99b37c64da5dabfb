import fc from "fast-check";
import MarkdownIt from "markdown-it";
import { describe, expect, it } from "vitest";
import { assembleFleet } from "../../../src/actions/fleet-summary/fleet.ts";
import { renderFleet } from "../../../src/actions/fleet-summary/summary.ts";
import { SUMMARY_LIMIT } from "../../../src/report/summary/summary.ts";
import { hostileText } from "../../report/hostile-text.ts";
import { check, driftedReport } from "../../report/samples.ts";
import { fleetReport, idOf, listOf, ranBefore, reads } from "./samples.ts";

const html = (page: string): string => new MarkdownIt({ html: true }).render(page);

describe("the page of a fleet", () => {
  it("is as it should be", () => {
    const page = renderFleet(assembleFleet(reads([fleetReport("a"), fleetReport("b", { status: "changed" })]), undefined, undefined));
    expect(page).toContain("## ✅ Fleet: compliant\n\n2 of 2 clusters are compliant.");
    expect(page).not.toContain("### Drifted");
  });

  it("has no empty headings where there is no cluster", () => {
    expect(renderFleet(assembleFleet(reads([]), listOf([]), undefined))).toBe("## ⚠️ Fleet: empty\n\nThere is no cluster, so none was checked.\n");
    expect(renderFleet(assembleFleet(reads([]), listOf([], { batch: 2, otherBatches: [idOf("a")] }), undefined))).toContain("No cluster is in this batch.");
  });

  it("says that there is nothing to compare with, where a comparison is asked for", () => {
    expect(renderFleet(assembleFleet(reads([fleetReport("a")]), undefined, ranBefore([])), true)).toContain("There is no previous run to compare with");
  });

  it("fits GitHub's limit with 5,000 clusters that all drifted at length, and says what it leaves out", () => {
    const checks = Array.from({ length: 8 }, () => check({ result: "fail", message: "x <".repeat(2000) }));
    const fleet = assembleFleet(reads(Array.from({ length: 5000 }, (_, index) => fleetReport(`c${index}`, driftedReport({ checks })))), undefined, undefined);
    const page = renderFleet(fleet);
    expect(Buffer.byteLength(page)).toBeLessThanOrEqual(SUMMARY_LIMIT);
    expect(page).toContain("5,000 drifted");
    expect(page).toMatch(/Left out to fit GitHub's limit/);
    expect(page).toMatch(/and [\d,]+ more/);
  });

  /** The page of one drifted cluster, one failed, one file, one gap and one that is gone, with the same text everywhere. */
  function pageOf(text: string): string {
    const mesh = { mode: text, revisions: [text], redirectionMechanism: { before: text, after: text } };
    const drifted = fleetReport(text, driftedReport({ checks: [check({ result: "fail", title: text, message: text })], mesh }), `id ${text}`);
    const lost = fleetReport(text, { status: "failed", error: { code: text, doing: text, message: text, remedy: text } }, "");
    const gaps = [{ subscriptionId: text, reason: text }];
    return renderFleet(assembleFleet(reads([drifted, lost], [{ path: text, problem: text, clusterId: "" }]), listOf([], { gaps }), ranBefore([fleetReport(text, {}, idOf("gone"))])));
  }
  const shape = (page: string): string => (html(page).match(/<(?!code>|\/code>|strong>|\/strong>|!--)\/?[a-z]+/g) ?? []).join();

  it("lets no text of a report out of its place", () => {
    const plain = shape(pageOf("a"));
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(shape(pageOf(`a${text}`))).toBe(plain);
      }),
    );
  });
});
