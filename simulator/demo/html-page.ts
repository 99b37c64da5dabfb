/** Renders Markdown as a page with GitHub's own stylesheet, light or dark as the reader prefers. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parser } from "./markdown.ts";

const GITHUB_STYLE = readFileSync(createRequire(import.meta.url).resolve("github-markdown-css/github-markdown.css"), "utf8");

/** What GitHub's page around the text does. The sizes are those of github-markdown-css's documentation. */
const PAGE_STYLE = `
:root { color-scheme: light dark; }
body { margin: 0; background: light-dark(#fff, #0d1117); }
main.markdown-body { box-sizing: border-box; max-width: 980px; min-width: 200px; margin: 0 auto; padding: 32px; }
main.markdown-body > header { margin: 0 0 16px; color: var(--fgColor-muted); font-size: 14px; }
@media (max-width: 767px) { main.markdown-body { padding: 16px; } }
`;

/** The page needs no script and nothing from elsewhere, and does not take any. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** Text as HTML, also in an attribute's quotation marks. */
export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** A page that is complete in itself. `body`: HTML. */
export function htmlPage(title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${escapeHtml(title)}</title>
<style>${GITHUB_STYLE}${PAGE_STYLE}</style>
</head>
<body>
<main class="markdown-body">
${body}
</main>
</body>
</html>
`;
}

/** The page of a Markdown text. `title`: plain text; it stands above the page. */
export function renderPage(title: string, markdown: string): string {
  return htmlPage(title, `<header>${escapeHtml(title)}</header>\n${parser.render(markdown)}`);
}
