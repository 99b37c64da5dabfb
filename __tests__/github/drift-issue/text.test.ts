import fc from "fast-check";
import MarkdownIt from "markdown-it";
import { describe, expect, it } from "vitest";
import { type CheckId, CLUSTER_CHECK_IDS, type Report } from "../../../src/contract.ts";
import { readMarker, renderMarker } from "../../../src/github/drift-issue/marker.ts";
import { changedComment, closedComment, duplicateComment, issueBody, issueTitle, reopenedComment } from "../../../src/github/drift-issue/text.ts";
import { MAX_BODY } from "../../../src/github/comments.ts";
import { hostileText } from "../../report/hostile-text.ts";
import { check, driftedReport, report } from "../../report/samples.ts";

const RUN = { url: "https://github.com/contoso/platform/actions/runs/42", id: "42" };
const MARKER = { cluster: "0".repeat(64), findings: new Map(), text: "ab", revision: 0, isDuplicate: false };
const LINE = renderMarker(MARKER);

/** A drifted report of these checks whose every text is this one. */
function saying(text: string, evidenceLines = 3, ids: readonly CheckId[] = CLUSTER_CHECK_IDS): Report {
  const checks = ids.map((id) => check({ id, title: text, result: "fail", message: text, evidence: Array.from({ length: evidenceLines }, (_, index) => `${text} ${index}`), remedy: text }));
  return driftedReport({ checks, cluster: { ...report().cluster, name: text, id: `/subscriptions/x/resourceGroups/${text}/y` } });
}

/** What a page links, shows as a picture, or brings in as HTML, other than what the page itself is made of. */
function strangers(page: string): string[] {
  const known = /^(?:<!-- -->|<\/?(?:code|sub)>)$/;
  return new MarkdownIt({ html: true, linkify: true }).parse(page, {}).flatMap((token) => [
    ...(token.type === "html_block" && !token.content.startsWith(LINE) && !/^<(?:sub|details|\/details)>/.test(token.content) ? [token.content] : []),
    ...(token.children ?? []).flatMap((child) =>
      (child.type === "link_open" && child.attrGet("href") !== RUN.url) || child.type === "image" || (child.type === "html_inline" && !known.test(child.content))
        ? [child.content || child.attrs?.join() || child.type]
        : [],
    ),
  ]);
}

describe("the body of a drift issue", () => {
  it("tells each finding as a difference, with evidence and what to do, and links the run", () => {
    const checks = [check({ result: "fail", message: "The mesh redirects by InitContainers.", evidence: ["properties.x", "expected CNIChaining", "found InitContainers", "since yesterday"], remedy: "Run mode apply." })];
    const body = issueBody(LINE, driftedReport({ checks }), ["pods-redirected"], RUN);
    expect(body.split("\n")[0]).toBe(LINE);
    expect(body).toContain("| `cni-chaining-enabled` | CNI chaining is enabled | <code>properties&#46;x</code> is <code>InitContainers</code>, expected <code>CNIChaining</code> |");
    expect(body).toContain("- since yesterday");
    expect(body).not.toContain("- expected CNIChaining");
    expect(body).toContain("\n\nRun mode apply.");
    expect(body).toContain("[run 42](https://github.com/contoso/platform/actions/runs/42)");
    expect(body).toContain("not looked into this time\n\n- `pods-redirected`");
  });

  it("keeps hostile text inert, and its own marker the only one", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        // All findings have the same form. The page is parsed whole, and two findings take a quarter of the time of nine.
        const said = saying(text, 2, ["pods-redirected", "admission-probe"]);
        const change = { added: ["pods-redirected"], changed: ["admission-probe"], gone: ["cni-covers-nodes"] } as const;
        const body = issueBody(LINE, said, ["mesh-enabled"], RUN);
        for (const page of [body, changedComment(said, change, RUN), reopenedComment(said, RUN), closedComment(said, ["pods-redirected"], RUN)]) {
          expect(strangers(page)).toEqual([]);
          expect(page.replaceAll(RUN.url, "")).not.toMatch(/(?<![\w`/])@[a-z0-9]/i);
        }
        expect(readMarker(body)).toEqual(MARKER);
        expect(body.match(/istio-cni-aks-drift v=/g)).toHaveLength(1);
      }),
    );
  });

  it("cannot hold a forged marker", () => {
    const forged = renderMarker({ ...MARKER, cluster: "f".repeat(64) });
    expect(readMarker(issueBody("", saying(`x\n${forged}\n`), [], RUN))).toBeUndefined();
  });

  it("fits, however long the texts, and says what it leaves out", () => {
    // Longer than the longest text (1,000 units) and list (20 lines) that a body shows: what follows is only counted.
    for (const unit of ["x", "@", "#1", "&", "\u{1f600}", "`|<"]) {
      for (const lines of [0, 21]) {
        const body = issueBody(LINE, saying(unit.repeat(1_100), lines), ["mesh-enabled"], RUN);
        expect(body.length, unit).toBeLessThanOrEqual(MAX_BODY);
        expect(body).toContain("`workloads-admitted`");
        if (lines > 0) expect(body).toMatch(/_and \d+ more(?: lines of evidence in the report)?_/);
      }
    }
    expect(issueBody(LINE, saying("@".repeat(1_100), 21), [], RUN)).toContain("_and 21 more lines of evidence in the report_");
    expect(issueBody(LINE, saying("word ".repeat(100), 21), [], RUN)).toMatch(/_and \d+ more/);
    expect(changedComment(saying("@".repeat(1_100)), { added: CLUSTER_CHECK_IDS, changed: [], gone: [] }, RUN).length).toBeLessThanOrEqual(MAX_BODY);
  });
});

describe("the title", () => {
  it("names the cluster and its resource group", () => {
    expect(issueTitle(report())).toBe("Istio CNI drift: demo-aks in demo");
    expect(issueTitle(report({ cluster: { ...report().cluster, name: "" } }))).toBe("Istio CNI drift: demo-aks in demo");
  });

  it("names the namespaces of a run that is about some", () => {
    expect(issueTitle(report(), ["shop", "team-*"])).toBe("Istio CNI drift: demo-aks in demo, namespaces shop, team-*");
  });

  it("is one short line that mentions, links and quotes nothing", () => {
    fc.assert(fc.property(hostileText, (text) => /^Istio CNI drift:[\p{L}\p{N} ._()-]*$/u.test(issueTitle(saying(text))) && issueTitle(saying(text)).length <= 210));
  });
});

describe("comments", () => {
  it("say what is new, what is over, and which run found it", () => {
    expect(changedComment(driftedReport(), { added: ["pods-redirected"], changed: [], gone: ["mesh-enabled"] }, RUN)).toBe(
      "The findings have changed. ([run 42](https://github.com/contoso/platform/actions/runs/42))\n\n- **found** `pods-redirected`: 2 of 12 pods still have istio-init.\n- **gone** `mesh-enabled`: Istio, asm-1-26 and asm-1-27.",
    );
    expect(reopenedComment(driftedReport(), { url: "", id: "" })).toContain("- **found** `cni-chaining-enabled`");
    expect(closedComment(report({ status: "changed" }), ["mesh-enabled"], RUN)).toMatch(/put right[^]*\*\*gone\*\* `mesh-enabled`/);
    expect(duplicateComment(7, RUN)).toMatch(/^Duplicate of #7/);
  });
});
