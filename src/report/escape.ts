/**
 * Text from Azure, Kubernetes and inputs is untrusted. Everything the report prints passes through one of these:
 * {@link markdown} and {@link code} for job summaries and issues, {@link fenced} for blocks, {@link plain} for the log. Each cuts out
 * secrets first, while they still look like themselves.
 */
import { withoutSecrets } from "../lib/redaction.ts";
import { number } from "./format.ts";

const ESCAPE = String.fromCodePoint(0x1b);
const BELL = String.fromCodePoint(0x07);
const C1_CSI = String.fromCodePoint(0x9b);
const C1_TERMINATOR = String.fromCodePoint(0x9c);

/**
 * Terminal sequences (ECMA-48): CSI (colours, cursor), then OSC, DCS, SOS, PM, APC with their payload, then short escapes.
 * A payload goes only where its terminator is there: otherwise one stray escape would hide the rest of a message.
 */
const TERMINAL_SEQUENCE = new RegExp(
  [
    `(?:${ESCAPE}\\[|${C1_CSI})[0-?]*[ -/]*[@-~]`,
    `${ESCAPE}[\\]PX^_][^${BELL}${ESCAPE}${C1_TERMINATOR}]*(?:${BELL}|${ESCAPE}\\\\|${C1_TERMINATOR})`,
    `${ESCAPE}[ -/]*[0-~]?`,
  ].join("|"),
  "g",
);

/**
 * An empty HTML comment. GitHub makes links of mentions, references and e-mail addresses after it has decoded entities, so
 * entities alone do not stop it (github/cmark-gfm#181); a comment does, and copied text stays as it was.
 */
const SEAM = "<!-- -->";

/** Stands for a seam while text is escaped; {@link visible} lets none through. */
const SEAM_MARK = String.fromCodePoint(0);

/**
 * What a reader sees of a text, on one line: without terminal sequences, control, bidirectional and invisible characters; white
 * space runs are one space; lone surrogates and noncharacters are U+FFFD. Structure is not escaped: not for printing as it is.
 */
export function visible(text: string): string {
  return text
    .replace(TERMINAL_SEQUENCE, "")
    .replace(/[\p{Cs}\p{Noncharacter_Code_Point}]/gu, "\uFFFD")
    .replace(/\p{White_Space}+/gu, " ")
    .replace(/[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]+/gu, "")
    .replace(/ {2,}/g, " ")
    .trim();
}

/** A text of megabytes is not worth reading to its end where a line of it is shown: so many units are, per unit shown. */
const READ_AHEAD = 4;

/**
 * What is read beyond, so that a secret which begins in what is shown is known for one. UTF-16 units: a key in base64 has some 2,500;
 * longer tokens are known by their beginning.
 */
const LONGEST_SECRET = 4096;

/**
 * Up to `limit` UTF-16 units of the visible text, without secrets; where it is longer, an ellipsis and how many were cut. Never
 * splits a character.
 */
export function excerpt(text: string, limit: number): string {
  const front = text.slice(0, READ_AHEAD * limit + LONGEST_SECRET);
  const told = withoutSecrets(front);
  const read = whole(told, READ_AHEAD * limit);
  const seen = visible(read);
  const kept = whole(seen, limit);
  const cut = seen.length - kept.length + told.length - read.length + text.length - front.length;
  return cut === 0 ? kept : `${kept}… (${number(cut)} more characters)`;
}

/** Up to `limit` UTF-16 units of a text as it is, without secrets, for a file; where it is longer, an ellipsis and how many were cut. */
export function shortened(text: string, limit: number): string {
  const front = text.slice(0, limit + LONGEST_SECRET);
  const told = withoutSecrets(front);
  const kept = whole(told, limit);
  const cut = told.length - kept.length + text.length - front.length;
  return cut === 0 ? kept : `${kept}… (${number(cut)} more characters)`;
}

/** The first `limit` units at most, in whole characters. */
function whole(text: string, limit: number): string {
  return text.length <= limit ? text : text.slice(0, limit).replace(/[\uD800-\uDBFF]$/, "");
}

/**
 * ASCII punctuation where Markdown may take it for structure: all but quotes, commas and the like, which stay readable; full
 * stops only before a name (a host's) and after a leading number (a list's), slashes only where doubled, a hyphen only in front.
 */
const STRUCTURE = /[!-&*+<-@[-`{-~]|\.(?=[^\s\d])|(?<=www)\.|(?<=^\d+)[.)]|\/(?=\/)|(?<=\/)\/|^-/gi;

/** Structure as numeric entities. */
function entities(text: string): string {
  return text.replace(STRUCTURE, (character) => `&#${String(character.charCodeAt(0))};`);
}

/** Puts seams where GitHub would link: addresses, mentions, issue references, commits; and where it would put an emoji. */
function seamed(text: string): string {
  return text
    .replace(/@|#(?=\d)|\bGH-(?=\d)|:(?=\/\/|(?!\d\d:)[\w+-]+:)|\bwww(?=\.)/gi, `$&${SEAM_MARK}`)
    // A commit may be named by seven digits, so no piece may have more than six.
    .replace(/\b[0-9a-f]{7,}\b/gi, (digits) => digits.replace(/.{6}(?=.)/g, `$&${SEAM_MARK}`));
}

/**
 * One line of inert text for a GitHub job summary or the body of an issue: fit for paragraphs, list items, table cells, headings
 * and inside HTML elements (not in attributes). Holds no tag. `limit` counts UTF-16 units of the visible text.
 */
export function markdown(text: string, limit = 2000): string {
  return entities(seamed(excerpt(text, limit))).replaceAll(SEAM_MARK, SEAM);
}

/**
 * Inline code, in table cells too: the `<code>` element rather than backticks, which no amount of escaping makes safe
 * in a table. What is copied from it is the visible text. Empty for text of which nothing is visible.
 */
export function code(text: string, limit = 1000): string {
  const shown = excerpt(text, limit);
  // GitHub links nothing inside code, but its parser links e-mail addresses before it knows of the element.
  return shown === "" ? "" : `<code>${entities(shown).replaceAll("&#64;", `&#64;${SEAM}`)}</code>`;
}

/** A fenced block of lines, verbatim but for invisible characters; the fence is longer than any run of backticks inside. */
export function fenced(language: string, lines: readonly string[], limit = 2000): string {
  const body = lines.map((line) => excerpt(line, limit)).join("\n");
  const longest = Math.max(2, ...Array.from(body.matchAll(/`+/g), (run) => run[0].length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${body}\n${fence}`;
}

/**
 * One line for the log. The runner takes a line for a workflow command when it starts with `::` after white space, or holds `##[`
 * anywhere, and overlooks invisible characters in both (actions/runner, `ActionCommand.cs`); none of that survives.
 */
export function plain(text: string, limit = 4000): string {
  return excerpt(text, limit)
    .replace(/##(?=\[)/g, "# #")
    .replace(/^::/, ": :");
}
