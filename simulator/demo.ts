/** The demonstration: runs the bundled action against a simulated world, and shows what it did and wrote. */
import { access, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { declaredInputs } from "./action-inputs.ts";
import { type DemoArguments, parseArguments, scenarioList, USAGE, UsageError } from "./demo-arguments.ts";
import { renderPage } from "./demo-page.ts";
import { demonstrateFleet } from "./fleet-demo.ts";
import { scenario, startSimulator } from "./index.ts";
import { type ActionRun, runAction } from "./run-action.ts";
import { runnerLogView } from "./runner-log.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const BUNDLE = join(ROOT, "dist", "index.js");
const OUTPUT = join(ROOT, "demo-output");
/** Real milliseconds, so that a slow demonstration (--speed 1) can finish. */
const KILL_AFTER = 3_600_000;

function say(text = ""): void {
  process.stdout.write(`${text}\n`);
}

function heading(text: string): void {
  say(`\n── ${text} ${"─".repeat(Math.max(0, 76 - text.length))}`);
}

async function requireBundle(): Promise<void> {
  await access(BUNDLE).catch(() => {
    throw new UsageError("dist/index.js is missing: build the action first, with `npm run build`.");
  });
}

async function keep(title: string, run: ActionRun): Promise<string[]> {
  await mkdir(OUTPUT, { recursive: true });
  const files: Record<string, string> = { "summary.md": run.summary, "summary.html": renderPage(title, run.summary) };
  if (run.report === undefined) await rm(join(OUTPUT, "report.json"), { force: true });
  else files["report.json"] = `${JSON.stringify(run.report, null, 2)}\n`;
  for (const [name, content] of Object.entries(files)) await writeFile(join(OUTPUT, name), content);
  return Object.keys(files).map((name) => join("demo-output", name));
}

function showResult(run: ActionRun, changes: readonly string[], kept: readonly string[]): void {
  heading("outputs");
  for (const [name, value] of Object.entries(run.outputs)) say(`${name} = ${value}`);
  heading("job summary");
  say(run.summary.trimEnd());
  heading("requests that change something");
  say(changes.length === 0 ? "none" : changes.join("\n"));
  heading("written");
  say(kept.join("\n"));
}

/** The exit code of the demonstration: the action's, or 0 where failing is the expected end. */
function conclude(run: ActionRun, { scenario: name, inputs, strict }: DemoArguments): number {
  const code = run.exitCode ?? 1;
  const mode = inputs["mode"] ?? "apply";
  const { failsIn, failsRestarting = false } = scenario(name);
  const restarts = failsRestarting && mode === "apply" && inputs["restart-workloads"] === "stale";
  const isExpected = failsIn.includes(mode) || restarts;
  say(`\nThe action ended with ${run.signal === null ? `exit code ${code}` : `signal ${run.signal}`}.`);
  if (code === 0 || run.signal !== null || strict || !isExpected) return code;
  say(
    `In the scenario "${name}" with mode ${mode} that is the expected end, so the demonstration succeeds (--strict passes the code on).`,
  );
  return 0;
}

async function demonstrate(options: DemoArguments): Promise<number> {
  await requireBundle();
  if (options.fleet !== undefined) return demonstrateFleet({ clusters: options.fleet, speed: options.speed, say });
  const { description } = scenario(options.scenario);
  await using simulator = await startSimulator({ scenario: options.scenario, speed: options.speed });
  say(`Scenario ${options.scenario}: ${description}.`);
  say(`Simulated time runs ${options.speed} times as fast as real time.`);
  heading("log of the action");
  const view = runnerLogView((line) => say(line));
  const run = await runAction({ simulator, inputs: options.inputs, killAfter: KILL_AFTER, onLog: view.hear });
  view.end();
  const kept = await keep(`Scenario ${options.scenario}, mode ${options.inputs["mode"] ?? "apply"}`, run);
  showResult(run, simulator.journal.changes(), kept);
  return conclude(run, options);
}

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  if (args.includes("--list") || args.includes("--help")) {
    say(args.includes("--help") ? `${USAGE}\n\nScenarios:\n${scenarioList()}` : scenarioList());
    return 0;
  }
  const inputs = await declaredInputs(join(ROOT, "action.yml"));
  return demonstrate(parseArguments(args, Object.keys(inputs)));
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
