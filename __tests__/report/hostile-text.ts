/** Untrusted text for property tests. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { anyCharacter } from "../any-character.ts";

const esc = String.fromCodePoint(0x1b);

/** What the runs of `e2e/hostile-text` are fed. */
const CORPUS = JSON.parse(readFileSync(new URL("../e2e/hostile-corpus.json", import.meta.url), "utf8")) as readonly string[];

/** Pieces that mean something to Markdown, HTML, GitHub, a terminal, the runner, or Unicode. */
const PIECES = [
  // Each piece is one ASCII character.
  ...Array.from("`*_[]()|#<>~!&\\$:@.,;-+=\"'/{}^%? \t\n\r0123456789abcdefXYZ"),
  "```", "~~~", "---", "***", "1. ", "1) ", "- ", "+ ", "# ", "> ", "    ", "| --- |", "\n\n", "\r\n", "  \n",
  "<b>", "</td>", "<!--", "-->", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</details>", "<details>",
  "[x](http://evil.example)", "![x](y)", "[^1]", "<https://evil.example>", "&lt;", "&#64;", "&amp;", "&copy;", "\\", "\\`",
  "http://evil.example/x", "https://", "www.evil.example", "www.1", "evil.example", "ftp://a.b", "mailto:a@b.co", "someone@contoso.com", "xmpp:a@b.co",
  "@octocat", "@org/team", "#123", "GH-123", "gh-1", "owner/repo#1", "owner/repo@deadbeefcafe", "deadbeef", "0123456789abcdef0123456789abcdef01234567", ":tada:", ":+1:", "$x$",
  "::error::x", "::add-mask::x", "##[error]x", "##[group]", "::", "##[", "###[", "\u2028", "\u2029", "\u0085", "\v", "\f", "\u00a0", "\u3000",
  `${esc}[31mred${esc}[0m`, `${esc}]0;title\u0007`, `${esc}]8;;http://evil.example${esc}\\link`, `${esc}]open`, esc, "\u009b1m", "\u0007", "\b", "\0",
  "\u202e", "\u2066", "\u2069", "\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u3164", "\u{e0041}", "\ufe0f", "\ud800", "\udfff", "\ufffe", "\u{1f600}", "é", "例え", "مرحبا",
] as const;

/** Strings of hostile pieces, of any Unicode characters, and of any UTF-16 units. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 1, arbitrary: fc.array(fc.constantFrom(...CORPUS), { maxLength: 4 }).map((pieces) => pieces.join("")) },
  { weight: 4, arbitrary: fc.array(fc.constantFrom(...PIECES), { maxLength: 25 }).map((pieces) => pieces.join("")) },
  fc.string({ unit: anyCharacter, maxLength: 60 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 }).map((units) => String.fromCharCode(...units)),
);
