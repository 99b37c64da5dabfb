/**
 * The fault matrix: a fault at each request. For each scenario and mode the requests of a run without a fault are numbered. Then each
 * kind of fault (`fault-kinds.ts`) is injected at each request, in a new world, and the end of the run is evaluated (`evaluate-run.ts`).
 * A case whose end another run proves is not run itself (`equivalences.ts`).
 *
 *     npm run test:faults                                   the whole matrix; exit code 1 where a run has a disallowed end
 *     npm run test:faults -- --jobs 1 --json counts.json    in this process; writes the counts as JSON
 *     npm run test:faults -- --scenario fresh,private --mode apply --fault 503 --request '^PUT' --nth 12 --verbose
 *     npm run test:faults -- --part 3/8                     one case in eight; --without private excludes scenarios
 *     npm run test:faults -- --part 1/200 --no-pruning      also runs the cases that are proven, and compares the ends
 *     FAULTS_NETWORK=loopback npm run test:faults           with real HTTPS in place of the network in memory
 *
 * Ctrl-C prints the counts so far. Polls are up to 100 s apart, so that a run has half of the requests. Faults at kubectl's own requests
 * need the real kubectl and take real time: one in 40 is injected (`--kubectl 1` for all). Two processes more than cores, because runs with
 * the real kubectl mostly wait.
 */
// First: it replaces functions of Node.js, which other modules keep.
import "./virtual-time.ts";
import { type ChildProcess, fork } from "node:child_process";
import { writeFileSync, writeSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { MODES } from "../../src/contract.ts";
import { scenarios } from "../../simulator/index.ts";
import { MatrixCounts } from "./counts.ts";
import { runUnit, type Unit, type WorkerMessage } from "./run-unit.ts";

const { values } = parseArgs({
  options: {
    part: { type: "string", default: "1/1" },
    jobs: { type: "string", default: String(availableParallelism() + 2) },
    kubectl: { type: "string", default: "40" },
    json: { type: "string" },
    scenario: { type: "string" },
    mode: { type: "string" },
    fault: { type: "string" },
    nth: { type: "string" },
    request: { type: "string" },
    without: { type: "string", default: "" },
    verbose: { type: "boolean", default: false },
    "no-pruning": { type: "boolean", default: false },
    brief: { type: "boolean", default: false },
  },
});
const [part = 1, parts = 1] = values.part.split("/").map(Number);
const kubectl = Number(values.kubectl);
/** The number of shares of a cell, so that the processes end at about the same time. */
const SHARES = 4;
/** Real milliseconds; a run takes a tenth of a second, one with real commands some seconds. */
const LONGEST_RUN_MS = 240_000;
const PROGRESS_MS = 15_000;
const { setTimeout: realTimeout, clearTimeout: clearRealTimeout } = globalThis;

const counts = new MatrixCounts();
const startedAt = performance.now();
const units = allUnits();
const total = units.length;
let done = 0;
const children = new Set<ChildProcess>();
/** The cache of run commands, shared by the processes. */
const cache = temporaryFolder();
process.once("exit", () => cache[Symbol.dispose]());
const env = { ...process.env, FAULTS_CACHE: cache.path, FAULTS_ORIGIN: String(Date.now()) };

function allUnits(): Unit[] {
  const selection = { part, parts, kubectl, fault: values.fault, nth: values.nth === undefined ? undefined : Number(values.nth), request: values.request };
  const shares = values.jobs === "1" || parts > SHARES ? 1 : SHARES;
  const isSelected = (name: string, list: string | undefined): boolean => list === undefined || list.split(",").includes(name);
  const chosen = scenarios.map(({ name }) => name).filter((name) => isSelected(name, values.scenario) && !values.without.split(",").includes(name));
  // The scenario with real programs first: it waits more than it computes, and its shares take the longest.
  const inOrder = chosen.toSorted((a, b) => Number(b === "private") - Number(a === "private"));
  const modes = MODES.filter((mode) => isSelected(mode, values.mode));
  return inOrder.flatMap((scenario) => Array.from({ length: shares }, (_, share) => ({ scenario, modes, share, shares, selection, checksPruning: values["no-pruning"], verbose: values.verbose })));
}

/** Prints lines, also while a run keeps what is printed to itself. */
function print(text: string): void {
  writeSync(1, `${text}\n`);
}

/** Prints the matrix and ends the process. `interruption`: why the matrix is incomplete, which is a failure; "" where it is complete. */
function finish(interruption: string): never {
  for (const child of children) child.kill("SIGKILL");
  const isComplete = interruption === "";
  print(`\n${counts.table(!values.brief).join("\n")}`);
  const took = `${Math.round((performance.now() - startedAt) / 1000)} s in ${values.jobs} ${values.jobs === "1" ? "process" : "processes"}`;
  print([...counts.footer(kubectl), `${parts === 1 ? "" : `Part ${part} of ${parts}. `}${took}.${isComplete ? "" : ` INCOMPLETE after ${done} of ${total} shares: ${interruption}.`}`].join("\n"));
  if (counts.disallowed.length > 0) print(`\n${counts.disallowed.map((text) => `DISALLOWED ${text}`).join("\n")}`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(counts.json(isComplete), undefined, 2)}\n`);
  process.exit(isComplete && counts.disallowed.length === 0 && counts.cases > 0 ? 0 : 1);
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => finish(`stopped by ${signal}`));

function handle(message: WorkerMessage): void {
  if (message.kind === "line") print(message.text);
  if (message.kind !== "done") return;
  done += 1;
  for (const batch of message.batches) counts.add(batch);
}

/** Starts a worker process and sends it one unit after the other; resolves when no unit is left. */
function startWorker(): Promise<void> {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(new URL("worker.ts", import.meta.url)), [], { execArgv: ["--import", "tsx", "--max-semi-space-size=64"], env });
    children.add(child);
    let current = "its start";
    let isOver = false;
    let timeout: NodeJS.Timeout | undefined;
    const restartTimeout = (): void => {
      clearRealTimeout(timeout);
      timeout = realTimeout(() => finish(`no end within ${LONGEST_RUN_MS / 1000} s of real time: ${current}`), LONGEST_RUN_MS);
    };
    const next = (): void => {
      const unit = units.shift();
      if (unit !== undefined) {
        restartTimeout();
        child.send(unit);
        return;
      }
      isOver = true;
      clearRealTimeout(timeout);
      children.delete(child);
      child.disconnect();
      resolve();
    };
    child.on("message", (message: WorkerMessage) => {
      restartTimeout();
      handle(message);
      if (message.kind === "begin") current = message.text;
      if (message.kind === "done") next();
    });
    child.on("exit", (code, signal) => {
      if (!isOver) finish(`a worker process ended (${signal ?? String(code)}) during ${current}`);
    });
    next();
  });
}

const progress = setInterval(() => {
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  process.stderr.write(`${done} of ${total} shares, ${counts.cases} cases, ${counts.disallowed.length} disallowed, ${seconds} s\n`);
}, PROGRESS_MS);
if (values.jobs === "1") for (const unit of units.splice(0)) await runUnit(unit, handle);
else await Promise.all(Array.from({ length: Math.max(1, Number(values.jobs)) }, startWorker));
clearInterval(progress);
finish("");
