/**
 * The execution of an action in the test's own process: the runner's variables, real files, and virtual time. Network and trust are those
 * of this process.
 */
import { setImmediate } from "node:timers/promises";
import * as core from "@actions/core";
import { getExecOutput } from "@actions/exec";
// What a run loads when it needs it: virtual time would not wait for it.
import "@azure/msal-node";
import "../../src/azure/entra-credentials.ts";
import { ActionsLog } from "../../src/github/log.ts";
import { logBackgroundFailures, type Runner } from "../../src/github/runner.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { ProcessEnd } from "../../simulator/runner/run-action.ts";
import { trustOwn } from "../faults/trust.ts";
import type { VirtualTime } from "../faults/virtual-time.ts";
import { readVariablesAgain } from "../toolkit.ts";

/** Runs an action for a runner. @returns the exit code of the step */
export type Action = (runner: Runner) => Promise<0 | 1>;

/** Turns of the event loop: a request that hangs is not waited for. */
const MOST_TURNS = 200;
/** A process has one environment and one time. */
let isRunning = false;

/** Does what `dist/index.js` does, but for the handlers and descendants of its process. */
export async function executeHere(action: Action, time: VirtualTime, environment: Readonly<Record<string, string>>): Promise<ProcessEnd> {
  if (isRunning) throw new Error("two runs at the same time need a process each: use world.ts");
  isRunning = true;
  await trustOwn();
  const log: string[] = [];
  const restore = enter(time, environment, (text) => void log.push(text));
  try {
    const runner = createRunner(time);
    logBackgroundFailures(runner.log);
    const exitCode = await action(runner);
    return { exitCode, signal: null, log: log.join("") };
  } finally {
    // A token may still be renewed in the background: the end of the process would end that.
    for (let turn = 0; turn < MOST_TURNS && (turn < 2 || time.isBusy()); turn += 1) await setImmediate();
    restore();
    isRunning = false;
  }
}

/** Gives this process the environment and time of the run, and its output to `write`. @returns restores them */
function enter(time: VirtualTime, environment: Readonly<Record<string, string>>, write: (text: string) => void): () => void {
  const { env, stdout } = process;
  const print = stdout.write.bind(stdout);
  process.env = { ...environment };
  stdout.write = (text: string | Uint8Array) => {
    write(String(text));
    return true;
  };
  const others = process.rawListeners("unhandledRejection") as NodeJS.UnhandledRejectionListener[];
  process.removeAllListeners("unhandledRejection");
  readVariablesAgain();
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
