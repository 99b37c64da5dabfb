/** The results of the benchmark as Markdown: one line per figure, with baseline, ratio, spread and budget. */

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The value for comparison, measured in the same run. */
  readonly baseline?: { readonly name: string; readonly value: number };
  /** The spread of the samples. */
  readonly spread?: string;
  readonly budget?: { readonly text: string; readonly met: boolean };
}

/** The results of a part of the benchmark. */
export interface PartResults {
  readonly part: string;
  readonly title: string;
  readonly figures: readonly Figure[];
  /** Further lines, such as a breakdown or a timeline. */
  readonly details: readonly string[];
}

/** A number with its significant digits and its unit. */
function formatNumber(value: number, unit: string): string {
  const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}${unit === "" ? "" : ` ${unit}`}`;
}

/** The value divided by its baseline, as text; "" without a baseline. */
export function ratio({ value, baseline }: Figure): string {
  return baseline === undefined || baseline.value === 0 ? "" : `${(value / baseline.value).toFixed(2)}x`;
}

/** A Markdown table, aligned so that it is readable as plain text as well. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width)).join(" | ")} |`;
  return [line(header), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rows.map(line)].join("\n");
}

/** A part's figures as a table, and its details below. */
export function render({ title, figures, details }: PartResults): string {
  const rows = figures.map((figure) => [
    figure.name,
    formatNumber(figure.value, figure.unit),
    figure.baseline === undefined ? "" : `${formatNumber(figure.baseline.value, figure.unit)} (${figure.baseline.name})`,
    ratio(figure),
    figure.spread ?? "",
    figure.budget?.text ?? "",
    figure.budget === undefined ? "" : figure.budget.met ? "met" : "MISSED",
  ]);
  const below = details.length === 0 ? "" : `\n\n\`\`\`text\n${details.join("\n")}\n\`\`\``;
  return `## ${title}\n\n${table(["figure", "measured", "baseline", "ratio", "spread", "budget", ""], rows)}${below}\n`;
}
