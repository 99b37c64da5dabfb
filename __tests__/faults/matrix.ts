/**
 * A fault at every request. For each scenario and mode the requests of a clean run are numbered; then each is struck by each kind of
 * fault (`kinds.ts`), in a world of its own, and the end is judged by that world (`verdict.ts`).
 *
 *     npm run test:faults                                   the whole, on every core; ends with 1 where a run ended as none may
 *     npm run test:faults -- --jobs 1 --json counts.json    in this process; the counts as JSON
 *     npm run test:faults -- --scenario fresh,private --mode apply --fault 503 --request '^PUT' --nth 12 --verbose
 *     npm run test:faults -- --part 3/8                     every eighth case; --without private leaves scenarios out
 *
 * Ctrl-C prints what there is. Polls are 30 s apart, so that a run has a third of the requests. Faults at kubectl's own requests need the
 * real kubectl and wait in real time: one in 40 is tried (`--kubectl 1` for all).
 */
import { type ChildProcess, fork } from "node:child_process";
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MODES } from "../../src/contract.ts";
import { scenarios } from "../../simulator/index.ts";
import { temporaryFolder } from "../../simulator/temporary-folder.ts";
import { Tally } from "./tally.ts";
import { type Said, type Unit, work } from "./work.ts";

const { values } = parseArgs({
  options: {
    part: { type: "string", default: "1/1" },
    jobs: { type: "string", default: String(availableParallelism()) },
    kubectl: { type: "string", default: "40" },
    json: { type: "string" },
    scenario: { type: "string" },
    mode: { type: "string" },
    fault: { type: "string" },
    nth: { type: "string" },
    request: { type: "string" },
    without: { type: "string", default: "" },
    verbose: { type: "boolean", default: false },
    brief: { type: "boolean", default: false },
  },
});
const [part = 1, parts = 1] = values.part.split("/").map(Number);
const kubectl = Number(values.kubectl);
/** So many shares of a cell, so that the processes end together. */
const SHARES = 8;
/** Of real time; a run takes a tenth of a second, one with real commands some. */
const LONGEST_RUN_MS = 240_000;
const PROGRESS_MS = 15_000;
const { setTimeout: realTimeout, clearTimeout: clearRealTimeout } = globalThis;

const tally = new Tally();
const startedAt = performance.now();
const units = allUnits();
const total = units.length;
let done = 0;
const children = new Set<ChildProcess>();
/** Of the outputs of run commands, shared by the processes. */
const memory = temporaryFolder();
process.once("exit", () => memory[Symbol.dispose]());
const env = { ...process.env, FAULTS_MEMORY: memory.path, FAULTS_ORIGIN: String(Date.now()) };

function allUnits(): Unit[] {
  const selection = { part, parts, kubectl, fault: values.fault, nth: values.nth === undefined ? undefined : Number(values.nth), request: values.request };
  const shares = values.jobs === "1" ? 1 : SHARES;
  const isWanted = (name: string, list: string | undefined): boolean => list === undefined || list.split(",").includes(name);
  const chosen = scenarios.map(({ name }) => name).filter((name) => isWanted(name, values.scenario) && !values.without.split(",").includes(name));
  // The slowest first: nobody should wait for one of its shares at the end.
  const slowFirst = chosen.toSorted((a, b) => Number(b === "private") - Number(a === "private"));
  return slowFirst.flatMap((scenario) =>
    MODES.filter((mode) => isWanted(mode, values.mode)).flatMap((mode) => Array.from({ length: shares }, (_, share) => ({ scenario, mode, share, shares, selection, verbose: values.verbose }))),
  );
}

/** Prints the matrix and ends the process. Cut short, it failed, and says how far it came. */
function finish(why: string): never {
  for (const child of children) child.kill("SIGKILL");
  const isWhole = why === "";
  console.log(`\n${tally.table(!values.brief).join("\n")}`);
  const took = `${Math.round((performance.now() - startedAt) / 1000)} s in ${values.jobs} ${values.jobs === "1" ? "process" : "processes"}`;
  console.log([...tally.footer(kubectl), `${parts === 1 ? "" : `Part ${part} of ${parts}. `}${took}.${isWhole ? "" : ` CUT SHORT after ${done} of ${total} shares: ${why}.`}`].join("\n"));
  if (tally.broken.length > 0) console.log(`\n${tally.broken.map((text) => `DISALLOWED ${text}`).join("\n")}`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(tally.json(isWhole), undefined, 2)}\n`);
  process.exit(isWhole && tally.broken.length === 0 && tally.runs > 0 ? 0 : 1);
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => finish(`stopped by ${signal}`));

function hear(said: Said): void {
  if (said.kind === "line") console.log(said.text);
  if (said.kind !== "done") return;
  done += 1;
  tally.add(said.batch);
}

/** Hands a child one unit after the other; resolves when there are none left. */
function employ(): Promise<void> {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(new URL("worker.ts", import.meta.url)), [], { execArgv: ["--import", "tsx"], env });
    children.add(child);
    let at = "its start";
    let isOver = false;
    let late: NodeJS.Timeout | undefined;
    const hurry = (): void => {
      clearRealTimeout(late);
      late = realTimeout(() => finish(`no end within ${LONGEST_RUN_MS / 1000} s of real time: ${at}`), LONGEST_RUN_MS);
    };
    const next = (): void => {
      const unit = units.shift();
      if (unit !== undefined) {
        hurry();
        child.send(unit);
        return;
      }
      isOver = true;
      clearRealTimeout(late);
      children.delete(child);
      child.disconnect();
      resolve();
    };
    child.on("message", (said: Said) => {
      hurry();
      hear(said);
      if (said.kind === "begin") at = said.what;
      if (said.kind === "done") next();
    });
    child.on("exit", (code, signal) => {
      if (!isOver) finish(`a process died (${signal ?? String(code)}) at ${at}`);
    });
    next();
  });
}

const progress = setInterval(() => {
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  process.stderr.write(`${done} of ${total} shares, ${tally.runs} runs, ${tally.broken.length} disallowed, ${seconds} s\n`);
}, PROGRESS_MS);
if (values.jobs === "1") for (const unit of units.splice(0)) await work(unit, hear);
else await Promise.all(Array.from({ length: Math.max(1, Number(values.jobs)) }, employ));
clearInterval(progress);
finish("");
