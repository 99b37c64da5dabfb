/** The demonstration of a fleet: discover, checks, summary; the page as HTML in demo-output/. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { renderPage } from "./summary-page.ts";
import { runFleetFlow } from "../fleet/fleet-flow.ts";
import { startFleet } from "../fleet/start-fleet.ts";

const OUTPUT = fileURLToPath(new URL("../../demo-output/", import.meta.url));
/** Real milliseconds. */
const KILL_AFTER = 600_000;

export interface FleetDemoOptions {
  readonly clusters: number;
  /** Simulated seconds per real second. */
  readonly speed: number;
  readonly say: (line: string) => void;
}

/** Runs the flow and keeps its pages. @returns 0 where it ended as a fleet with drift in it should */
export async function demonstrateFleet({ clusters, speed, say }: FleetDemoOptions): Promise<number> {
  const parallel = Math.max(2, cpus().length);
  await using fleet = await startFleet({ clusters, speed, kubernetes: true });
  say(`A fleet of ${clusters} clusters in ${fleet.subscriptions.length} subscriptions; simulated time runs ${speed} times as fast as real time.`);
  const directory = join(OUTPUT, "fleet");
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const startedAt = performance.now();
  const { discovery, checks, summary } = await runFleetFlow({
    fleet,
    directory,
    parallel,
    killAfter: KILL_AFTER,
    onDiscovered: ({ outputs, exitCode }) => say(`\ndiscover: ${outputs["count"] ?? "no"} clusters, exit code ${exitCode ?? "none"}`),
    onChecked: (name, run, done, of) => say(`${String(done).padStart(4)} of ${of}  ${(run.outputs["status"] ?? "no status").padEnd(10)}  ${name}`),
  });
  say(`\n${checks.size} checks, ${parallel} at a time, in ${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`);
  say(summary.summary.trimEnd());
  const pages = { "discover.html": renderPage("discover", discovery.summary), "summary.html": renderPage("Fleet summary", summary.summary), "summary.md": summary.summary };
  for (const [name, content] of Object.entries(pages)) await writeFile(join(directory, name), content);
  say(`\nwritten: demo-output/fleet/ (${Object.keys(pages).join(", ")}, clusters.json, reports/)`);
  const wrong = fleet.clusters.filter(({ kind }) => kind !== "compliant" && kind !== "mesh-off").length;
  const expected = wrong === 0 ? 0 : 1;
  say(`fleet-summary ended with exit code ${summary.exitCode ?? "none"}${wrong === 0 ? "" : `, as it should: ${wrong} clusters are not as they should be, or cannot be checked`}.`);
  return discovery.exitCode === 0 && summary.exitCode === expected ? 0 : 1;
}
