/**
 * Runs the action's code in the test's own process: a network in memory, real files, the runner's variables, and virtual time. It takes a
 * fraction of the CPU of a process with the bundle (world.ts), which V8 compiles anew each time. For tables of cases, and for nothing that
 * concerns the process or its connections: signals, kills, programs that hang, masked secrets, proxies, certificates, the event file, lists
 * of thousands of objects (a run pauses while it reads them, and virtual time would take that for a wait).
 *
 * With E2E=bundle in the environment (`npm run test:bundle`) the same cases run with the bundle.
 */
import { setImmediate } from "node:timers/promises";
import * as core from "@actions/core";
import { getExecOutput } from "@actions/exec";
import { context } from "@actions/github";
// What a run loads when it needs it: virtual time would not wait for it.
import "@azure/msal-node";
import "../../src/azure/entra-credentials.ts";
import { run } from "../../src/actions/istio-cni/main.ts";
import { publishResults } from "../../src/actions/istio-cni/publish-results.ts";
import { RunState } from "../../src/actions/istio-cni/run-state.ts";
import { ActionsLog } from "../../src/github/log.ts";
import { logBackgroundFailures, type Runner } from "../../src/github/runner.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { ScenarioName, SimulatedRequest, Simulator } from "../../simulator/index.ts";
import type { StartServer } from "../../simulator/server/https-server.ts";
import { type ActionRun, runAction, type RunOptions } from "../../simulator/runner/run-action.ts";
import { cacheConnectionSetup } from "../faults/connection-cache.ts";
import { installMemoryNetwork, startInMemory, startReachable } from "../in-memory-network.ts";
import { trust } from "../faults/trust.ts";
import { VirtualTime } from "../faults/virtual-time.ts";
import * as bundled from "./world.ts";

const IN_PROCESS = process.env["E2E"] !== "bundle";
const times = new WeakMap<Simulator, VirtualTime>();
/** Turns of the event loop: a request that hangs is not waited for. */
const MOST_TURNS = 200;
/** A process has one environment and one time. */
let isRunning = false;
if (IN_PROCESS) {
  cacheConnectionSetup();
  installMemoryNetwork();
}

/** Starts a scenario as {@link bundled.startWorld} does, on virtual time. */
export async function startWorld(scenario: ScenarioName, options: bundled.WorldOptions = {}): Promise<Simulator> {
  if (!IN_PROCESS) return bundled.startWorld(scenario, options);
  const time = new VirtualTime();
  const clock = { now: time.now, settings: { speed: 1, port: undefined }, work: () => undefined, close: () => Promise.resolve() };
  const startServer: StartServer = (server) => (server.service === "kubernetes" ? startReachable(server) : startInMemory(server));
  const simulator = await bundled.startWorld(scenario, { ...options, clock, startServer });
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

/** Runs the action once, as {@link bundled.act} does. */
export function act(simulator: Simulator, inputs: Readonly<Record<string, string>> = {}, options: Pick<RunOptions, "env" | "event"> = {}): Promise<bundled.Run> {
  return bundled.act(simulator, inputs, { ...options, ...executionOf(simulator) });
}

/** Runs the action once, as {@link runAction} does: what it leaves may be invalid. */
export function start(simulator: Simulator, options: Pick<RunOptions, "env" | "inputs">): Promise<ActionRun> {
  return runAction({ simulator, ...options, ...executionOf(simulator) });
}

/** Execution in this process, but for the worlds of the bundle. */
function executionOf(simulator: Simulator): Pick<RunOptions, "execute"> {
  const time = times.get(simulator);
  return time === undefined ? {} : { execute: (_, environment) => execute(simulator, time, environment) };
}

type ProcessEnd = Awaited<ReturnType<NonNullable<RunOptions["execute"]>>>;

/** What `main` of the action does, but for the handlers and descendants of its process. */
async function execute(simulator: Simulator, time: VirtualTime, environment: Readonly<Record<string, string>>): Promise<ProcessEnd> {
  if (isRunning) throw new Error("two runs at the same time need a process each: use world.ts");
  isRunning = true;
  const log: string[] = [];
  const restore = enter(simulator, time, environment, (text) => void log.push(text));
  try {
    const runner = createRunner(time);
    logBackgroundFailures(runner.log);
    const state = new RunState(runner.clock.now());
    await run(runner, state);
    const exitCode = await publishResults(state, runner);
    return { exitCode, signal: null, log: log.join("") };
  } finally {
    // A token may still be renewed in the background: the end of the process would end that.
    for (let turn = 0; turn < MOST_TURNS && (turn < 2 || time.isBusy()); turn += 1) await setImmediate();
    restore();
    isRunning = false;
  }
}

/** Gives this process the environment, trust and time of the run, and its output to `write`. @returns restores them */
function enter({ publicAuthority }: Simulator, time: VirtualTime, environment: Readonly<Record<string, string>>, write: (text: string) => void): () => void {
  const { env, stdout } = process;
  const print = stdout.write.bind(stdout);
  process.env = { ...environment };
  stdout.write = (text: string | Uint8Array) => {
    write(String(text));
    return true;
  };
  trust(publicAuthority);
  const others = process.rawListeners("unhandledRejection") as NodeJS.UnhandledRejectionListener[];
  process.removeAllListeners("unhandledRejection");
  // They remember the environment of the run before.
  Object.assign(core.summary, { _filePath: undefined });
  Object.assign(context, Reflect.construct(context.constructor, []));
  time.install();
  return () => {
    time.uninstall();
    process.removeAllListeners("unhandledRejection");
    for (const listener of others) process.on("unhandledRejection", listener);
    stdout.write = print;
    process.env = env;
  };
}

function createRunner(time: VirtualTime): Runner {
  const stop = new AbortController();
  const clock: Runner["clock"] = { ...systemClock, timeout: time.timeout };
  const hasToken = (process.env["ACTIONS_ID_TOKEN_REQUEST_URL"] ?? "") !== "";
  return {
    inputs: {
      input: (name) => core.getInput(name),
      names: () => Object.keys(process.env).filter((name) => name.startsWith("INPUT_")).map((name) => name.slice("INPUT_".length).toLowerCase()),
      environment: (name) => process.env[name] ?? "",
    },
    clock,
    random: Math.random,
    log: new ActionsLog(() => clock.now()),
    idToken: hasToken ? (audience) => core.getIDToken(audience) : undefined,
    runProgram: (program, args, stdin) => getExecOutput(program, [...args], { silent: true, ignoreReturnCode: true, ...(stdin === undefined ? {} : { input: Buffer.from(stdin) }) }),
    // Remembered secrets would slow down all other tests in this process.
    mask: (secret) => {
      if (secret.trim() !== "") core.setSecret(secret);
    },
    stop,
    cancelled: stop.signal,
  };
}
