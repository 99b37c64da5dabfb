/** The demo of a fleet: discover, checks, summary. Writes the pages as HTML to demo-output/fleet/. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runFleetFlow } from "../fleet/fleet-flow.ts";
import { startFleet } from "../fleet/start-fleet.ts";
import { renderPage } from "./summary-page.ts";

const OUTPUT = fileURLToPath(new URL("../../demo-output/", import.meta.url));
/** Real milliseconds. */
const KILL_AFTER = 600_000;

export interface FleetDemoOptions {
  readonly clusters: number;
  /** Simulated seconds per real second. */
  readonly speed: number;
  readonly print: (line: string) => void;
}

/** Runs the flow and writes its pages. @returns the exit code: 0 where discover and fleet-summary end as expected for this fleet */
export async function runFleetDemo({ clusters, speed, print }: FleetDemoOptions): Promise<number> {
  const parallel = Math.max(2, cpus().length);
  await using fleet = await startFleet({ clusters, speed, kubernetes: true });
  print(`A fleet of ${clusters} clusters in ${fleet.subscriptions.length} subscriptions; simulated time runs ${speed} times as fast as real time.`);
  const directory = join(OUTPUT, "fleet");
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const startedAt = performance.now();
  const { discovery, checks, summary } = await runFleetFlow({
    fleet,
    directory,
    parallel,
    killAfter: KILL_AFTER,
    onDiscovered: ({ outputs, exitCode }) => print(`\ndiscover: ${outputs["count"] ?? "no"} clusters, exit code ${exitCode ?? "none"}`),
    onChecked: (name, run, done, of) => print(`${String(done).padStart(4)} of ${of}  ${(run.outputs["status"] ?? "no status").padEnd(10)}  ${name}`),
  });
  print(`\n${checks.size} checks, ${parallel} at a time, in ${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`);
  print(summary.summary.trimEnd());
  const pages = { "discover.html": renderPage("discover", discovery.summary), "summary.html": renderPage("Fleet summary", summary.summary), "summary.md": summary.summary };
  for (const [name, content] of Object.entries(pages)) await writeFile(join(directory, name), content);
  print(`\nwritten: demo-output/fleet/ (${Object.keys(pages).join(", ")}, clusters.json, reports/)`);
  const notCompliant = fleet.clusters.filter(({ kind }) => kind !== "compliant" && kind !== "mesh-off").length;
  const expected = notCompliant === 0 ? 0 : 1;
  print(`fleet-summary ended with exit code ${summary.exitCode ?? "none"}${notCompliant === 0 ? "" : `. Exit code 1 is expected. Clusters that have drifted or cannot be checked: ${notCompliant}`}.`);
  return discovery.exitCode === 0 && summary.exitCode === expected ? 0 : 1;
}
