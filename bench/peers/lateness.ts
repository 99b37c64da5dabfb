/** How late the action and az notice the end of Azure's operations, on the real clock. All of them wait at the same time. */
import { openSession } from "../../conformance/az/session.ts";
import { type Simulator, startSimulator } from "../../simulator/index.ts";
import { runAction } from "../../simulator/runner/run-action.ts";
import type { Figure } from "../figures.ts";
import { AZ_FOLDER } from "./tools.ts";

/** Seconds; 108 is the duration of the recorded switch. */
const LENGTHS = [5, 20, 108];
const KILL_AFTER_MS = 300_000;

export async function lateness(): Promise<readonly Figure[]> {
  return Promise.all(
    LENGTHS.map(async (length) => {
      const [late, az] = await Promise.all([ofAction(length), ofAz(length)]);
      return {
        name: `an operation of ${length} s: from its end until that is noticed`,
        value: late,
        unit: "s",
        baseline: { name: "az", value: az },
        budget: { text: "at most 0.50x", met: late <= az / 2 },
      };
    }),
  );
}

async function ofAction(length: number): Promise<number> {
  await using simulator = await startSimulator({ scenario: "flag-graduated", tweak: ({ timing }) => (timing.clusterUpdate = length * 1000) });
  const run = await runAction({ simulator, inputs: { "kube-access": "none" }, killAfter: KILL_AFTER_MS });
  if (run.outputs["changed"] !== "true") throw new Error(`the action changed nothing:\n${run.log}`);
  return noticedAfter(simulator);
}

async function ofAz(length: number): Promise<number> {
  await using session = await openSession({ azFolder: AZ_FOLDER, scenario: "flag-graduated", tweak: ({ timing }) => (timing.clusterUpdate = length * 1000) });
  await session.signIn("secret");
  const { world } = session.simulator;
  const { exitCode, stderr } = await session.az("aks", "mesh", "proxy-redirection-mechanism", "--resource-group", world.resourceGroup, "--name", world.cluster.name, "--mechanism", "CNIChaining");
  if (exitCode !== 0) throw new Error(`az ended with ${exitCode}: ${stderr}`);
  return noticedAfter(session.simulator);
}

/** Seconds from the end of the operation until the first request that shows it. */
function noticedAfter({ world, requestLog }: Simulator): number {
  const endsAt = world.cluster.operations.at(-1)?.endsAt ?? Number.NaN;
  const noticed = requestLog.of("arm", "GET").find(({ at, path }) => at >= endsAt && /\/operations\/|\/managedClusters\/[^/]+$/i.test(path));
  return ((noticed?.at ?? Number.POSITIVE_INFINITY) - endsAt) / 1000;
}
