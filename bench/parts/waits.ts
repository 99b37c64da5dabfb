/** How soon a run notices that Azure is done, and what it adds to Azure's own time. Simulated time, Azure's times as recorded. */
import type { Figure, Findings } from "../figures.ts";
import { median, samples } from "../samples.ts";
import { type JournalEntry, type ScenarioName, type Simulator, startSimulator } from "../../simulator/index.ts";
import { runAction } from "../../simulator/run-action.ts";

/** Simulated seconds a real second: the program's own work counts that much more than it would. */
const SPEED = 20;
const ROUNDS = 3;
/** Simulated seconds; the default of the input. */
const POLL_INTERVAL = 10;

interface Waits {
  readonly flagLateness: number;
  readonly switchLateness: number;
  /** From the first request to the last. */
  readonly total: number;
  /** What Azure and the cluster took of that: registration, propagation, the operation, the node agent's rollout. */
  readonly azure: number;
}

export async function waits(): Promise<Findings> {
  const flagged = await Promise.all(Array.from({ length: ROUNDS }, () => once("fresh")));
  const plain = await Promise.all(Array.from({ length: ROUNDS }, () => once("stale-pods")));
  const lateness = (name: string, values: readonly number[]): Figure => ({
    name,
    value: median(values),
    unit: "s",
    baseline: { name: "the poll interval", value: POLL_INTERVAL },
    spread: samples(values).spread,
    budget: { text: "within one poll interval", met: Math.max(...values) <= POLL_INTERVAL },
  });
  const overhead = (name: string, runs: readonly Waits[]): Figure => ({
    name,
    value: median(runs.map(({ total }) => total)),
    unit: "s",
    baseline: { name: "their own time", value: median(runs.map(({ azure }) => azure)) },
    spread: samples(runs.map(({ total }) => total)).spread,
  });
  return {
    part: "waits",
    title: "Waits",
    figures: [
      lateness("the flag is Registered, and the run knows", flagged.map(({ flagLateness }) => flagLateness)),
      lateness("the operation has ended, and the run knows", [...flagged, ...plain].map(({ switchLateness }) => switchLateness)),
      overhead("a switch with its flag, from the first request to the last", flagged),
      overhead("a switch alone, from the first request to the last", plain),
    ],
    details: [
      `Simulated seconds; ${SPEED} of them pass in a real one, so a millisecond of the program's work counts as ${SPEED}.`,
      "Azure's and the cluster's own time: 240 s for the flag and 30 s until the provider heeds it (where there is one), 108 s for the operation, as recorded, and 40 s until the node agent runs everywhere.",
    ],
  };
}

async function once(scenario: ScenarioName): Promise<Waits> {
  await using simulator = await startSimulator({ scenario, speed: SPEED });
  const run = await runAction({ simulator, inputs: { "kube-access": "direct", "poll-interval-seconds": String(POLL_INTERVAL) }, killAfter: 180_000 });
  if (run.outputs["changed"] !== "true") throw new Error(`the run changed nothing:\n${run.log}`);
  return waitsOf(simulator);
}

function waitsOf({ world, journal }: Simulator): Waits {
  const arm = journal.of("arm");
  const { feature, cluster, timing } = world;
  const operation = cluster.operations.at(-1);
  if (operation === undefined) throw new Error("there was no operation");
  const asked = arm.find(({ method, path }) => method === "POST" && /\/features\/[^/]+\/register$/i.test(path));
  const registeredAt = asked === undefined ? undefined : (feature.registrationAskedAt ?? asked.at) + timing.featureRegistration;
  const known = registeredAt === undefined ? undefined : firstAfter(arm, /\/features\/[^/]+$/i, registeredAt);
  const ended = firstAfter(arm, /\/operations\/[^/]+$/i, operation.endsAt);
  const first = arm[0]?.at ?? 0;
  const last = arm.at(-1)?.at ?? 0;
  const ownTime = operation.endsAt - operation.startedAt + timing.daemonSetRollout + (asked === undefined ? 0 : timing.featureRegistration + timing.featurePropagation);
  return {
    flagLateness: known === undefined || registeredAt === undefined ? 0 : (known.at - registeredAt) / 1000,
    switchLateness: ended === undefined ? Number.POSITIVE_INFINITY : (ended.at - operation.endsAt) / 1000,
    total: (last - first) / 1000,
    azure: ownTime / 1000,
  };
}

function firstAfter(entries: readonly JournalEntry[], path: RegExp, at: number): JournalEntry | undefined {
  return entries.find((entry) => entry.method === "GET" && entry.at >= at && path.test(entry.path));
}
