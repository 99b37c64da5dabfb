/** Files of this repository, and what of them a tag holds. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Ends with a slash. */
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** The text of a file, by its path from the root. */
export function textOf(path: string): string {
  return readFileSync(`${ROOT}${path}`, "utf8");
}

/** Paths of the workflows that are copied or called, from the root. */
export function workflowFiles(): readonly string[] {
  const filesIn = (folder: string): string[] => readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`);
  return [".github/workflows", "examples"].flatMap(filesIn).filter((path) => path.endsWith(".yml")).sort();
}

export const ACTION_FILES = ["action.yml", "discover/action.yml", "fleet-summary/action.yml", "istio-cni/action.yml"] as const;

/**
 * Writes what `uses: org/istio-cni-aks@v1` names to a folder: the tracked files as they are in the working tree, and nothing else, so
 * that an action that needs more than its tag holds fails here.
 *
 * @param rewrite what a workflow of the repository is to say instead
 */
export function writeRelease(folder: string, rewrite: (workflow: string) => string): void {
  const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: ROOT, encoding: "utf8" }).split("\0");
  for (const path of tracked.filter((name) => name !== "" && existsSync(`${ROOT}${name}`))) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    if (path.startsWith(".github/workflows/")) writeFileSync(join(folder, path), rewrite(textOf(path)));
    else copyFileSync(`${ROOT}${path}`, join(folder, path));
  }
}

/** The code blocks in a language below a heading of a page, in order. */
export function codeBlocks(path: string, heading: string, language: string): readonly string[] {
  const [, section = ""] = textOf(path).split(new RegExp(`^#+ ${heading}$`, "m"));
  const [text = ""] = section.split(/^#+ /m);
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(([, block = ""]) => block);
}
