/** Markdown constructs for summaries and issues. Arguments are Markdown: the caller escapes untrusted text. */
import { number } from "./format.ts";

/** Blocks with a blank line between them, without empty ones. */
export function blocks(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}

/** A table; empty without rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => ":--")), ...rows.map(line)].join("\n");
}

/** A bullet list; empty without items. */
export function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}

/** Collapsed content under a title; empty without content. */
export function details(title: string, content: string): string {
  return content === "" ? "" : `<details><summary>${title}</summary>\n\n${content}\n\n</details>`;
}

/** A GitHub alert. */
export function alert(kind: "CAUTION" | "WARNING" | "NOTE", ...lines: readonly string[]): string {
  const paragraphs = lines.filter((line) => line !== "").join("\n\n");
  return [`[!${kind}]`, ...paragraphs.split("\n")].map((line) => `> ${line}`.trimEnd()).join("\n");
}

/** `_and 12 more_`; empty if nothing is hidden. */
export function andMore(hidden: number, where = ""): string {
  return hidden > 0 ? `_and ${number(hidden)} more${where}_` : "";
}
