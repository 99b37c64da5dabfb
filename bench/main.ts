/**
 * The benchmark: `npm run bench`, or some parts of it: `npm run bench -- size start`. It holds every figure against a baseline
 * of the same run, prints tables, and writes them with the raw figures to bench-output/. No figure fails it: whoever wants a
 * limit kept has the tests in `__tests__/bench/`.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { NODE, ROOT, timed } from "./measure-process.ts";
import { type Findings, ratio, render } from "./figures.ts";
import { cpu } from "./parts/cpu.ts";
import { fleet } from "./parts/fleet.ts";
import { requests } from "./parts/requests.ts";
import { scale } from "./parts/scale.ts";
import { size } from "./parts/size.ts";
import { start } from "./parts/start.ts";
import { waits } from "./parts/waits.ts";

const PARTS: ReadonlyMap<string, () => Promise<Findings>> = new Map([
  ["size", size],
  ["start", start],
  ["requests", requests],
  ["waits", waits],
  ["scale", scale],
  ["cpu", cpu],
  ["fleet", fleet],
]);
const OUTPUT = fileURLToPath(new URL("bench-output/", ROOT));

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !PARTS.has(name));
if (unknown.length > 0) throw new Error(`no such part: ${unknown.join(", ")}; there are ${[...PARTS.keys()].join(", ")}`);

const machine = await describeMachine();
say(`${machine}\n`);
const all: Findings[] = [];
for (const [name, run] of PARTS) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const startedAt = performance.now();
  const load = loadavg()[0] ?? 0;
  const findings = await run();
  all.push(findings);
  say(render(findings));
  say(`${name} took ${((performance.now() - startedAt) / 1000).toFixed(0)} s; load average ${load.toFixed(1)} before, ${(loadavg()[0] ?? 0).toFixed(1)} after\n`);
}

const missed = all.flatMap(({ figures }) => figures.filter(({ budget }) => budget?.met === false));
say(missed.length === 0 ? "Every budget that was measured is met." : `Missed: ${missed.map(({ name }) => name).join("; ")}.`);
await mkdir(OUTPUT, { recursive: true });
const parts = all.map((findings) => ({ ...findings, figures: findings.figures.map((figure) => ({ ...figure, ratio: ratio(figure) })) }));
await writeFile(`${OUTPUT}results.json`, `${JSON.stringify({ at: new Date().toISOString(), machine, parts }, undefined, 2)}\n`);
await writeFile(`${OUTPUT}results.md`, [machine, ...all.map(render)].join("\n\n"));

async function describeMachine(): Promise<string> {
  const processors = cpus();
  const empty = await timed(["--eval", ""]);
  return `${processors.length} x ${processors[0]?.model ?? "unknown"}, ${process.platform} ${process.arch}, Node ${process.versions.node} for the bench and ${NODE.replace(/^.*node_modules/, "node_modules")} for the bundle; an empty Node process takes ${empty.toFixed(0)} ms`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
