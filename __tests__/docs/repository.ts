/** The repository's own files, for the tests that hold the documentation to the code. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The text of a file, by its path from the root. */
export function textOf(path: string): string {
  return readFileSync(`${ROOT}${path}`, "utf8");
}

export function isThere(path: string): boolean {
  return existsSync(`${ROOT}${path}`);
}

/** Markdown files of the project, by their paths from the root. */
export function markdownFiles(): readonly string[] {
  const folders = [".github", "docs", "conformance", "examples"].flatMap(filesIn);
  return [...readdirSync(ROOT), ...folders].filter((path) => path.endsWith(".md")).sort();
}

/** The pages for users, and those for developers. */
export function documentation(): readonly string[] {
  return markdownFiles().filter((path) => path === "README.md" || path.startsWith("docs/"));
}

/** The blocks of code in a language: of a page, or below one of its headings. */
export function codeBlocks(path: string, language: string, heading?: string): readonly string[] {
  const [, below = ""] = heading === undefined ? ["", textOf(path)] : textOf(path).split(new RegExp(`^#+ ${heading}$`, "m"));
  const [section = ""] = heading === undefined ? [below] : below.split(/^#+ [A-Z]/m);
  return [...section.matchAll(new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, "gm"))].map(([, block = ""]) => block);
}

/** TypeScript files of src/, by their paths from the root. */
export function sourceFiles(): readonly string[] {
  return filesIn("src").filter((path) => path.endsWith(".ts")).sort();
}

/** The example workflows, by their paths from the root. */
export function exampleFiles(): readonly string[] {
  return filesIn("examples").filter((path) => /\.ya?ml$/.test(path)).sort();
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: "utf8" }).map((path) => `${folder}/${path.replaceAll("\\", "/")}`);
}

/** The text without code blocks and code spans, whose brackets and headings mean something else. */
export function withoutCode(markdown: string): string {
  return markdown.replace(/^(```+|~~~+)[\s\S]*?^\1\s*$/gm, "").replace(/`[^`\n]*`/g, (span) => span.replace(/[[\]()#]/g, " "));
}

/** The anchors that GitHub gives the headings of a page. */
export function anchorsOf(markdown: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ""] of markdown.replace(/^(```+)[\s\S]*?^\1\s*$/gm, "").matchAll(/^#{1,6} +(.+?)\s*$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    anchors.add(times === 0 ? slug : `${slug}-${times}`);
  }
  return anchors;
}
