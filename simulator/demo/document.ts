/** A Markdown document as a tree of blocks, with GitHub's folded sections and alerts. */
import type { Token } from "markdown-it";
import { alertOf, parser } from "./markdown.ts";

/** The tokens of a line of text. */
export type Inline = readonly Token[];

export interface Cell {
  readonly text: Inline;
  readonly align: "left" | "right" | "center";
}

export type Block =
  | { readonly kind: "heading"; readonly level: number; readonly text: Inline }
  | { readonly kind: "paragraph"; readonly text: Inline }
  | { readonly kind: "code"; readonly language: string; readonly lines: readonly string[] }
  | { readonly kind: "list"; readonly first: number | undefined; readonly items: readonly (readonly Block[])[] }
  | { readonly kind: "quote"; readonly title: string | undefined; readonly blocks: readonly Block[] }
  | { readonly kind: "table"; readonly head: readonly Cell[]; readonly rows: readonly (readonly Cell[])[] }
  | { readonly kind: "details"; readonly title: Inline; readonly blocks: readonly Block[] }
  | { readonly kind: "rule" };

/** Parses a document. */
export function parseDocument(markdown: string): readonly Block[] {
  return new Blocks(parser.parse(markdown, {})).until(() => false);
}

/** The text of a line without its form: no bold, no links, no HTML. */
function plainText(text: Inline): string {
  const part = ({ type, content, children }: Token): string => {
    if (type === "image") return plainText(children ?? []);
    if (type === "softbreak" || type === "hardbreak") return " ";
    return type === "html_inline" ? "" : content;
  };
  return text.map(part).join("").replaceAll(/\s+/g, " ").trim();
}

/** The text of a document's first heading, or of its first paragraph where it has no heading; "" for a document without text. */
export function firstHeadline(markdown: string): string {
  const blocks = parseDocument(markdown);
  const block = blocks.find(({ kind }) => kind === "heading") ?? blocks.find(({ kind }) => kind === "paragraph");
  return block === undefined || !("text" in block) ? "" : plainText(block.text);
}

function inline(text: string): Inline {
  return parser.parseInline(text, {})[0]?.children ?? [];
}

/** A fold's start and its title, or its end. */
const FOLD = /<details\b[^>]*>\s*(?:<summary>([\s\S]*?)<\/summary>)?|<\/details>/g;

/** Reads the blocks from a sequence of tokens. */
class Blocks {
  readonly #tokens: Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    // A block of HTML may end one fold and start another: each gets a token of its own.
    this.#tokens = tokens.flatMap((token) => (token.type === "html_block" ? splitHtml(token) : [token]));
  }

  /** The blocks up to the token at which `isEnd`, which is read as well. */
  until(isEnd: (token: Token) => boolean): readonly Block[] {
    const blocks: Block[] = [];
    for (let token = this.#next(); token !== undefined && !isEnd(token); token = this.#next()) {
      const block = this.#block(token);
      if (block !== undefined) blocks.push(block);
    }
    return blocks;
  }

  #next(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  #upTo(type: string): readonly Block[] {
    return this.until((token) => token.type === type);
  }

  /** The block that starts with a token; undefined for a token without content. */
  #block(token: Token): Block | undefined {
    switch (token.type) {
      case "heading_open":
        return { kind: "heading", level: Number(token.tag.slice(1)), text: this.#text() };
      case "paragraph_open":
        return token.hidden && this.#tokens[this.#at]?.children?.length === 0 ? undefined : { kind: "paragraph", text: this.#text() };
      case "fence":
      case "code_block":
        return { kind: "code", language: token.info.trim().split(/\s/)[0] ?? "", lines: token.content.replace(/\n$/, "").split("\n") };
      case "bullet_list_open":
        return { kind: "list", first: undefined, items: this.#items("bullet_list_close") };
      case "ordered_list_open":
        return { kind: "list", first: Number(token.attrGet("start") ?? 1), items: this.#items("ordered_list_close") };
      case "blockquote_open":
        return { kind: "quote", title: alertOf(token)?.title, blocks: this.#upTo("blockquote_close") };
      case "table_open":
        return this.#table();
      case "details_open":
        return { kind: "details", title: inline(token.content), blocks: this.#upTo("details_close") };
      case "html_text":
        return { kind: "paragraph", text: inline(token.content) };
      case "hr":
        return { kind: "rule" };
      default:
        return undefined;
    }
  }

  /** The text of the next token, which a heading, a paragraph or a cell contains. */
  #text(): Inline {
    return this.#next()?.children ?? [];
  }

  #items(end: string): readonly (readonly Block[])[] {
    const items: (readonly Block[])[] = [];
    for (let token = this.#next(); token !== undefined && token.type !== end; token = this.#next()) {
      if (token.type === "list_item_open") items.push(this.#upTo("list_item_close"));
    }
    return items;
  }

  #table(): Block {
    const rows: Cell[][] = [];
    for (let token = this.#next(); token !== undefined && token.type !== "table_close"; token = this.#next()) {
      if (token.type === "tr_open") rows.push([]);
      if (token.type === "th_open" || token.type === "td_open") {
        const [, align] = /text-align:(right|center)/.exec(String(token.attrGet("style"))) ?? [];
        rows.at(-1)?.push({ text: this.#text(), align: align === "right" || align === "center" ? align : "left" });
      }
    }
    const [head = [], ...rest] = rows;
    return { kind: "table", head, rows: rest };
  }
}

/** The class of tokens; the package exports its type alone. */
const StateToken = new parser.core.State("", parser, {}).Token;

/** The folds in a block of HTML, and the texts between them. */
function splitHtml(token: Token): Token[] {
  const make = (type: string, content: string): Token => Object.assign(new StateToken(type, "", 0), { content });
  const parts: Token[] = [];
  let end = 0;
  const addText = (text: string): void => {
    if (text.replaceAll(/<[^>]*>/g, "").trim() !== "") parts.push(make("html_text", text.trim()));
  };
  for (const match of token.content.matchAll(FOLD)) {
    addText(token.content.slice(end, match.index));
    end = match.index + match[0].length;
    parts.push(match[0] === "</details>" ? make("details_close", "") : make("details_open", match[1] ?? "Details"));
  }
  addText(token.content.slice(end));
  return parts;
}
