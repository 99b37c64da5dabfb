/**
 * Runs the action's code in the test's own process: a network in memory, real files, the runner's variables, and virtual time. It takes a
 * fraction of the CPU of a process with the bundle (world.ts), which V8 compiles anew each time. For tables of cases, and for nothing that
 * concerns the process or its connections: signals, kills, programs that hang, masked secrets, proxies, certificates, the event file, lists
 * of thousands of objects (a run pauses while it reads them, and virtual time would take that for a wait).
 *
 * With E2E=bundle in the environment (`npm run test:bundle`) the same cases run with the bundle.
 */
import { main as discover } from "../../src/actions/discover/main.ts";
import { main as summarizeFleet } from "../../src/actions/fleet-summary/main.ts";
import { run } from "../../src/actions/istio-cni/main.ts";
import { publishResults } from "../../src/actions/istio-cni/publish-results.ts";
import { RunState } from "../../src/actions/istio-cni/run-state.ts";
import { type Execution, type FleetFlow, type FleetFlowOptions, runFleetAction as runBundledFleetAction, runFleetFlow as runBundledFleetFlow } from "../../simulator/fleet/fleet-flow.ts";
import { type Fleet, type FleetOptions, startFleet as startBundledFleet } from "../../simulator/fleet/start-fleet.ts";
import type { ScenarioName, SimulatedRequest, Simulator } from "../../simulator/index.ts";
import type { SimulatedClock } from "../../simulator/lib/clock.ts";
import type { StartServer } from "../../simulator/server/https-server.ts";
import { type ActionRun, runAction, type RunOptions } from "../../simulator/runner/run-action.ts";
import { cacheConnectionSetup } from "../faults/connection-cache.ts";
import { certificates } from "../faults/trust.ts";
import { VirtualTime } from "../faults/virtual-time.ts";
import { installMemoryNetwork, startInMemory, startReachable } from "../in-memory-network.ts";
import { type Action, executeHere } from "./execution.ts";
import * as bundled from "./world.ts";

const IN_PROCESS = process.env["E2E"] !== "bundle";
/** The times of worlds and fleets whose runs are executed in this process. */
const times = new WeakMap<object, VirtualTime>();
if (IN_PROCESS) {
  cacheConnectionSetup();
  installMemoryNetwork();
}

function clockOf({ now }: VirtualTime): SimulatedClock {
  return { now, settings: { speed: 1, port: undefined }, work: () => undefined, close: () => Promise.resolve() };
}

/** Starts a scenario as {@link bundled.startWorld} does, on virtual time. */
export async function startWorld(scenario: ScenarioName, options: bundled.WorldOptions = {}): Promise<Simulator> {
  if (!IN_PROCESS) return bundled.startWorld(scenario, options);
  const time = new VirtualTime();
  const startServer: StartServer = (server) => (server.service === "kubernetes" ? startReachable(server) : startInMemory(server));
  const simulator = await bundled.startWorld(scenario, { ...options, clock: clockOf(time), startServer });
  const { faults } = simulator;
  const next = faults.next.bind(faults);
  // Time passes while a request waits for an answer that never comes.
  Object.assign(faults, {
    next: (request: SimulatedRequest) => {
      const fault = next(request);
      const id = String(request.headers["x-ms-client-request-id"] ?? "");
      if (fault?.kind === "hang") time.hang(id);
      if (fault?.kind === "stall") time.stall(id);
      return fault;
    },
  });
  times.set(simulator, time);
  return simulator;
}

/** Starts a fleet, on virtual time. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  if (!IN_PROCESS) return startBundledFleet({ certificates, speed: 100, ...options });
  const time = new VirtualTime();
  const fleet = await startBundledFleet({ certificates, clock: clockOf(time), startServer: startInMemory, ...options });
  times.set(fleet, time);
  return fleet;
}

/** Runs the action once, as {@link bundled.act} does. */
export function act(simulator: Simulator, inputs: Readonly<Record<string, string>> = {}, options: Pick<RunOptions, "env" | "event"> = {}): Promise<bundled.Run> {
  return bundled.act(simulator, inputs, { ...options, ...executionIn(simulator) });
}

/** Runs the action once, as {@link runAction} does: what it leaves may be invalid. */
export function start(simulator: Simulator, options: Pick<RunOptions, "env" | "inputs">): Promise<ActionRun> {
  return runAction({ simulator, ...options, ...executionIn(simulator) });
}

/** Runs discover or fleet-summary against the fleet; fleet-summary needs none. */
export function runFleetAction(folder: "discover" | "fleet-summary", fleet: Fleet | undefined, inputs: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}): Promise<ActionRun> {
  const withEnv = fleet === undefined ? undefined : { inputs: fleet.inputs, env: { ...fleet.env, ...env } };
  return runBundledFleetAction(folder, withEnv, inputs, fleet === undefined ? executionOn(IN_PROCESS ? new VirtualTime() : undefined) : executionIn(fleet));
}

/** Runs the flow of fleet-check once, one check after the other. */
export function runFleetFlow(options: Omit<FleetFlowOptions, "parallel">): Promise<FleetFlow> {
  return runBundledFleetFlow({ parallel: 1, ...options, ...executionIn(options.fleet) });
}

/** Execution in this process, but for the worlds of the bundle. */
function executionIn(world: Simulator | Fleet): Execution {
  return executionOn(times.get(world));
}

function executionOn(time: VirtualTime | undefined): Execution {
  return time === undefined ? {} : { execute: ({ entry = "" }, environment) => executeHere(actionOf(entry), time, environment) };
}

/** The action of a bundle's path. */
function actionOf(entry: string): Action {
  if (entry.endsWith("discover/index.js")) return discover;
  return entry.endsWith("fleet-summary/index.js") ? summarizeFleet : checkOrSwitch;
}

async function checkOrSwitch(runner: Parameters<Action>[0]): Promise<0 | 1> {
  const state = new RunState(runner.clock.now());
  await run(runner, state);
  return await publishResults(state, runner);
}
