import { describe, expect, it } from "vitest";
import { renderMarkdown, terminalOf } from "../../../simulator/demo/terminal/render-markdown.ts";
import { widthOf } from "../../../simulator/demo/terminal/text.ts";

const ESC = "\u001b";
const render = (markdown: string, width = 40): string => renderMarkdown(markdown, { width, bold: false });

describe("a page in a terminal", () => {
  it.each([
    ["a title", "## ✅ aks-prod: on", "✅ aks-prod: on\n═══════════════"],
    ["a subtitle", "### What to do", "What to do\n──────────"],
    ["a small heading", "#### CNI agent", "CNI agent"],
    ["entities and comments", "NET&#95;ADMIN in 2b6089<!-- -->d225 &#34;pod&#34; &amp;c", 'NET_ADMIN in 2b6089d225 "pod" &c'],
    ["bold and code", "**11 of 11** pods, `asm-1-30`, <strong><code>CNIChaining</code></strong>", "11 of 11 pods, asm-1-30, CNIChaining"],
    ["a long paragraph", "The mesh redirects by init containers. Running pods still work.", "The mesh redirects by init containers.\nRunning pods still work."],
    ["a line break", "first<br>second", "first\nsecond"],
    ["a link", "[the run](https://github.com/contoso/run/1)", "the run\n(https://github.com/contoso/run/1)"],
    ["an address", "see https://example.com/a", "see https://example.com/a"],
    ["a long address, which stays whole", `see https://example.com/${"a".repeat(40)}`, `see\nhttps://example.com/${"a".repeat(40)}`],
    ["commands, to copy", "```sh\nkubectl -n shop \\\n  rollout restart deployment storefront --and-a-long-option\n```", "    kubectl -n shop \\\n      rollout restart deployment storefront --and-a-long-option"],
    ["a list with long items", "- Deployment shop/storefront has no pods at all\n- short", "- Deployment shop/storefront has no pods\n  at all\n- short"],
    ["a numbered list", "3. one\n4. two", "3. one\n4. two"],
    ["an alert", "> [!WARNING]\n> Not switched.\n>\n> Start it.", "│ Warning\n│ Not switched.\n│\n│ Start it."],
    ["an alert in paragraphs", "> [!NOTE]\n>\n> text", "│ Note\n│ text"],
    ["a quotation", "> [!OTHER]\n> text", "│ [!OTHER] text"],
    ["a folded section, unfolded", "<details><summary>3 <b>passed</b> &amp; more</summary>\n\n- one\n\n</details>\n\nafter", "▼ 3 passed & more\n\n  - one\n\nafter"],
    ["folds without a line between", "<details><summary>a</summary>\n\none\n\n</details>\n<details><summary>b</summary>\n\ntwo\n\n</details>", "▼ a\n\n  one\n\n▼ b\n\n  two"],
    ["a diagram", "```mermaid\ngantt\n```", "(a diagram, which GitHub draws)"],
  ])("shows %s", (_, markdown, text) => {
    expect(render(markdown)).toBe(text);
  });

  it("aligns the columns of a table, wide characters too, and numbers to the right", () => {
    expect(render("| Status | Clusters |\n| :-- | --: |\n| ✅ compliant | 41 |\n| ⚠️ drifted | 6 |")).toBe(
      ["Status        Clusters", "────────────  ────────", "✅ compliant        41", "⚠️ drifted           6"].join("\n"),
    );
  });

  it("leaves out a head without text", () => {
    expect(render("|  |  |\n| :-- | :-- |\n| State | Running |")).toBe("State  Running");
  });

  it("breaks long cells, and gives the room that short columns leave to the long ones", () => {
    const lines = render("| Check | Finding |\n| :-- | :-- |\n| Cluster is ready | The cluster is Running and its last operation succeeded |").split("\n");
    expect(lines[2]).toBe("Cluster is ready  The cluster is Running");
    expect(lines.slice(3).map((line) => line.trim()).join(" ")).toBe("and its last operation succeeded");
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(40);
  });

  it("shows a table of too many columns as a record for each row", () => {
    const columns = Array.from({ length: 6 }, (_, index) => `column ${index}`);
    const cells = columns.map((name) => `the value of ${name}`);
    const text = render([columns, columns.map(() => "--"), cells].map((row) => `| ${row.join(" | ")} |`).join("\n"));
    expect(text.split("\n").slice(0, 2)).toEqual(["column 0: the value of column 0", "column 1: the value of column 1"]);
  });

  it("does not let a text act on the terminal", () => {
    const hostile = `${ESC}[2J${ESC}]0;title\u0007 \u202egnp.exe \u009b31m`;
    const markdown = `# ${hostile}\n\n${hostile} \`${hostile}\` &#27;[1m\n\n\`\`\`\n${hostile}\n\`\`\`\n\n| a |\n| - |\n| ${hostile} |\n\n<details><summary>${hostile}</summary>\n\n${hostile}\n\n</details>`;
    expect(render(markdown)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  });

  it("is bold where it may be, word by word, so that lines can be broken", () => {
    const bold = renderMarkdown("**eleven pods** run", { width: 12, bold: true });
    expect(bold).toBe(`${ESC}[1meleven${ESC}[22m ${ESC}[1mpods${ESC}[22m\nrun`);
  });
});

describe("the terminal", () => {
  it.each([
    ["of 95 columns", { isTTY: true, columns: 95 }, {}, { width: 95, bold: true }],
    ["that is narrow", { isTTY: true, columns: 40 }, {}, { width: 80, bold: true }],
    ["that is wide", { isTTY: true, columns: 300 }, {}, { width: 120, bold: true }],
    ["with NO_COLOR", { isTTY: true, columns: 95 }, { NO_COLOR: "1" }, { width: 95, bold: false }],
    ["with an empty NO_COLOR, which does not count", { isTTY: true, columns: 95 }, { NO_COLOR: "" }, { width: 95, bold: true }],
    ["that is a file", {}, {}, { width: 100, bold: false }],
  ])("%s", (_, stream, env, expected) => {
    expect(terminalOf(stream, env)).toEqual(expected);
  });
});
