/**
 * Builds dist/ in two steps. esbuild links src/ and its dependencies into one module: it removes unused code, which ncc does only
 * when it minifies, and evaluates modules of `import()` lazily. ncc makes the bundle that is committed.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { licencesOf } from "./licenses.mjs";
import { LINK } from "./link.mjs";
import { renderReportValidator } from "./report-validator.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const linked = `${root}build/index.mjs`;
const dist = `${root}dist`;
/** Bytes. The bundle contains all three actions. */
const LARGEST = 2_200_000;

for (const [path, text] of Object.entries(renderReportValidator())) writeFileSync(`${root}${path}`, text);
const { metafile } = await build({ ...LINK, outfile: linked, logLevel: "warning", metafile: true });

const output = `${root}build/ncc`;
rmSync(output, { recursive: true, force: true });
const ncc = createRequire(import.meta.url).resolve("@vercel/ncc/dist/ncc/cli.js");
const { status } = spawnSync(process.execPath, [ncc, "build", linked, "--out", output, "--no-cache", "--quiet"], { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

const files = readdirSync(output);
if (files.join() !== "index.mjs") throw new Error(`ncc wrote ${files.join(", ")}; a bundle of one file was expected`);
if (!existsSync(dist)) mkdirSync(dist);
for (const name of readdirSync(dist)) rmSync(`${dist}/${name}`, { recursive: true });
const bundle = readFileSync(`${output}/index.mjs`, "utf8");
const ascii = inAscii(bundle);
if ((await codeOf(bundle)) !== (await codeOf(ascii))) throw new Error("a character outside of ASCII is not in a comment: write it as an escape");
writeFileSync(`${dist}/index.js`, ascii);
writeFileSync(`${dist}/licenses.txt`, licencesOf(metafile, root));
const size = statSync(`${dist}/index.js`).size;
if (size > LARGEST) throw new Error(`dist/index.js is ${(size / 1e6).toFixed(2)} MB, more than the ${LARGEST / 1e6} MB that the three actions may have`);
const { discover, summarizeFleet } = await import(`${dist}/index.js`);
if (typeof discover !== "function" || typeof summarizeFleet !== "function") throw new Error("dist/index.js lacks the exports that discover/ and fleet-summary/ import");
console.log(`dist/index.js: ${(size / 1e6).toFixed(2)} MB`);

/**
 * V8 keeps the text of a script in memory, with two bytes for every character if a single one is not Latin-1. esbuild escapes what is in
 * strings; what is left is in comments, which is checked.
 */
function inAscii(text) {
  return text.replaceAll("\u2026", "...").replace(/[^\0-\x7f]/g, "-");
}

/** The code without its comments. */
async function codeOf(text) {
  return (await transform(text, { format: "esm", minifyWhitespace: true, legalComments: "none" })).code;
}
