/** The demo: runs the bundled action against a simulated cluster, and prints its log, outputs, summary and requests. */
import { access, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scenario, startSimulator } from "../index.ts";
import { declaredInputs } from "../runner/action-inputs.ts";
import { createLogView } from "../runner/log-view.ts";
import { type ActionRun, runAction } from "../runner/run-action.ts";
import { type DemoArguments, parseArguments, scenarioList, USAGE, UsageError } from "./arguments.ts";
import { runFleetDemo } from "./fleet.ts";
import { renderPage } from "./html-page.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BUNDLE = join(ROOT, "dist", "index.js");
const OUTPUT = join(ROOT, "demo-output");
/** Real milliseconds; long enough for a demo at --speed 1. */
const KILL_AFTER = 3_600_000;

function print(text = ""): void {
  process.stdout.write(`${text}\n`);
}

function heading(text: string): void {
  print(`\n── ${text} ${"─".repeat(Math.max(0, 76 - text.length))}`);
}

async function requireBundle(): Promise<void> {
  await access(BUNDLE).catch(() => {
    throw new UsageError("dist/index.js is missing: build the action first, with `npm run build`.");
  });
}

/** Writes the summary and the report to demo-output/. @returns the paths of the files */
async function saveResults(title: string, run: ActionRun): Promise<string[]> {
  await mkdir(OUTPUT, { recursive: true });
  const files: Record<string, string> = { "summary.md": run.summary, "summary.html": renderPage(title, run.summary) };
  if (run.report === undefined) await rm(join(OUTPUT, "report.json"), { force: true });
  else files["report.json"] = `${JSON.stringify(run.report, null, 2)}\n`;
  for (const [name, content] of Object.entries(files)) await writeFile(join(OUTPUT, name), content);
  return Object.keys(files).map((name) => join("demo-output", name));
}

function showResult(run: ActionRun, changes: readonly string[], saved: readonly string[]): void {
  heading("outputs");
  for (const [name, value] of Object.entries(run.outputs)) print(`${name} = ${value}`);
  heading("job summary");
  print(run.summary.trimEnd());
  heading("requests that change something");
  print(changes.length === 0 ? "none" : changes.join("\n"));
  heading("written");
  print(saved.join("\n"));
}

/** The exit code of the demo: the action's, or 0 where a failure is expected. */
function exitCodeOf(run: ActionRun, { scenario: name, inputs, strict }: DemoArguments): number {
  const code = run.exitCode ?? 1;
  const mode = inputs["mode"] ?? "apply";
  const { failsIn, failsRestarting = false } = scenario(name);
  const restarts = failsRestarting && mode === "apply" && inputs["restart-workloads"] === "stale";
  const isExpected = failsIn.includes(mode) || restarts;
  print(`\nThe action ended with ${run.signal === null ? `exit code ${code}` : `signal ${run.signal}`}.`);
  if (code === 0 || run.signal !== null || strict || !isExpected) return code;
  print(
    `In the scenario "${name}" with mode ${mode} this is expected, so the demo exits with 0 (--strict keeps the action's exit code).`,
  );
  return 0;
}

async function runDemo(options: DemoArguments): Promise<number> {
  await requireBundle();
  if (options.fleet !== undefined) return runFleetDemo({ clusters: options.fleet, speed: options.speed, print });
  const { description } = scenario(options.scenario);
  await using simulator = await startSimulator({ scenario: options.scenario, speed: options.speed });
  print(`Scenario ${options.scenario}: ${description}.`);
  print(`Simulated time runs ${options.speed} times as fast as real time.`);
  heading("log of the action");
  const view = createLogView((line) => print(line));
  const run = await runAction({ simulator, inputs: options.inputs, killAfter: KILL_AFTER, onLog: view.write });
  view.end();
  const saved = await saveResults(`Scenario ${options.scenario}, mode ${options.inputs["mode"] ?? "apply"}`, run);
  showResult(run, simulator.requestLog.changes(), saved);
  return exitCodeOf(run, options);
}

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  if (args.includes("--list") || args.includes("--help")) {
    print(args.includes("--help") ? `${USAGE}\n\nScenarios:\n${scenarioList()}` : scenarioList());
    return 0;
  }
  const inputs = await declaredInputs(join(ROOT, "action.yml"));
  return runDemo(parseArguments(args, Object.keys(inputs)));
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
