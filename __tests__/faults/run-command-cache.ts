/**
 * Caches the results of run commands in the matrix. A script is really run, with shell, kubectl and jq, where a fault can affect it.
 * Otherwise a script that ran before with the same state of the cluster has the same output, and is not run again.
 */
import { createHash } from "node:crypto";
import { type CommandOptions, type CommandOutcome, type RunningCommand, startCommand } from "../../simulator/index.ts";
import { SharedCache } from "./shared-cache.ts";

/** The run that a command belongs to. */
export interface CommandContext {
  /** Everything that the script can read from the cluster, as text. */
  snapshot(): string;
  /** The fault that affects all requests of kubectl from now on; "" for none. */
  persistentFault(): string;
  /** Whether a single fault is to be injected at one of this many next requests of kubectl. */
  isFaultAmong(requests: number): boolean;
  /** The number of kubectl's requests until now, including those of cached commands. */
  readonly sent: number;
  /** Counts the requests of a cached command. */
  skip(requests: number): void;
  /** The number of requests until now that had a single fault or wrote something: results with such requests are not cached. */
  readonly uncacheable: number;
}

/** A cached result, and the number of its requests. */
interface CachedCommand {
  readonly outcome: CommandOutcome;
  readonly requests: number;
}

const PLACEHOLDER = "<nonce>";
const NONCE = /\b[0-9a-f]{32}\b/;
/** Real milliseconds that kubectl may wait for a request with a fault. */
const MOST_AFTER_FAULT_MS = 2500;
/** The real timers: during a run the global ones are virtual. */
const { setTimeout: realTimeout, clearTimeout: clearRealTimeout } = globalThis;

const cache = new SharedCache<CachedCommand>();

let running: RunningCommand | undefined;

/** The numbers of scripts that were run and of those taken from the cache. */
export const commandCounts = { run: 0, cached: 0 };

/** Ends the running command soon, since one of its requests had a fault. */
export function limitRunningCommand(): void {
  const limited = running;
  if (limited === undefined) return;
  const timer = realTimeout(() => limited.kill("The command did not finish in time and was ended."), MOST_AFTER_FAULT_MS);
  void limited.outcome.then(() => clearRealTimeout(timer));
}

/** Runs a command, or returns its cached result. */
export function runCommand(options: CommandOptions, context: CommandContext): RunningCommand {
  const nonce = NONCE.exec(options.command)?.[0];
  if (nonce === undefined) return startCommand(options);
  const key = keyOf(options, nonce, context);
  const cached = cache.get(key);
  if (cached !== undefined && !context.isFaultAmong(cached.requests)) {
    commandCounts.cached += 1;
    context.skip(cached.requests);
    return { outcome: Promise.resolve({ ...cached.outcome, logs: cached.outcome.logs.replaceAll(PLACEHOLDER, nonce) }), kill: () => undefined };
  }
  commandCounts.run += 1;
  const { sent, uncacheable } = context;
  const faultBefore = context.persistentFault();
  const started = startCommand(options);
  let isClosed = false;
  const outcome = started.outcome.then((end) => {
    running = undefined;
    // A fault that stays may have begun in this command.
    const isAsBefore = context.uncacheable === uncacheable && context.persistentFault() === faultBefore;
    if (!isClosed && isAsBefore) cache.set(key, { outcome: { ...end, logs: end.logs.replaceAll(nonce, PLACEHOLDER) }, requests: context.sent - sent });
    return end;
  });
  running = {
    outcome,
    kill: (reason) => {
      isClosed ||= reason === undefined;
      started.kill(reason);
    },
  };
  return running;
}

function keyOf({ command, context, kubeconfig, outputLimit }: CommandOptions, nonce: string, { persistentFault, snapshot }: Pick<CommandContext, "persistentFault" | "snapshot">): string {
  // Ports, tokens and certificates differ each time without any effect.
  const user = kubeconfig.replaceAll(/localhost:\d+/g, "localhost").replaceAll(/(token: "?)[\w-]+\.[\w.-]+/g, "$1").replaceAll(/(-data: )\S+/g, "$1");
  const parts = [command.replaceAll(nonce, PLACEHOLDER), context, user, String(outputLimit), persistentFault(), snapshot()];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
