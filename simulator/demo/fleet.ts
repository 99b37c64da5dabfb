/** The demo of a fleet: discover, checks and summary, twice. In between a subscription vanishes. Writes the pages as HTML to demo-output/fleet/. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type FleetFlow, runFleetFlow } from "../fleet/fleet-flow.ts";
import { type Fleet, startFleet } from "../fleet/start-fleet.ts";
import { renderPage } from "./html-page.ts";

const OUTPUT = fileURLToPath(new URL("../../demo-output/fleet/", import.meta.url));
/** Real milliseconds. */
const KILL_AFTER = 600_000;

export interface FleetDemoOptions {
  readonly clusters: number;
  /** Simulated seconds per real second. */
  readonly speed: number;
  readonly print: (line: string) => void;
}

/** Runs the flow twice and writes its pages. @returns the exit code: 0 where discover and fleet-summary end as expected for this fleet */
export async function runFleetDemo({ clusters, speed, print }: FleetDemoOptions): Promise<number> {
  await using fleet = await startFleet({ clusters, speed, kubernetes: true });
  print(`A fleet of ${clusters} clusters in ${fleet.subscriptions.length} subscriptions; simulated time runs ${speed} times as fast as real time.`);
  await rm(OUTPUT, { recursive: true, force: true });

  print("\nThe first night.");
  const first = await runNight(fleet, "first", {}, print);
  const asExpected = [endedAsExpected(fleet, first, undefined, print)];

  const [, gone] = fleet.subscriptions;
  if (gone === undefined || clusters < fleet.subscriptions.length) return asExpected.includes(false) ? 1 : 0;
  fleet.hideSubscription(gone);
  print(`\nThe second night. The identity has lost its role in the subscription ${gone}.`);
  const second = await runNight(fleet, "second", first.left, print);
  asExpected.push(endedAsExpected(fleet, second, gone, print));
  return asExpected.includes(false) ? 1 : 0;
}

/** Runs the flow once, and prints and writes its summary. */
async function runNight(fleet: Fleet, night: string, left: Readonly<Record<string, string>>, print: (line: string) => void): Promise<FleetFlow> {
  const parallel = Math.max(2, cpus().length);
  const directory = join(OUTPUT, night);
  await mkdir(directory, { recursive: true });
  const startedAt = performance.now();
  const flow = await runFleetFlow({
    fleet,
    directory,
    parallel,
    summary: left,
    killAfter: KILL_AFTER,
    onDiscovered: ({ outputs, exitCode }) => print(`\ndiscover: ${outputs["count"] ?? "no"} clusters, exit code ${exitCode ?? "none"}`),
    onChecked: (name, run, done, of) => print(`${String(done).padStart(4)} of ${of}  ${(run.outputs["status"] ?? "no status").padEnd(10)}  ${name}`),
  });
  const { discovery, checks, summary } = flow;
  print(`\n${checks.size} checks, ${parallel} at a time, in ${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`);
  print(summary.summary.trimEnd());
  const pages = { "discover.html": renderPage("discover", discovery.summary), "summary.html": renderPage("Fleet summary", summary.summary), "summary.md": summary.summary };
  for (const [name, content] of Object.entries(pages)) await writeFile(join(directory, name), content);
  print(`\nwritten: demo-output/fleet/${night}/ (${Object.keys(pages).join(", ")}, clusters.json, reports/)`);
  return flow;
}

/** Whether discover succeeded, and fleet-summary failed just for what is wrong with the clusters in sight, and for those that vanished. */
function endedAsExpected(fleet: Fleet, { discovery, summary }: FleetFlow, gone: string | undefined, print: (line: string) => void): boolean {
  const listed = fleet.clusters.filter(({ kind }) => kind !== "mesh-off");
  const wrong = listed.filter(({ kind, world }) => kind !== "compliant" && world.subscriptionId !== gone).length;
  const vanished = listed.filter(({ world }) => world.subscriptionId === gone).length;
  const expected = wrong + vanished === 0 ? 0 : 1;
  const why = `Clusters that have drifted or cannot be checked: ${wrong}. Clusters that vanished: ${vanished}.`;
  print(`fleet-summary ended with exit code ${summary.exitCode ?? "none"}. Exit code ${expected} is expected. ${why}`);
  return discovery.exitCode === 0 && summary.exitCode === expected && (summary.outputs["vanished"] || "0") === String(vanished);
}
