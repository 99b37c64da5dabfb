/** How soon a run notices that Azure has finished, and how much time it adds. In simulated time, with recorded durations of Azure. */
import { type RequestLogEntry, type ScenarioName, type Simulator, startSimulator } from "../../simulator/index.ts";
import { runAction } from "../../simulator/runner/run-action.ts";
import type { Figure, PartResults } from "../figures.ts";
import { median, samples } from "../samples.ts";

/** Simulated seconds per real second while the program waits; its work takes real time. */
const SPEED = 20;
const ROUNDS = 3;
/** Simulated seconds; the default of the input. */
const POLL_INTERVAL = 10;

interface Waits {
  readonly flagLateness: number;
  readonly switchLateness: number;
  /** From the first request to the last. */
  readonly total: number;
  /** The time of Azure and the cluster in that: registration, propagation, the operation, the node agent's rollout. */
  readonly azure: number;
}

export async function waits(): Promise<PartResults> {
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
    baseline: { name: "Azure's and the cluster's own time", value: median(runs.map(({ azure }) => azure)) },
    spread: samples(runs.map(({ total }) => total)).spread,
  });
  return {
    part: "waits",
    title: "Waits",
    figures: [
      lateness("from Registered until the run notices", flagged.map(({ flagLateness }) => flagLateness)),
      lateness("from the end of the operation until the run notices", [...flagged, ...plain].map(({ switchLateness }) => switchLateness)),
      overhead("a switch with its flag, from the first request to the last", flagged),
      overhead("a switch alone, from the first request to the last", plain),
    ],
    details: [
      `Simulated seconds, ${SPEED} per real second while the program waits; its work takes real time.`,
      "Azure's and the cluster's own time: 240 s for the flag and 30 s for its propagation (where it is registered), 108 s for the operation, as recorded, and 40 s for the rollout of the node agent.",
    ],
  };
}

async function once(scenario: ScenarioName): Promise<Waits> {
  await using simulator = await startSimulator({ scenario, speed: SPEED });
  const run = await runAction({ simulator, inputs: { "kube-access": "direct", "poll-interval-seconds": String(POLL_INTERVAL) }, killAfter: 180_000 });
  if (run.outputs["changed"] !== "true") throw new Error(`the run changed nothing:\n${run.log}`);
  return waitsOf(simulator);
}

function waitsOf({ world, requestLog }: Simulator): Waits {
  const arm = requestLog.of("arm");
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

function firstAfter(entries: readonly RequestLogEntry[], path: RegExp, at: number): RequestLogEntry | undefined {
  return entries.find((entry) => entry.method === "GET" && entry.at >= at && path.test(entry.path));
}
