/** Renders Markdown as text that is read in a terminal: no markup, no entities, lines of the terminal's width. */
import type { Token } from "markdown-it";
import { type Block, type Cell, type Inline, parseDocument } from "../document.ts";
import { renderTable, type TerminalCell } from "./table.ts";
import { bold, harmless, type TerminalStyle, widthOf, wrap } from "./text.ts";

export interface TerminalOptions extends TerminalStyle {
  /** Cells in a line. Code and links may be longer. */
  readonly width: number;
}

/** Renders a document. Folded sections are shown unfolded, code is indented by four spaces and not wrapped. */
export function renderMarkdown(markdown: string, options: TerminalOptions): string {
  return renderBlocks(parseDocument(markdown), options).join("\n");
}

/** The terminal that a stream writes to: 80 to 120 cells wide, bold only where it is a terminal and NO_COLOR is unset or empty. */
export function terminalOf(stream: { readonly isTTY?: boolean; readonly columns?: number }, env: Readonly<Record<string, string | undefined>>): TerminalOptions {
  return {
    width: Math.min(120, Math.max(80, stream.columns ?? 100)),
    bold: stream.isTTY === true && (env["NO_COLOR"] ?? "") === "",
  };
}

function renderBlocks(blocks: readonly Block[], options: TerminalOptions): string[] {
  return blocks.flatMap((block, index) => (index === 0 ? renderBlock(block, options) : ["", ...renderBlock(block, options)]));
}

function renderBlock(block: Block, options: TerminalOptions): string[] {
  const { width } = options;
  switch (block.kind) {
    case "heading": {
      const lines = wrap(bold(renderInline(block.text, options), options), width);
      if (block.level > 3) return lines;
      return [...lines, (block.level > 2 ? "─" : "═").repeat(Math.min(width, Math.max(...lines.map(widthOf))))];
    }
    case "paragraph":
      return wrap(renderInline(block.text, options), width);
    case "code":
      // A diagram's source is no picture of it; the text beside it says the same.
      return block.language === "mermaid" ? ["(a diagram, which GitHub draws)"] : block.lines.map((line) => `    ${harmless(line)}`);
    case "list":
      return renderList(block, options);
    case "quote": {
      const title = block.title === undefined ? [] : [bold(block.title, options)];
      return [...title, ...renderBlocks(block.blocks, narrower(options, 2))].map((line) => `│ ${line}`.trimEnd());
    }
    case "table": {
      // An address in a cell would leave no room for the others.
      const cell = ({ text, align }: Cell): TerminalCell => ({ text: renderInline(text, options, false), align });
      return renderTable(block.head.map(cell), block.rows.map((row) => row.map(cell)), width, options);
    }
    case "details":
      return [`▼ ${bold(renderInline(block.title, options), options)}`, ...indent(["", ...renderBlocks(block.blocks, narrower(options, 2))], 2)];
    case "rule":
      return ["─".repeat(width)];
  }
}

function renderList({ first, items }: Extract<Block, { kind: "list" }>, options: TerminalOptions): string[] {
  const rendered = items.map((blocks, index) => {
    const marker = first === undefined ? "- " : `${first + index}. `;
    const [line = "", ...rest] = renderBlocks(blocks, narrower(options, marker.length));
    return [`${marker}${line}`, ...indent(rest, marker.length)];
  });
  const isLoose = items.some((blocks) => blocks.length > 1);
  return rendered.flatMap((lines, index) => (isLoose && index > 0 ? ["", ...lines] : lines));
}

function narrower(options: TerminalOptions, by: number): TerminalOptions {
  return { ...options, width: Math.max(20, options.width - by) };
}

function indent(lines: readonly string[], by: number): string[] {
  return lines.map((line) => (line === "" ? "" : `${" ".repeat(by)}${line}`));
}

/** A line of text. Line breaks are kept where the author made them. */
function renderInline(text: Inline, options: TerminalOptions, withAddresses = true): string {
  let isBold = false;
  const parts: string[] = [];
  let link: { readonly href: string; readonly from: number } | undefined;
  const add = (content: string): void => {
    const plain = harmless(content);
    parts.push(isBold ? bold(plain, options) : plain);
  };
  const addToken = (token: Token): void => {
    const { type, content } = token;
    switch (type) {
      case "softbreak":
        parts.push(" ");
        break;
      case "hardbreak":
        parts.push("\n");
        break;
      case "strong_open":
      case "strong_close":
        isBold = type === "strong_open";
        break;
      case "link_open":
        link = { href: String(token.attrGet("href") ?? ""), from: parts.length };
        break;
      case "link_close":
        if (link !== undefined && withAddresses && parts.slice(link.from).join("") !== link.href) add(` (${link.href})`);
        link = undefined;
        break;
      case "html_inline":
        if (/^<br\b/i.test(content)) parts.push("\n");
        if (/^<\/?(?:strong|b)>/i.test(content)) isBold = !content.startsWith("</");
        break;
      case "image":
        add((token.children ?? []).map((child) => child.content).join(""));
        break;
      default:
        add(content);
    }
  };
  text.forEach(addToken);
  return parts.join("").replaceAll(/ *\n */g, "\n").trim();
}
