import MarkdownIt from "markdown-it";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { code, excerpt, fenced, markdown, plain, visible } from "../../src/report/escape.ts";
import { hostileText } from "./hostile-text.ts";

const renderer = new MarkdownIt({ html: true, linkify: true });

/** The block tokens of a page, and the text nodes of its first inline content; fails on any inline element but an empty comment. */
function rendered(page: string): { blocks: string[]; nodes: string[] } {
  const blocks: string[] = [];
  const nodes = [""];
  for (const token of renderer.parse(page, {})) {
    blocks.push(token.type);
    for (const child of token.children ?? []) {
      if (child.type === "html_inline" && child.content === "<!-- -->") nodes.push("");
      else if (child.type === "text") nodes.push(`${nodes.pop() ?? ""}${child.content}`);
      else throw new Error(`Markdown structure: ${child.type} ${child.content}`);
    }
  }
  return { blocks, nodes };
}

/** What GitHub makes links or pictures of in rendered text. */
const GITHUB_LINKS = [
  /(?<![\w`])@[a-z0-9]/i,
  /[\w.+-]+@[\w-]/,
  /#\d/,
  /\bgh-\d/i,
  /\b[0-9a-f]{7,40}\b/i,
  /:(?!\d\d:)[\w+-]+:/,
  /:\/\//,
  /\bwww\./i,
];

const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

/** actions/runner, `ActionCommand.cs`: the old syntax anywhere in a line, the new one after white space. */
function isWorkflowCommand(line: string): boolean {
  const old = line.indexOf("##[");
  if (old >= 0) return true;
  return line.replace(/^\s+/, "").startsWith("::");
}

describe("visible text", () => {
  it.each([
    ["newlines of every kind", "a\nb\r\nc\u2028d\u0085e\vf", "a b c d e f"],
    ["colours", "\u001b[1;31mred\u001b[0m", "red"],
    ["a colour in one C1 character", "\u009b31mred", "red"],
    ["a terminal's title", "\u001b]0;owned\u0007ok", "ok"],
    ["a hyperlink", "\u001b]8;;http://evil.example\u001b\\here\u001b]8;;\u001b\\", "here"],
    ["an escape without an end, which hides nothing", "\u001b]0;all of this stays", "0;all of this stays"],
    ["text turned around", "gnp\u202etxt.exe", "gnptxt.exe"],
    ["isolates, joiners, soft hyphens, fillers, tags", "a\u2066b\u200dc\u00add\u3164e\u{e0041}", "abcde"],
    ["half characters", "a\ud800b", "a\ufffdb"],
    ["noncharacters", "a\ufffeb", "a\ufffdb"],
    ["whole characters, which stay", "é \u{1f600} 例え مرحبا", "é \u{1f600} 例え مرحبا"],
  ])("handles %s", (_, text, expected) => {
    expect(visible(text)).toBe(expected);
  });

  it("is one line, holds nothing invisible, and is as visible as can be", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const shown = visible(text);
        expect(shown).not.toMatch(FORBIDDEN);
        expect(visible(shown)).toBe(shown);
      }),
    );
  });

  it("keeps every printable character of ordinary text", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => visible(text) === text.replace(/ +/g, " ").trim()));
  });

  it("takes no longer for hostile megabytes than it must", () => {
    const started = performance.now();
    for (const piece of ["\u001b]", "\u001b[1", "1", ".", "/", "a:", "#1", "\u200b "]) {
      markdown(piece.repeat(100_000), 100_000);
      plain(piece.repeat(500_000));
    }
    expect(performance.now() - started).toBeLessThan(4_000);
  });
});

describe("an excerpt", () => {
  it("says how much is missing", () => {
    expect(excerpt("x".repeat(3000), 1000)).toBe(`${"x".repeat(1000)}… (2,000 more characters)`);
    expect(excerpt("x".repeat(1_000_000), 10)).toBe(`${"x".repeat(10)}… (999,990 more characters)`);
    expect(excerpt(" short\n", 5)).toBe("short");
  });

  it("never splits a character", () => {
    expect(excerpt("\u{1f600}\u{1f600}", 3)).toBe("\u{1f600}… (2 more characters)");
    expect(excerpt("\u{1f600}".repeat(100), 3)).toBe("\u{1f600}… (198 more characters)");
  });
});

describe("text in Markdown", () => {
  it("is a paragraph of exactly the visible text, whatever it was", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const { blocks, nodes } = rendered(markdown(text));
        expect(blocks).toEqual(visible(text) === "" ? [] : ["paragraph_open", "inline", "paragraph_close"]);
        expect(nodes.join("")).toBe(visible(text));
      }),
      { numRuns: 2000 },
    );
  });

  it("mentions nobody, refers to nothing, links nowhere", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        for (const node of rendered(markdown(text)).nodes) {
          for (const link of GITHUB_LINKS) expect(node).not.toMatch(link);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("stays in its table cell, its list item and its heading", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const table = rendered(`| a | b |\n| --- | --- |\n| ${markdown(text)} | ${code(text).replace(/<\/?code>/g, "")} |`);
        expect(table.blocks.filter((type) => type === "td_open")).toHaveLength(2);
        expect(table.blocks.at(-1)).toBe("table_close");
        expect(table.nodes.join("")).toBe(`ab${visible(text)}${visible(text)}`);
        expect(rendered(`- x ${markdown(text)}`).nodes.join("")).toBe(`x ${visible(text)}`.trim());
        expect(rendered(`## x ${markdown(text)}`).nodes.join("")).toBe(`x ${visible(text)}`.trim());
      }),
    );
  });

  it("stays readable where nothing needs escaping", () => {
    const message = "Azure says 'InitContainers' (3 of 4 pods, 10:11:12), e.g. shop/cart-1; see asm-1-27.";
    expect(markdown(message)).toBe(message.replace("e.g.", "e&#46;g."));
  });
});

