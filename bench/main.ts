/**
 * The benchmark: `npm run bench`, or some of its parts: `npm run bench -- size start`. It compares each figure with a baseline of
 * the same run, prints tables, and writes them with the raw figures to bench-output/. It never fails on a figure: limits are
 * enforced by the tests in `__tests__/bench/`.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { type PartResults, ratio, render } from "./figures.ts";
import { NODE, ROOT, timed } from "./measure-process.ts";
import { cpu } from "./parts/cpu.ts";
import { fleet } from "./parts/fleet.ts";
import { peers } from "./parts/peers.ts";
import { requests } from "./parts/requests.ts";
import { scale } from "./parts/scale.ts";
import { size } from "./parts/size.ts";
import { start } from "./parts/start.ts";
import { waits } from "./parts/waits.ts";

const PARTS: ReadonlyMap<string, () => Promise<PartResults>> = new Map([
  ["size", size],
  ["start", start],
  ["requests", requests],
  ["waits", waits],
  ["scale", scale],
  ["cpu", cpu],
  ["fleet", fleet],
  ["peers", peers],
]);
const OUTPUT = fileURLToPath(new URL("bench-output/", ROOT));

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !PARTS.has(name));
if (unknown.length > 0) throw new Error(`unknown part: ${unknown.join(", ")}; the parts are ${[...PARTS.keys()].join(", ")}`);

const machine = await describeMachine();
print(`${machine}\n`);
const all: PartResults[] = [];
for (const [name, run] of PARTS) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const startedAt = performance.now();
  const load = loadavg()[0] ?? 0;
  const results = await run();
  all.push(results);
  print(render(results));
  print(`${name} took ${((performance.now() - startedAt) / 1000).toFixed(0)} s; load average ${load.toFixed(1)} before, ${(loadavg()[0] ?? 0).toFixed(1)} after\n`);
}

const missed = all.flatMap(({ figures }) => figures.filter(({ budget }) => budget?.met === false));
print(missed.length === 0 ? "All measured budgets are met." : `Missed: ${missed.map(({ name }) => name).join("; ")}.`);
await mkdir(OUTPUT, { recursive: true });
const parts = all.map((results) => ({ ...results, figures: results.figures.map((figure) => ({ ...figure, ratio: ratio(figure) })) }));
await writeFile(`${OUTPUT}results.json`, `${JSON.stringify({ at: new Date().toISOString(), machine, parts }, undefined, 2)}\n`);
await writeFile(`${OUTPUT}results.md`, [machine, ...all.map(render)].join("\n\n"));

async function describeMachine(): Promise<string> {
  const processors = cpus();
  const empty = await timed(["--eval", ""]);
  return `${processors.length} x ${processors[0]?.model ?? "unknown"}, ${process.platform} ${process.arch}, Node ${process.versions.node} for the bench and ${NODE.replace(/^.*node_modules/, "node_modules")} for the bundle; an empty Node process takes ${empty.toFixed(0)} ms`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
