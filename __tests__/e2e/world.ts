/** Runs the bundled action as the runner does, in a simulated world with a fast clock. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect } from "vitest";
import type { Report } from "../../src/contract.ts";
import { certificates } from "../faults/trust.ts";
import { expectPageRules } from "./page-rules.ts";
import { type Fault, type ScenarioName, type Simulator, startSimulator, type World } from "../../simulator/index.ts";
import type { SimulatedClock } from "../../simulator/lib/clock.ts";
import type { StartServer } from "../../simulator/server/https-server.ts";
import { type ActionRun, runAction, type RunOptions } from "../../simulator/runner/run-action.ts";

const SECOND = 1000;
/** Simulated seconds per real second, while the run waits; its work takes real time, however slow the machine is. */
const SPEED = 1000;
/** Long timeouts for slow machines, and fewer polls, of which some follow one another in a tenth of the interval; tests of deadlines and polls set their own. */
const LONG_TIMEOUT = { "timeout-minutes": "600", "poll-interval-seconds": "60" };

/** For runs with long waits, to save the time of polls. */
export const SLOW_POLLS = { "poll-interval-seconds": "120" };

/** A job without `id-token: write`. */
export const NO_OIDC = { ACTIONS_ID_TOKEN_REQUEST_URL: "", ACTIONS_ID_TOKEN_REQUEST_TOKEN: "" };

export interface WorldOptions {
  readonly tweak?: (world: World) => void;
  readonly faults?: readonly Fault[];
  readonly speed?: number;
  /** Replaces the clock that `speed` would start. */
  readonly clock?: SimulatedClock;
  /** Starts the servers; on loopback by default. */
  readonly startServer?: StartServer;
}

/** Starts a scenario with shorter durations. */
export function startWorld(scenario: ScenarioName, { tweak, faults = [], speed = SPEED, clock, startServer }: WorldOptions = {}): Promise<Simulator> {
  return startSimulator({
    scenario,
    speed,
    ...(clock === undefined ? {} : { clock }),
    ...(startServer === undefined ? {} : { startServer }),
    faults,
    certificates,
    tweak: (world) => {
      Object.assign(world.timing, {
        featureRegistration: 60 * SECOND,
        featurePropagation: 15 * SECOND,
        clusterUpdate: 60 * SECOND,
        daemonSetRollout: 30 * SECOND,
        podStart: 5 * SECOND,
        rolloutStep: 5 * SECOND,
      });
      tweak?.(world);
    },
  });
}

export interface Run extends Omit<ActionRun, "report"> {
  readonly report: Report;
  /** Requests of this run to change something, without the subscription. */
  readonly changes: readonly string[];
}

const validate = (() => {
  const ajv = new Ajv2020({ allErrors: true });
  addFormats.default(ajv);
  return ajv.compile(JSON.parse(readFileSync(fileURLToPath(new URL("../../report.schema.json", import.meta.url)), "utf8")) as object);
})();

/** Runs the action once. For any result, the report must exist and be valid, and only the report may be left in RUNNER_TEMP. */
export async function act(simulator: Simulator, inputs: Readonly<Record<string, string>> = {}, options: Omit<RunOptions, "simulator" | "inputs"> = {}): Promise<Run> {
  const before = simulator.requestLog.changes().length;
  const run = await runAction({ simulator, inputs: { ...LONG_TIMEOUT, ...inputs }, ...options });
  if (!validate(run.report)) throw new Error(`the report is not valid: ${JSON.stringify(validate.errors)}\n${run.log}`);
  expect(run.summary.length, "a job summary is always written").toBeGreaterThan(0);
  expect(run.leftovers, "nothing but the report is left in RUNNER_TEMP").toEqual(["istio-cni-report.json"]);
  expectPageRules(run, run.report as unknown as Report);
  return { ...run, report: run.report as unknown as Report, changes: simulator.requestLog.changes().slice(before).map(short) };
}

/** A change without its subscription and provider: `PUT arm Microsoft.ContainerService/managedClusters/demo`. */
function short(change: string): string {
  return change.replace(/\/subscriptions\/[^/]+(?:\/resourceGroups\/[^/]+)?\/providers\//i, "").replace("Microsoft.Features/providers/", "");
}

export const REGISTER = "POST arm Microsoft.ContainerService/features/IstioCNIPreview/register";
export const REFRESH = "POST arm Microsoft.ContainerService/register";
export const PUT = "PUT arm Microsoft.ContainerService/managedClusters/demo";

/** The IDs of the checks with this result. */
export function checksThat(report: Report, result: Report["checks"][number]["result"]): string[] {
  return report.checks.filter((check) => check.result === result).map(({ id }) => id);
}

/** The outcome of each step. */
export function outcomes(report: Report): Record<string, string> {
  return Object.fromEntries(report.plan.map(({ id, outcome }) => [id, outcome]));
}

/** The annotations of a level, as one text each. */
export function annotated(run: Pick<Run, "annotations">, level: "error" | "warning"): string[] {
  return run.annotations.filter((annotation) => annotation.level === level).map(({ title, message }) => `${title}: ${message}`);
}