describe("inline code", () => {
  it("is one code element of exactly the visible text", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const source = code(text);
        if (visible(text) === "") {
          expect(source).toBe("");
          return;
        }
        expect(source.startsWith("<code>") && source.endsWith("</code>")).toBe(true);
        const inside = rendered(`x${source.slice(6, -7)}`).nodes;
        expect(inside.join("")).toBe(`x${visible(text)}`);
        for (const node of inside) expect(node).not.toMatch(/@./);
      }),
    );
  });

  it("leaves resource ids as they are", () => {
    const id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/demo";
    expect(code(id)).toBe(`<code>${id}</code>`);
  });
});

describe("a fenced block", () => {
  it("ends where it should, and holds one line per line", () => {
    fc.assert(
      fc.property(fc.array(hostileText, { minLength: 1, maxLength: 5 }), (lines) => {
        const tokens = renderer.parse(fenced("diff", lines.map((line) => `+ ${line}`)), {});
        expect(tokens.map(({ type }) => type)).toEqual(["fence"]);
        expect(tokens[0]?.content).toBe(`${lines.map((line) => visible(`+ ${line}`)).join("\n")}\n`);
      }),
    );
  });
});

describe("a line of the log", () => {
  it.each(["::error::owned", "  ::add-mask::x", "\u200b::error::x", "text ##[error]x", "#\u200b#[group]x", "\n::set-output name=x::y", "###[debug]", ":\u200b:error::x"])(
    "never is a workflow command: %j",
    (text) => {
      expect(isWorkflowCommand(plain(text))).toBe(false);
    },
  );

  it("never is a workflow command, whatever it was, and is one line", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const line = plain(text);
        expect(isWorkflowCommand(line)).toBe(false);
        expect(line).not.toMatch(FORBIDDEN);
        expect(plain(line)).toBe(line);
      }),
      { numRuns: 2000 },
    );
  });
});
