/** Parses Markdown as GitHub does, with its alerts. */
import MarkdownIt, { type StateCore, type Token } from "markdown-it";

/** GitHub's kinds of alerts, and their titles. */
const ALERTS: Readonly<Record<string, string>> = {
  note: "Note",
  tip: "Tip",
  important: "Important",
  warning: "Warning",
  caution: "Caution",
};

export const parser = new MarkdownIt({ html: true, linkify: true });
parser.core.ruler.push("alerts", markAlerts);
parser.renderer.rules["blockquote_open"] = (tokens, index) => {
  const alert = alertOf(tokens[index]);
  return alert === undefined
    ? "<blockquote>\n"
    : `<div class="markdown-alert markdown-alert-${alert.kind}">\n<p class="markdown-alert-title">${alert.title}</p>\n`;
};
parser.renderer.rules["blockquote_close"] = (tokens, index) => (alertOf(tokens[index]) === undefined ? "</blockquote>\n" : "</div>\n");

/** The alert that a blockquote's token opens or closes; undefined for a plain quotation. */
export function alertOf(token: Token | undefined): { readonly kind: string; readonly title: string } | undefined {
  const kind = String(token?.attrGet("alert") ?? "");
  const title = ALERTS[kind];
  return title === undefined ? undefined : { kind, title };
}

/** Marks the blockquotes that start with `[!NOTE]` and the like, and removes that line. */
function markAlerts({ tokens }: StateCore): void {
  tokens.forEach((open, index) => {
    if (open.type !== "blockquote_open" || tokens[index + 1]?.type !== "paragraph_open") return;
    const children = tokens[index + 2]?.children ?? [];
    const [, name = ""] = /^\[!(\w+)\]\s*$/.exec(children[0]?.content ?? "") ?? [];
    const kind = name.toLowerCase();
    if (!Object.hasOwn(ALERTS, kind)) return;
    const close = tokens.slice(index).find(({ type, level }) => type === "blockquote_close" && level === open.level);
    for (const token of [open, close]) token?.attrSet("alert", kind);
    const isAlone = children.length === 1;
    children.splice(0, isAlone ? 1 : 2);
    // Without its first line, the paragraph may have nothing left.
    if (isAlone) for (const paragraph of [tokens[index + 1], tokens[index + 3]]) if (paragraph !== undefined) paragraph.hidden = true;
  });
}
