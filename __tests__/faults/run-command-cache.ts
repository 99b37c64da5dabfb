/**
 * Run commands in the matrix: the shell, kubectl and jq are real wherever a fault can reach them. Where none can, a script that ran
 * before in the same state of the cluster has the same output, and is not run again.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CommandOptions, type CommandOutcome, type RunningCommand, startCommand } from "../../simulator/index.ts";

/** What is known of the run that a command belongs to. */
export interface CommandScene {
  /** All that the script could see of the cluster, as text. */
  view(): string;
  /** The fault that strikes every request of kubectl from now on; empty for none. */
  ambient(): string;
  /** Whether the next so many requests of kubectl hold one that a fault is to strike once. */
  isAwaited(requests: number): boolean;
  /** How many requests kubectl has sent until now, or would have. */
  readonly sent: number;
  /** Counts requests that need not be sent. */
  skip(requests: number): void;
  /** How many requests until now were struck once, or wrote something. */
  readonly unique: number;
}

interface Known {
  readonly outcome: CommandOutcome;
  readonly requests: number;
}

const NONCE = /\b[0-9a-f]{32}\b/;
/** Of real time: what kubectl waits for in vain need not be waited for to its end. */
const PATIENCE_MS = 2500;
/** In a row of runs, time is virtual: this is the machine's. */
const { setTimeout: realTimeout, clearTimeout: clearRealTimeout } = globalThis;

/** Shared by the processes of one matrix; undefined: this one remembers for itself. */
const directory = process.env["FAULTS_MEMORY"];
const known = new Map<string, Known>();

function remembered(key: string): Known | undefined {
  const own = known.get(key);
  if (own !== undefined || directory === undefined || !existsSync(join(directory, key))) return own;
  const read = JSON.parse(readFileSync(join(directory, key), "utf8")) as Known;
  known.set(key, read);
  return read;
}

function remember(key: string, what: Known): void {
  known.set(key, what);
  if (directory === undefined) return;
  // Whole or not at all: another process may look at any time.
  const draft = join(directory, `${key}.${process.pid}`);
  writeFileSync(draft, JSON.stringify(what));
  renameSync(draft, join(directory, key));
}

let running: RunningCommand | undefined;

/** How many scripts were run, and how many were not since they had been. */
export const commandCounts = { real: 0, known: 0 };

/** A fault has struck the command that runs: it is ended soon. */
export function commandStruck(): void {
  const struck = running;
  if (struck === undefined) return;
  const timer = realTimeout(() => struck.kill("The command did not finish in time and was ended."), PATIENCE_MS);
  void struck.outcome.then(() => clearRealTimeout(timer));
}

/** Runs a command, or says what it said before. */
export function runCommand(options: CommandOptions, scene: CommandScene): RunningCommand {
  const nonce = NONCE.exec(options.command)?.[0];
  if (nonce === undefined) return startCommand(options);
  const key = keyOf(options, nonce, scene);
  const before = remembered(key);
  if (before !== undefined && !scene.isAwaited(before.requests)) {
    commandCounts.known += 1;
    scene.skip(before.requests);
    return { outcome: Promise.resolve({ ...before.outcome, logs: before.outcome.logs.replaceAll(MARK, nonce) }), kill: () => undefined };
  }
  commandCounts.real += 1;
  const { sent, unique } = scene;
  const real = startCommand(options);
  let isClosed = false;
  const outcome = real.outcome.then((end) => {
    running = undefined;
    if (!isClosed && scene.unique === unique) remember(key, { outcome: { ...end, logs: end.logs.replaceAll(nonce, MARK) }, requests: scene.sent - sent });
    return end;
  });
  running = {
    outcome,
    kill: (why) => {
      isClosed ||= why === undefined;
      real.kill(why);
    },
  };
  return running;
}

const MARK = "<nonce>";

function keyOf({ command, context, kubeconfig, outputLimit }: CommandOptions, nonce: string, scene: CommandScene): string {
  // Ports, tokens and certificates are new each time, and say nothing but that they are there.
  const user = kubeconfig.replaceAll(/localhost:\d+/g, "localhost").replaceAll(/(token: "?)[\w-]+\.[\w.-]+/g, "$1").replaceAll(/(-data: )\S+/g, "$1");
  const parts = [command.replaceAll(nonce, MARK), context, user, String(outputLimit), scene.ambient(), scene.view()];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
