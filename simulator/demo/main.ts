/** The demo: runs the bundled action against a simulated cluster, and prints its log, outputs, pages and requests. */
import { access, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scenario } from "../index.ts";
import { declaredInputs } from "../runner/action-inputs.ts";
import { createLogView } from "../runner/log-view.ts";
import { type DemoArguments, parseArguments, scenarioList, USAGE, UsageError } from "./arguments.ts";
import { runFleetDemo } from "./fleet.ts";
import { runGallery } from "./gallery.ts";
import { renderPage } from "./html-page.ts";
import { print, printHeading, printMarkdown } from "./output.ts";
import { runScenario, type ScenarioResult } from "./run-scenario.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BUNDLE = join(ROOT, "dist", "index.js");
const OUTPUT = join(ROOT, "demo-output");

async function requireBundle(): Promise<void> {
  await access(BUNDLE).catch(() => {
    throw new UsageError("dist/index.js is missing: build the action first, with `npm run build`.");
  });
}

/** Writes the pages and the report to demo-output/, in place of those of the last run. @returns the paths of the files */
async function saveResults(title: string, { run, posted }: ScenarioResult): Promise<string[]> {
  await mkdir(OUTPUT, { recursive: true });
  const old = (await readdir(OUTPUT, { withFileTypes: true })).filter((entry) => entry.isFile());
  await Promise.all(old.map(({ name }) => rm(join(OUTPUT, name))));
  const pages = [{ name: "summary", title, markdown: run.summary }, ...posted];
  const files = new Map(pages.flatMap((page) => [[`${page.name}.md`, page.markdown], [`${page.name}.html`, renderPage(page.title, page.markdown)]]));
  if (run.report !== undefined) files.set("report.json", `${JSON.stringify(run.report, null, 2)}\n`);
  await Promise.all([...files].map(([name, content]) => writeFile(join(OUTPUT, name), content)));
  return [...files.keys()].map((name) => join("demo-output", name));
}

function showResult({ run, changes, posted }: ScenarioResult, saved: readonly string[]): void {
  printHeading("outputs");
  for (const [name, value] of Object.entries(run.outputs)) print(`${name} = ${value}`);
  printHeading("job summary");
  printMarkdown(run.summary);
  for (const { title, markdown } of posted) {
    printHeading(title);
    printMarkdown(markdown);
  }
  printHeading("requests that change something");
  print(changes.length === 0 ? "none" : changes.join("\n"));
  printHeading("written");
  print(saved.join("\n"));
}

/** The exit code of the demo: the action's, or 0 where a failure is expected. */
function exitCodeOf({ run, failureExpected }: ScenarioResult, { scenario: name, inputs, strict }: DemoArguments): number {
  const code = run.exitCode ?? 1;
  print(`\nThe action ended with ${run.signal === null ? `exit code ${code}` : `signal ${run.signal}`}.`);
  if (code === 0 || run.signal !== null || strict || !failureExpected) return code;
  print(
    `In the scenario "${name}" with mode ${inputs["mode"] ?? "apply"} this is expected, so the demo exits with 0 (--strict keeps the action's exit code).`,
  );
  return 0;
}

async function runDemo(options: DemoArguments, knownInputs: readonly string[]): Promise<number> {
  await requireBundle();
  const { speed, inputs } = options;
  if (options.all) return runGallery({ directory: join(OUTPUT, "gallery"), speed, hasComments: knownInputs.includes("pr-comment"), print });
  if (options.fleet !== undefined) return runFleetDemo({ directory: join(OUTPUT, "fleet"), clusters: options.fleet, speed, print });
  print(`Scenario ${options.scenario}: ${scenario(options.scenario).description}.`);
  print(`While the action waits, simulated time runs ${speed} times as fast as real time.`);
  printHeading("log of the action");
  const view = createLogView((line) => print(line));
  const result = await runScenario({ scenario: options.scenario, inputs, speed, onLog: view.write });
  view.end();
  showResult(result, await saveResults(`Scenario ${options.scenario}, mode ${inputs["mode"] ?? "apply"}`, result));
  return exitCodeOf(result, options);
}

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  if (args.includes("--list") || args.includes("--help")) {
    print(args.includes("--help") ? `${USAGE}\n\nScenarios:\n${scenarioList()}` : scenarioList());
    return 0;
  }
  const knownInputs = Object.keys(await declaredInputs(join(ROOT, "action.yml")));
  return runDemo(parseArguments(args, knownInputs), knownInputs);
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
