/** The gallery's index: what every page says first, by scenario and mode. Pure. */
import { escapeHtml, htmlPage } from "./html-page.ts";

/** A page of the gallery. All texts are plain and may be anything. */
export interface GalleryPage {
  /** The file's name. */
  readonly file: string;
  /** What the page is of: a mode, an issue, a summary. */
  readonly name: string;
  /** How the run ended, such as "drifted, exit code 1"; "" for a page that belongs to another's run. */
  readonly end: string;
  readonly headline: string;
  /** Whether the run ended otherwise than the scenario says. */
  readonly isSurprise: boolean;
}

export interface GallerySection {
  readonly name: string;
  readonly description: string;
  readonly pages: readonly GalleryPage[];
}

/** The index page. */
export function galleryIndex(sections: readonly GallerySection[], note: string): string {
  const body = sections.map(
    ({ name, description, pages }) => `<h2 id="${escapeHtml(name)}">${escapeHtml(name)}</h2>
<p>${escapeHtml(description)}</p>
<ul>
${pages.map(item).join("\n")}
</ul>`,
  );
  return htmlPage("Gallery", ["<h1>Gallery</h1>", `<p>${escapeHtml(note)}</p>`, ...body].join("\n"));
}

function item({ file, name, end, headline, isSurprise }: GalleryPage): string {
  const ended = end === "" ? "" : ` · ${escapeHtml(end)}`;
  const surprise = isSurprise ? " · <strong>not expected</strong>" : "";
  return `<li><a href="${escapeHtml(encodeURIComponent(file))}">${escapeHtml(name)}</a>${ended}${surprise}<br>${escapeHtml(headline)}</li>`;
}
