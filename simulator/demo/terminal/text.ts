/** Text for a terminal: its width in cells, line breaks, and bold. */

/** Whether text may be bold. */
export interface TerminalStyle {
  readonly bold: boolean;
}

const BOLD = { on: "\u001b[1m", off: "\u001b[22m" };
const graphemes = new Intl.Segmenter("en");
/** Characters that a terminal draws over two cells: emoji, and the wide ones of East Asia. */
const WIDE = /\p{Emoji_Presentation}|\uFE0F|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;
/** Control characters, and those that reorder the text around them. A terminal would act on them. */
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The text with a replacement character for each character that a terminal would act on. */
export function harmless(text: string): string {
  return text.replaceAll(CONTROLS, (character) => (character === "\t" ? "  " : "\uFFFD"));
}

/** Makes each word bold by itself, so that lines can be broken between them. */
export function bold(text: string, style: TerminalStyle): string {
  return style.bold ? text.replaceAll(/[^\s]+/g, (word) => `${BOLD.on}${word}${BOLD.off}`) : text;
}

/** The number of cells that a text takes. */
export function widthOf(text: string): number {
  const visible = text.replaceAll(BOLD.on, "").replaceAll(BOLD.off, "");
  let width = 0;
  for (const { segment } of graphemes.segment(visible)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** Breaks a text into lines of at most `width` cells. A word that is longer has a line of its own, or is cut where `cuts`. */
export function wrap(text: string, width: number, cuts = false): string[] {
  return text.split("\n").flatMap((paragraph) => wrapParagraph(paragraph, width, cuts));
}

function wrapParagraph(text: string, width: number, cuts: boolean): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").flatMap((whole) => (cuts ? cut(whole, width) : [whole]))) {
    if (line !== "" && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A word in pieces of at most `width` cells. A bold word loses its form where it is cut. */
function cut(word: string, width: number): string[] {
  if (widthOf(word) <= width) return [word];
  const pieces: string[] = [""];
  for (const { segment } of graphemes.segment(word.replaceAll(BOLD.on, "").replaceAll(BOLD.off, ""))) {
    const last = pieces.at(-1) ?? "";
    if (last !== "" && widthOf(last) + widthOf(segment) > width) pieces.push(segment);
    else pieces[pieces.length - 1] = last + segment;
  }
  return pieces;
}

/** Fills a text with spaces up to a width. */
export function pad(text: string, width: number, align: "left" | "right" | "center" = "left"): string {
  const missing = Math.max(0, width - widthOf(text));
  const before = align === "right" ? missing : align === "center" ? Math.floor(missing / 2) : 0;
  return `${" ".repeat(before)}${text}${" ".repeat(missing - before)}`;
}
