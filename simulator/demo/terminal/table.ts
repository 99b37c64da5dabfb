/** Tables for a terminal: columns as wide as they need, or as there is room; a record per row where columns would be too narrow. */
import { bold, pad, type TerminalStyle, widthOf, wrap } from "./text.ts";

export interface TerminalCell {
  /** May contain line breaks. */
  readonly text: string;
  readonly align: "left" | "right" | "center";
}

const GAP = "  ";
/** A column of text is not readable below this width; then each row becomes a record. */
const NARROWEST = 12;

/** The lines of a table. A head without text is left out. */
export function renderTable(head: readonly TerminalCell[], rows: readonly (readonly TerminalCell[])[], width: number, style: TerminalStyle): string[] {
  const needs = head.map((cell, column) => Math.max(needOf(cell), ...rows.map((row) => needOf(row[column]))));
  const widths = shareWidth(needs, width - GAP.length * (head.length - 1));
  if (widths.some((each, column) => each < Math.min(NARROWEST, needs[column] ?? 0))) return renderRecords(head, rows, width, style);

  const hasHead = head.some(({ text }) => text !== "");
  const headLines = hasHead ? [...renderRow(head.map((cell) => ({ ...cell, text: bold(cell.text, style) })), widths), widths.map((each) => "─".repeat(each)).join(GAP)] : [];
  const rendered = rows.map((row) => renderRow(row, widths));
  // Where the first column is broken into lines, only air shows where a row starts.
  const isLoose = rows.some((row) => needOf(row[0]) > (widths[0] ?? 0) || row[0]?.text === "");
  return [...headLines, ...rendered.flatMap((lines, index) => (isLoose && index > 0 ? ["", ...lines] : lines))];
}

function needOf(cell: TerminalCell | undefined): number {
  return Math.max(0, ...(cell?.text ?? "").split("\n").map(widthOf));
}

/** Gives each column what it needs; where there is not enough, the wide ones share what the others leave. */
function shareWidth(needs: readonly number[], available: number): number[] {
  const widths = needs.map(() => 0);
  let open = needs.map((_, column) => column);
  let left = available;
  while (open.length > 0) {
    const share = Math.max(1, Math.floor(left / open.length));
    const content = open.filter((column) => (needs[column] ?? 0) <= share);
    const settled = content.length > 0 ? content : open;
    for (const column of settled) {
      widths[column] = Math.min(share, needs[column] ?? 0);
      left -= widths[column];
    }
    open = open.filter((column) => !settled.includes(column));
  }
  return widths;
}

function renderRow(row: readonly TerminalCell[], widths: readonly number[]): string[] {
  const cells = widths.map((width, column) => wrap(row[column]?.text ?? "", Math.max(1, width), true));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    cells.map((lines, column) => pad(lines[line] ?? "", widths[column] ?? 0, row[column]?.align)).join(GAP).trimEnd(),
  );
}

/** Each row as a list of `head: cell`. */
function renderRecords(head: readonly TerminalCell[], rows: readonly (readonly TerminalCell[])[], width: number, style: TerminalStyle): string[] {
  return rows.flatMap((row, index) => {
    const lines = row.flatMap(({ text }, column) => {
      const name = head[column]?.text ?? "";
      if (text === "") return [];
      const [first = "", ...rest] = wrap(`${name === "" ? "" : `${bold(`${name}:`, style)} `}${text.replaceAll("\n", " ")}`, width - 2);
      return [first, ...rest.map((line) => `  ${line}`)];
    });
    return index === 0 ? lines : ["", ...lines];
  });
}
