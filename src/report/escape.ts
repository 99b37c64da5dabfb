/**
 * Escaping of untrusted text from Azure, Kubernetes and inputs: {@link markdown} and {@link code} for job summaries and issues,
 * {@link fenced} for code blocks, {@link plain} for the log. Each removes secrets first, because escaped secrets would not be recognised.
 */
import { withoutSecrets } from "../lib/redaction.ts";
import { number } from "../lib/plural.ts";

const ESCAPE = String.fromCodePoint(0x1b);
const BELL = String.fromCodePoint(0x07);
const C1_CSI = String.fromCodePoint(0x9b);
const C1_TERMINATOR = String.fromCodePoint(0x9c);

/**
 * Terminal sequences (ECMA-48): CSI (colours, cursor), then OSC, DCS, SOS, PM, APC with their payload, then short escapes. A payload is
 * removed only with its terminator: otherwise one stray escape would hide the rest of a message.
 *
 * `util.stripVTControlCharacters` does not replace it: Node 24.21 takes 66 s for 200,000 characters of unterminated OSC sequences
 * (quadratic), removes the first character of the text after one, and keeps the payload of DCS, SOS, PM and APC.
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
 * An empty HTML comment. GitHub links mentions, references and e-mail addresses after it has decoded entities, so entities alone do not
 * prevent links (github/cmark-gfm#181). A comment does, and is not part of copied text.
 */
const LINK_BREAK = "<!-- -->";

/** Placeholder of a {@link LINK_BREAK} while text is escaped. {@link visible} removes this character from text. */
const BREAK_MARK = String.fromCodePoint(0);

/**
 * The visible part of a text on one line: without terminal sequences, control, bidirectional and invisible characters. A run of white
 * space becomes one space; lone surrogates and noncharacters become U+FFFD. Markdown and workflow commands are not escaped.
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

/** How many UTF-16 units of a long text are processed per unit that is shown. */
const READ_AHEAD = 4;

/**
 * UTF-16 units that are processed in addition, so that a secret is recognised although it is cut off. A key in base64 has about 2,500;
 * longer tokens are recognised by their beginning.
 */
const MAX_SECRET = 4096;

/**
 * Up to `limit` UTF-16 units of the visible text, without secrets. If it is longer, an ellipsis and the number of units that were cut
 * follow. Never splits a character.
 */
export function excerpt(text: string, limit: number): string {
  const front = text.slice(0, READ_AHEAD * limit + MAX_SECRET);
  const redacted = withoutSecrets(front);
  const read = truncated(redacted, READ_AHEAD * limit);
  const shown = visible(read);
  const kept = truncated(shown, limit);
  const cut = shown.length - kept.length + redacted.length - read.length + text.length - front.length;
  return cut === 0 ? kept : `${kept}… (${number(cut)} more characters)`;
}

/** As {@link excerpt}, but of the text with its invisible characters, for files. */
export function shortened(text: string, limit: number): string {
  const front = text.slice(0, limit + MAX_SECRET);
  const redacted = withoutSecrets(front);
  const kept = truncated(redacted, limit);
  const cut = redacted.length - kept.length + text.length - front.length;
  return cut === 0 ? kept : `${kept}… (${number(cut)} more characters)`;
}

/** At most the first `limit` units, without half a surrogate pair at the end. */
function truncated(text: string, limit: number): string {
  return text.length <= limit ? text : text.slice(0, limit).replace(/[\uD800-\uDBFF]$/, "");
}

/**
 * ASCII punctuation that may be Markdown structure. Quotes, commas and the like are not. Full stops are only in host names and after a
 * leading number (a list item), slashes only if doubled, a hyphen only at the start.
 */
const STRUCTURE = /[!-&*+<-@[-`{-~]|\.(?=[^\s\d])|(?<=www)\.|(?<=^\d+)[.)]|\/(?=\/)|(?<=\/)\/|^-/gi;

/** Replaces structure by numeric entities. */
function entities(text: string): string {
  return text.replace(STRUCTURE, (character) => `&#${String(character.charCodeAt(0))};`);
}

/** Marks breaks where GitHub would link addresses, mentions, issue references and commits, or insert an emoji. */
function withBreakMarks(text: string): string {
  return text
    .replace(/@|#(?=\d)|\bGH-(?=\d)|:(?=\/\/|(?!\d\d:)[\w+-]+:)|\bwww(?=\.)/gi, `$&${BREAK_MARK}`)
    // GitHub links a commit from seven digits on.
    .replace(/\b[0-9a-f]{7,}\b/gi, (digits) => digits.replace(/.{6}(?=.)/g, `$&${BREAK_MARK}`));
}

/**
 * One line of text without any structure for a job summary or an issue: for paragraphs, list items, table cells, headings and the
 * content of HTML elements, not for attributes. `limit` counts UTF-16 units of the visible text.
 */
export function markdown(text: string, limit = 2000): string {
  return entities(withBreakMarks(excerpt(text, limit))).replaceAll(BREAK_MARK, LINK_BREAK);
}

/**
 * Inline code, also for table cells: a `<code>` element, because backticks cannot be escaped in a table. Copied text is the visible
 * text. Empty if nothing of the text is visible.
 */
export function code(text: string, limit = 1000): string {
  const shown = excerpt(text, limit);
  // GitHub links nothing inside of code, except e-mail addresses, which its parser links before it parses elements.
  return shown === "" ? "" : `<code>${entities(shown).replaceAll("&#64;", `&#64;${LINK_BREAK}`)}</code>`;
}

/** A fenced block of lines, without invisible characters but for a few leading spaces. The fence is longer than any run of backticks inside. */
export function fenced(language: string, lines: readonly string[], limit = 2000): string {
  const body = lines.map((line) => `${/^ {0,8}/.exec(line)?.[0] ?? ""}${excerpt(line, limit)}`).join("\n");
  const longest = Math.max(2, ...Array.from(body.matchAll(/`+/g), (run) => run[0].length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${body}\n${fence}`;
}

/**
 * One line for the log that is no workflow command. The runner takes a line for one if it starts with `::` after white space, or has
 * `##[` anywhere, and ignores invisible characters in both (actions/runner, `ActionCommand.cs`).
 */
export function plain(text: string, limit = 4000): string {
  return excerpt(text, limit)
    .replace(/##(?=\[)/g, "# #")
    .replace(/^::/, ": :");
}
