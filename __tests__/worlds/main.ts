/**
 * Random worlds: a world is generated, and check, plan, apply and check are run in it. The invariants of `invariants/` must hold.
 *
 *     npm run test:worlds                                       ten thousand worlds; exit code 1 where one violates an invariant
 *     npm run test:worlds -- --worlds 500 --seed 7 --jobs 2     others, by another seed
 *     npm run test:worlds -- --seed 31 --path 12:0:3 --verbose  one world again, as a failure names it, with the logs of its runs
 *
 * Ctrl-C prints the counts so far. One batch in twenty has worlds that only run commands reach, and one is checked by all transports;
 * both need kubectl and jq, and are left out where these are missing.
 */
import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { missingCommandTools } from "../../simulator/azure/command-process.ts";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { toolPath } from "../tool-path.ts";
import { addCounts, type Counts, tables } from "./counts.ts";
import { REGRESSIONS } from "./regressions.ts";
import { type Batch, KINDS, type Message } from "./run-batch.ts";

const { values } = parseArgs({
  options: {
    worlds: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    path: { type: "string" },
    kind: { type: "string" },
    jobs: { type: "string", default: String(availableParallelism()) },
    verbose: { type: "boolean", default: false },
    brief: { type: "boolean", default: false },
  },
});
/** Worlds a batch; fewer where kubectl takes its time. */
const BATCH = 50;
const SLOW_BATCH = 5;
const SLOW_EVERY = 20;
const PROGRESS_MS = 15_000;
/** Real milliseconds without news from a worker. */
const LONGEST_WORLD_MS = 300_000;

const startedAt = performance.now();
const counts: Counts = {};
const failures: string[] = [];
const batches = allBatches();
const wanted = batches.reduce((sum, { worlds }) => sum + worlds, 0);
let played = 0;
const children = new Set<ChildProcess>();
/** The CPU time of each worker, ms. */
const cpu = new Map<ChildProcess, number>();
const tools = temporaryFolder();
process.once("exit", () => tools[Symbol.dispose]());
const env = { ...process.env, PATH: toolPath(tools.path) };

function allBatches(): Batch[] {
  const { path, verbose } = values;
  const kind = KINDS.find((name) => name === values.kind);
  const seed = Number(values.seed);
  if (path !== undefined) return [{ kind: kind ?? "direct", seed, worlds: 1, path, verbose }];
  const hasKubectl = missingCommandTools().length === 0;
  const all: Batch[] = kind === undefined || kind === "regressions" ? [{ kind: "regressions", seed, worlds: REGRESSIONS.length, path, verbose }] : [];
  if (kind === "regressions") return all;
  for (let left = Number(values.worlds), index = 0; left > 0; index += 1) {
    const due = index % SLOW_EVERY === SLOW_EVERY - 1 ? "commands" : index % SLOW_EVERY === SLOW_EVERY / 2 ? "transports" : "direct";
    const chosen = kind ?? (hasKubectl ? due : "direct");
    const worlds = Math.min(left, chosen === "direct" ? BATCH : SLOW_BATCH);
    all.push({ kind: chosen, seed: seed + index, worlds, path: undefined, verbose });
    left -= worlds;
  }
  return all;
}

/** Prints the result and ends the process. `interruption`: why it is incomplete; "" where it is complete. */
function finish(interruption: string): never {
  for (const child of children) child.kill("SIGKILL");
  if (!values.brief) console.log(`\n${tables(counts).join("\n")}`);
  for (const failure of failures) console.log(`\nVIOLATED ${failure}`);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  console.log(`\n${played} worlds, ${failures.length} batches with a violation, seed ${values.seed}, ${seconds} s in ${values.jobs} processes, ${Math.round([...cpu.values()].reduce((sum, ms) => sum + ms, 0) / 1000)} s of CPU.${interruption === "" ? "" : ` INCOMPLETE: ${interruption}.`}`);
  process.exit(interruption === "" && failures.length === 0 && played > 0 ? 0 : 1);
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => finish(`stopped by ${signal}`));

function handle(message: Message, { seed }: Batch, child: ChildProcess): void {
  if (message.kind === "played") played += 1;
  if (message.kind === "line") console.log(message.text);
  if (message.kind !== "done") return;
  addCounts(counts, message.counts);
  cpu.set(child, message.cpuMs);
  if (message.failure === undefined) return;
  failures.push(message.failure);
  console.log(`\nVIOLATED in the batch of seed ${seed}: ${message.failure}`);
}

/** Starts a worker process and sends it one batch after the other; resolves when none is left. */
function startWorker(): Promise<void> {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(new URL("worker.ts", import.meta.url)), [], { execArgv: ["--import", "tsx", "--max-semi-space-size=64"], env });
    children.add(child);
    let current: Batch | undefined;
    let timeout: NodeJS.Timeout | undefined;
    const next = (): void => {
      current = batches.shift();
      clearTimeout(timeout);
      if (current === undefined) {
        children.delete(child);
        child.disconnect();
        resolve();
        return;
      }
      const { seed } = current;
      timeout = setTimeout(() => finish(`no news for ${LONGEST_WORLD_MS / 1000} s of the batch of seed ${seed}`), LONGEST_WORLD_MS);
      child.send(current);
    };
    child.on("message", (message: Message) => {
      timeout?.refresh();
      if (current !== undefined) handle(message, current, child);
      if (message.kind === "done") next();
    });
    child.on("exit", (code, signal) => {
      if (current !== undefined) finish(`a worker process ended (${signal ?? String(code)}) in the batch of seed ${current.seed}`);
    });
    next();
  });
}

const progress = setInterval(() => {
  process.stderr.write(`${played} of ${wanted} worlds, ${failures.length} batches with a violation, ${Math.round((performance.now() - startedAt) / 1000)} s\n`);
}, PROGRESS_MS);
await Promise.all(Array.from({ length: Math.max(1, Number(values.jobs)) }, startWorker));
clearInterval(progress);
finish("");
