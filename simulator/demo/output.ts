/** Prints what the demo shows. */
import { renderMarkdown, terminalOf } from "./terminal/render-markdown.ts";

/** Prints a line. */
export function print(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/** Prints a line that separates what follows. */
export function printHeading(text: string): void {
  print(`\n── ${text} ${"─".repeat(Math.max(0, 76 - text.length))}`);
}

/** Prints Markdown as text for this terminal. */
export function printMarkdown(markdown: string): void {
  print(renderMarkdown(markdown, terminalOf(process.stdout, process.env)));
}
