import { describe, expect, it } from "vitest";
import { firstHeadline } from "../../../simulator/demo/document.ts";
import { galleryIndex } from "../../../simulator/demo/gallery-index.ts";
import { renderPage } from "../../../simulator/demo/html-page.ts";
import { postedTexts } from "../../../simulator/demo/posted-texts.ts";
import type { Issue } from "../../../simulator/index.ts";

const HOSTILE = `"><script>alert('1')</script>&lt;img src=x onerror=alert(2)>`;

describe("a page", () => {
  it("has GitHub's stylesheet for light and dark, and takes no script and nothing from elsewhere", () => {
    const page = renderPage("check", "# Title");
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`);
    expect(page).toContain(".markdown-body");
    expect(page).toContain("prefers-color-scheme: dark");
    expect(page).not.toMatch(/<(?:script|link|img)\b/);
    expect(page).not.toMatch(/@import|url\((?!["']?data:)/);
  });

  it("shows alerts as GitHub does, and other quotations as such", () => {
    expect(renderPage("", "> [!CAUTION]\n> Not switched.")).toContain(`<div class="markdown-alert markdown-alert-caution">\n<p class="markdown-alert-title">Caution</p>\n<p>Not switched.</p>\n</div>`);
    expect(renderPage("", "> [!OTHER]\n> text")).toContain("<blockquote>");
  });

  it("has a title that stays text", () => {
    expect(renderPage(HOSTILE, "text")).not.toContain("<script>");
  });
});

describe("the first headline", () => {
  it.each([
    ["of a page", "text\n\n## ⚠️ aks&#45;prod: **switched** off\n\n# other", "⚠️ aks-prod: switched off"],
    ["of a page without headings", "\n\nNothing `was` found.", "Nothing was found."],
    ["of HTML", "# <b>a</b> &lt;script&gt;", "a <script>"],
    ["of an empty page", "", ""],
  ])("%s", (_, markdown, headline) => {
    expect(firstHeadline(markdown)).toBe(headline);
  });
});

describe("the gallery's index", () => {
  const page = { file: "fresh-check.html", name: "check", end: "drifted, exit code 1", headline: "⚠️ demo: drifted", isSurprise: false };

  it("links each page, with how the run ended and what the page says first", () => {
    const index = galleryIndex([{ name: "fresh", description: "AKS Automatic", pages: [page] }], "1 page.");
    expect(index).toContain(`<h2 id="fresh">fresh</h2>\n<p>AKS Automatic</p>`);
    expect(index).toContain(`<a href="fresh-check.html">check</a> · drifted, exit code 1<br>⚠️ demo: drifted`);
    expect(index).not.toContain("not expected");
  });

  it("says which end was not expected", () => {
    const index = galleryIndex([{ name: "fresh", description: "", pages: [{ ...page, isSurprise: true }] }], "");
    expect(index).toContain("exit code 1 · <strong>not expected</strong>");
  });

  it("keeps hostile text as text, everywhere", () => {
    const hostile = { file: HOSTILE, name: HOSTILE, end: HOSTILE, headline: HOSTILE, isSurprise: false };
    const index = galleryIndex([{ name: HOSTILE, description: HOSTILE, pages: [hostile] }], HOSTILE);
    expect(index).not.toMatch(/<(?:script|img)\b/);
    expect(index.match(/&lt;script&gt;/g)?.length, "all texts that are shown, and the section's anchor").toBe(7);
    expect(index).toContain(`<a href="%22%3E%3Cscript%3E`);
  });
});

describe("what GitHub holds after a run", () => {
  const issue: Issue = { number: 1, title: "Drift", body: "drifted", state: "open", stateReason: null, author: "bot", labels: ["istio-cni-drift"], locked: false, comments: [], createdAt: 0, updatedAt: 0, isPullRequest: false };
  const comment = { id: 5, author: "github-actions[bot]", body: "Plan", createdAt: 0 };

  it("is each issue with its comments, and the comments on pull requests without the pull request", () => {
    const texts = postedTexts([{ ...issue, comments: [{ ...comment, body: "mended" }] }, { ...issue, number: 7, isPullRequest: true, body: "by a person", comments: [comment] }]);
    expect(texts).toEqual([
      { name: "issue-1", title: "Issue #1 (open, istio-cni-drift): Drift", markdown: "drifted" },
      { name: "issue-1-comment-1", title: "Comment of github-actions[bot] on issue #1", markdown: "mended" },
      { name: "pull-request-7-comment-1", title: "Comment of github-actions[bot] on pull request #7", markdown: "Plan" },
    ]);
  });

  it("is nothing where nothing was posted", () => {
    expect(postedTexts([])).toEqual([]);
  });
});
