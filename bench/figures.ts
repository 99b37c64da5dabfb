/** What the benchmark finds, and how it is shown: one line a figure, with its baseline, ratio, spread and budget. */

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the value is held against, measured in the same run. */
  readonly baseline?: { readonly name: string; readonly value: number };
  /** How far apart the runs were. */
  readonly spread?: string;
  readonly budget?: { readonly text: string; readonly met: boolean };
}

/** What a part of the benchmark found. */
export interface Findings {
  readonly part: string;
  readonly title: string;
  readonly figures: readonly Figure[];
  /** Further lines: a breakdown, a timeline. */
  readonly details: readonly string[];
}

/** Numbers with as many digits as mean something. */
function shown(value: number, unit: string): string {
  const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}${unit === "" ? "" : ` ${unit}`}`;
}

/** The value in units of its baseline, as text; empty where there is none. */
export function ratio({ value, baseline }: Figure): string {
  return baseline === undefined || baseline.value === 0 ? "" : `${(value / baseline.value).toFixed(2)}x`;
}

/** A Markdown table, aligned so that it reads well as plain text too. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width)).join(" | ")} |`;
  return [line(header), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rows.map(line)].join("\n");
}

/** A part's figures as a table, and its details below. */
export function render({ title, figures, details }: Findings): string {
  const rows = figures.map((figure) => [
    figure.name,
    shown(figure.value, figure.unit),
    figure.baseline === undefined ? "" : `${shown(figure.baseline.value, figure.unit)} (${figure.baseline.name})`,
    ratio(figure),
    figure.spread ?? "",
    figure.budget?.text ?? "",
    figure.budget === undefined ? "" : figure.budget.met ? "met" : "MISSED",
  ]);
  const below = details.length === 0 ? "" : `\n\n\`\`\`text\n${details.join("\n")}\n\`\`\``;
  return `## ${title}\n\n${table(["figure", "measured", "baseline", "ratio", "spread", "budget", ""], rows)}${below}\n`;
}
