/** discover and checks of a fleet, with Azure's throttling limits. */
import { REAL_LIMITS } from "../../simulator/azure/throttle.ts";
import { runFleetFlow, runFleetAction } from "../../simulator/fleet/fleet-flow.ts";
import { startFleet } from "../../simulator/fleet/start-fleet.ts";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { cpus } from "node:os";
import { join } from "node:path";
import type { PartResults } from "../figures.ts";

/** A check takes about half a second: a thousand checks (BENCH_CLUSTERS=1000) take longer than the rest of the benchmark. */
const CLUSTERS = Number(process.env["BENCH_CLUSTERS"] ?? "120");
const LISTED = 1000;

export async function fleet(): Promise<PartResults> {
  using folder = temporaryFolder();
  const listing = await list(folder.path);
  // With more than one subscription the limits are not reached.
  await using simulated = await startFleet({ clusters: CLUSTERS, subscriptions: 1, kindOf: () => "compliant", kubernetes: true });
  const startedAt = performance.now();
  const flow = await runFleetFlow({ fleet: simulated, directory: folder.path, parallel: 4 * cpus().length, keepsReport: () => false, killAfter: 1_200_000 });
  const seconds = (performance.now() - startedAt) / 1000;
  const failures = [...flow.checks].filter(([, { exitCode, outputs }]) => exitCode !== 0 || outputs["status"] !== "compliant");
  const throttled = simulated.requestLog.entries.filter(({ status }) => status === 429).length;
  const { burst, perSecond } = REAL_LIMITS.get;
  return {
    part: "fleet",
    title: "Fleet",
    figures: [
      { name: `discover of ${LISTED} clusters`, value: listing, unit: "s" },
      {
        name: `discover and check of ${CLUSTERS} clusters in one subscription`,
        value: seconds,
        unit: "s",
        baseline: { name: "the throttle's minimum", value: Math.max(0, CLUSTERS - burst) / perSecond },
      },
      { name: "checks that failed", value: failures.length, unit: "", budget: { text: "none", met: failures.length === 0 && flow.checks.size === CLUSTERS } },
      { name: "answers 429", value: throttled, unit: "" },
    ],
    details: failures.slice(0, 3).map(([name, { exitCode, signal, log }]) => `${name} ended with ${exitCode ?? signal ?? "no exit code"}:\n${log.slice(-1000)}`),
  };
}

/** The duration of discover for a large fleet, in seconds. */
async function list(directory: string): Promise<number> {
  await using simulated = await startFleet({ clusters: LISTED, kindOf: () => "compliant" });
  const startedAt = performance.now();
  const run = await runFleetAction("discover", simulated, { "clusters-path": join(directory, "listed.json") });
  if (run.exitCode !== 0 || run.outputs["total"] !== String(LISTED)) throw new Error(`discover failed:\n${run.log}`);
  return (performance.now() - startedAt) / 1000;
}
