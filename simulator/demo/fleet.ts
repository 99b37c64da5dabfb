/** The demo of a fleet: discover, checks and summary, twice. In between a subscription vanishes. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { createCertificates } from "../index.ts";
import { type FleetFlow, runFleetFlow } from "../fleet/fleet-flow.ts";
import { exchangeStates } from "../fleet/fleet-clusters.ts";
import { type Fleet, startFleet } from "../fleet/start-fleet.ts";
import { renderPage } from "./html-page.ts";
import { printMarkdown } from "./output.ts";

/** Real milliseconds. */
const KILL_AFTER = 600_000;

export interface FleetDemoOptions {
  /** Where lists, reports and pages are written. */
  readonly directory: string;
  readonly clusters: number;
  /** Simulated seconds per real second, while all wait. */
  readonly speed: number;
  readonly print: (line: string) => void;
  readonly certificates?: ReturnType<typeof createCertificates>;
}

/** One run of the flow. */
export interface FleetNight {
  readonly name: string;
  readonly flow: FleetFlow;
  /** Whether discover and fleet-summary ended as expected for this fleet. */
  readonly asExpected: boolean;
}

/** Runs the flow twice, or once where the fleet has too few clusters for a subscription to vanish. */
export async function runFleetNights(options: FleetDemoOptions, onNight: (night: FleetNight) => void | Promise<void>): Promise<void> {
  const { clusters, speed, print, certificates } = options;
  await using fleet = await startFleet({ clusters, speed, kubernetes: true, ...(certificates === undefined ? {} : { certificates }) });
  print(`A fleet of ${clusters} clusters in ${fleet.subscriptions.length} subscriptions; while all checks wait, simulated time runs ${speed} times as fast as real time.`);

  print("\nThe first night.");
  const first = await runNight(fleet, "first", {}, options);
  await onNight({ name: "first", flow: first, asExpected: endedAsExpected(fleet, first, undefined, print) });

  const [, gone] = fleet.subscriptions;
  if (gone === undefined || clusters < fleet.subscriptions.length) return;
  fleet.hideSubscription(gone);
  const [newlyDrifted] = fleet.clusters;
  const repaired = fleet.clusters.findLast(({ kind, world }) => kind === "drifted" && world.subscriptionId !== gone);
  if (newlyDrifted !== undefined && repaired !== undefined) exchangeStates(newlyDrifted, repaired);
  print(`\nThe second night. One cluster was repaired, another one drifted, and the identity has lost its role in the subscription ${gone}.`);
  const second = await runNight(fleet, "second", first.left, options);
  await onNight({ name: "second", flow: second, asExpected: endedAsExpected(fleet, second, gone, print) });
}

/** Runs the flow twice, prints its summaries and writes its pages. @returns the exit code: 0 where all ended as expected */
export async function runFleetDemo(options: FleetDemoOptions): Promise<number> {
  const { directory, print } = options;
  await rm(directory, { recursive: true, force: true });
  let exitCode = 0;
  await runFleetNights(options, async ({ name, flow: { discovery, summary }, asExpected }) => {
    print("");
    printMarkdown(summary.summary);
    const pages = { "discover.html": renderPage("discover", discovery.summary), "summary.html": renderPage("fleet-summary", summary.summary), "summary.md": summary.summary };
    for (const [file, content] of Object.entries(pages)) await writeFile(join(directory, name, file), content);
    print(`\nwritten: ${directory}/${name}/ (${Object.keys(pages).join(", ")}, clusters.json, reports/)`);
    if (!asExpected) exitCode = 1;
  });
  return exitCode;
}

/** Runs the flow once. */
async function runNight(fleet: Fleet, night: string, left: Readonly<Record<string, string>>, { directory, print }: FleetDemoOptions): Promise<FleetFlow> {
  const parallel = Math.max(2, availableParallelism());
  const folder = join(directory, night);
  await mkdir(folder, { recursive: true });
  const startedAt = performance.now();
  const flow = await runFleetFlow({
    fleet,
    directory: folder,
    parallel,
    summary: left,
    killAfter: KILL_AFTER,
    onDiscovered: ({ outputs, exitCode }) => print(`\ndiscover: ${outputs["count"] ?? "no"} clusters, exit code ${exitCode ?? "none"}`),
    onChecked: (label, run, done, of) => print(`${String(done).padStart(4)} of ${of}  ${(run.outputs["status"] ?? "no status").padEnd(10)}  ${label}`),
  });
  print(`\n${flow.checks.size} checks, ${parallel} at a time, in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
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
