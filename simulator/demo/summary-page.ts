/** Renders the job summary as an HTML page that resembles GitHub's. */
import MarkdownIt from "markdown-it";

const ALERTS: Readonly<Record<string, string>> = {
  NOTE: "Note",
  TIP: "Tip",
  IMPORTANT: "Important",
  WARNING: "Warning",
  CAUTION: "Caution",
};

const STYLE = `
:root { color-scheme: light dark; --fg: #1f2328; --bg: #fff; --line: #d1d9e0; --soft: #f6f8fa; --link: #0969da;
  --note: #0969da; --tip: #1a7f37; --important: #8250df; --warning: #9a6700; --caution: #d1242f; }
@media (prefers-color-scheme: dark) { :root { --fg: #f0f6fc; --bg: #0d1117; --line: #3d444d; --soft: #151b23; --link: #4493f8;
  --note: #4493f8; --tip: #3fb950; --important: #ab7df8; --warning: #d29922; --caution: #f85149; } }
body { margin: 0; background: var(--bg); color: var(--fg);
  font: 16px/1.5 -apple-system, BlinkMacSystemFont, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; }
main { box-sizing: border-box; max-width: 980px; margin: 32px auto; padding: 0 32px 32px; border: 1px solid var(--line); border-radius: 6px; }
header { margin: 0 -32px 24px; padding: 12px 32px; background: var(--soft); border-bottom: 1px solid var(--line); font-size: 14px; }
h1, h2 { padding-bottom: .3em; border-bottom: 1px solid var(--line); }
h1, h2, h3, h4 { margin: 24px 0 16px; font-weight: 600; line-height: 1.25; }
a { color: var(--link); }
code, pre { font: 85%/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--soft); border-radius: 6px; }
code { padding: .2em .4em; } pre { padding: 16px; overflow: auto; } pre code { padding: 0; font-size: 100%; }
table { display: block; width: max-content; max-width: 100%; overflow: auto; border-spacing: 0; border-collapse: collapse; margin-bottom: 16px; }
th, td { padding: 6px 13px; border: 1px solid var(--line); text-align: left; vertical-align: top; }
tr:nth-child(2n) td { background: var(--soft); }
blockquote { margin: 0 0 16px; padding: 0 1em; border-left: .25em solid var(--line); }
details { margin-bottom: 16px; } summary { cursor: pointer; }
.alert { margin: 0 0 16px; padding: 8px 16px; border-left: .25em solid var(--colour); }
.alert-title { margin: 0 0 4px; font-weight: 500; color: var(--colour); }
.alert p:last-child { margin-bottom: 0; }
`;

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** GitHub's `> [!NOTE]` blockquotes as coloured boxes. */
function withAlerts(html: string): string {
  return html.replace(
    /<blockquote>\s*<p>\[!(\w+)\]\s*(?:<br>)?\s*([\s\S]*?)<\/blockquote>/g,
    (whole, kind: string, content: string) => {
      const title = ALERTS[kind];
      if (title === undefined) return whole;
      const body = content.startsWith("</p>") ? content.slice("</p>".length) : `<p>${content}`;
      return `<div class="alert" style="--colour: var(--${kind.toLowerCase()})"><p class="alert-title">${title}</p>${body}</div>`;
    },
  );
}

/** A self-contained HTML page of a Markdown summary. */
export function renderPage(title: string, markdown: string): string {
  const body = withAlerts(new MarkdownIt({ html: true, linkify: true }).render(markdown));
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>${escapeHtml(title)}</header>
${body}
</main>
</body>
</html>
`;
}
