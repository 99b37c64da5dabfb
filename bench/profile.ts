/**
 * Draws a flame graph of loading the bundle: `tsx bench/profile.ts` writes docs/performance-start-up.svg, from a profile sampled by
 * Node. Width is time; the frames below a frame are its callees.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { temporaryFolder } from "../simulator/lib/temporary-folder.ts";
import { arrayAt, numberAt, parseJson, textAt } from "../src/lib/json.ts";
import { BUNDLE, measured, ROOT } from "./measure-process.ts";

const OUTPUT = fileURLToPath(new URL("docs/performance-start-up.svg", ROOT));
const [WIDTH, ROW, DEEPEST, MARGIN] = [1200, 18, 26, 34];
/** Frames below this share of the total are omitted. */
const LEAST_SHARE = 0.004;

interface Frame {
  readonly name: string;
  readonly where: string;
  readonly children: readonly number[];
  selfMs: number;
}

using folder = temporaryFolder({ "loading.mjs": `await import(${JSON.stringify(pathToFileURL(BUNDLE).href)});\n` });
await measured(["--cpu-prof", "--cpu-prof-interval", "100", `--cpu-prof-dir=${folder.path}`, join(folder.path, "loading.mjs")]);
const file = (await readdir(folder.path)).find((name) => name.endsWith(".cpuprofile"));
if (file === undefined) throw new Error("Node wrote no profile");
await writeFile(OUTPUT, draw(frames(parseJson(await readFile(join(folder.path, file), "utf8")))));
process.stdout.write(`${OUTPUT.replace(fileURLToPath(ROOT), "")}\n`);

function frames(profile: unknown): ReadonlyMap<number, Frame> {
  const found = new Map<number, Frame>();
  for (const node of arrayAt(profile, "nodes")) {
    const url = textAt(node, "callFrame", "url");
    const children = arrayAt(node, "children").filter((child) => typeof child === "number");
    found.set(numberAt(node, "id") ?? 0, { name: textAt(node, "callFrame", "functionName") || "(anonymous)", where: url.split("/").at(-1) ?? "", children, selfMs: 0 });
  }
  const deltas = arrayAt(profile, "timeDeltas");
  for (const [index, id] of arrayAt(profile, "samples").entries()) {
    const frame = typeof id === "number" ? found.get(id) : undefined;
    const delta = deltas[index];
    if (frame !== undefined && typeof delta === "number") frame.selfMs += delta / 1000;
  }
  return found;
}

function draw(all: ReadonlyMap<number, Frame>): string {
  const [root] = all.keys();
  if (root === undefined) throw new Error("the profile is empty");
  const total = (id: number): number => {
    const frame = all.get(id);
    return frame === undefined ? 0 : frame.selfMs + frame.children.reduce((sum, child) => sum + total(child), 0);
  };
  const whole = total(root);
  const boxes: string[] = [];
  let deepest = 0;
  const place = (id: number, x: number, depth: number): void => {
    const frame = all.get(id);
    const ms = total(id);
    const width = (ms / whole) * WIDTH;
    if (frame === undefined || ms / whole < LEAST_SHARE || depth > DEEPEST) return;
    deepest = Math.max(deepest, depth);
    boxes.push(box(frame, ms, x, MARGIN + depth * ROW, width));
    let at = x;
    for (const child of [...frame.children].sort((a, b) => total(b) - total(a))) {
      place(child, at, depth + 1);
      at += (total(child) / whole) * WIDTH;
    }
  };
  place(root, 0, 0);
  const height = MARGIN + (deepest + 1) * ROW + 4;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
<text x="6" y="20" font-size="14">Loading dist/index.js: ${whole.toFixed(0)} ms with the profiler on. Blue: Node itself; orange: the bundle.</text>
${boxes.join("\n")}
</svg>
`;
}

function box({ name, where }: Frame, ms: number, x: number, y: number, width: number): string {
  const isOurs = where === "index.js";
  const text = escape(`${name}${where === "" ? "" : ` ${where}`}`);
  const fits = Math.floor(width / 6.2);
  const label = fits < 4 ? "" : `<text x="${(x + 3).toFixed(1)}" y="${y + 13}">${escape(name.slice(-fits))}</text>`;
  return `<g><title>${text}: ${ms.toFixed(1)} ms</title><rect x="${x.toFixed(1)}" y="${y}" width="${Math.max(0.5, width - 0.5).toFixed(1)}" height="${ROW - 1}" fill="${isOurs ? "#f5b971" : "#a9c7e8"}"/>${label}</g>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
