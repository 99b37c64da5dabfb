/**
 * Fuzzes what reads bytes from outside: changes known inputs at random, and keeps those that reach new code.
 *
 *     npm run test:fuzz                                 all targets for ten minutes each, one after the other
 *     npm run test:fuzz -- inputs kubeconfig            these
 *     npm run test:fuzz -- --seconds 60 --jobs 2        for a minute each, two at a time
 *     npm run test:fuzz -- protobuf --seed 7            the same inputs again, as far as the time allows
 *
 * Writes the smallest inputs that reach all that was reached to `__tests__/fuzz/corpus/`, and the inputs for which an expectation does
 * not hold to `build/fuzz/`. Exit code 1 if there are any.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { nameOf } from "./corpus.ts";
import { TARGETS } from "./targets.ts";
import { type FuzzResult, type FuzzTask, HEADER, LONGEST_INPUT } from "./task.ts";

const { values, positionals } = parseArgs({
  options: { seconds: { type: "string", default: "600" }, jobs: { type: "string", default: "1" }, seed: { type: "string", default: "1" } },
  allowPositionals: true,
});
const names = positionals.length === 0 ? Object.keys(TARGETS) : positionals;
const unknown = names.filter((name) => TARGETS[name] === undefined);
if (unknown.length > 0) throw new Error(`there is no target ${unknown.join(", ")}, but ${Object.keys(TARGETS).join(", ")}`);
/** Longer than any input takes, also on a busy machine. */
const LONGEST_EXECUTION_MS = 30_000;

const waiting = [...names];
await Promise.all(
  Array.from({ length: Number(values.jobs) }, async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) report(name, await fuzz(name));
  }),
);

/** Runs a target in a thread of its own, which is ended if an input takes too long. */
async function fuzz(name: string): Promise<FuzzResult> {
  const current = new SharedArrayBuffer(HEADER + LONGEST_INPUT);
  const task: FuzzTask = { name, seconds: Number(values.seconds), seed: Number(values.seed), current };
  const worker = new Worker(new URL("worker.ts", import.meta.url), { workerData: task, stdout: true });
  const header = new Int32Array(current, 0, 2);
  let execution = -1;
  return new Promise((resolve, reject) => {
    const watch = setInterval(() => {
      const isSame = execution === Atomics.load(header, 0);
      execution = Atomics.load(header, 0);
      if (!isSame || execution === 0) return;
      const input = Buffer.from(new Uint8Array(current, HEADER, header[1])).toString("base64");
      resolve({ executions: execution, coverage: {}, kept: { inputs: 0, bytes: 0 }, findings: [{ message: `the input takes more than ${LONGEST_EXECUTION_MS / 1000} s`, input }] });
      void worker.terminate();
    }, LONGEST_EXECUTION_MS);
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => clearInterval(watch));
  });
}

function report(name: string, { executions, coverage, kept, findings }: FuzzResult): void {
  const folder = fileURLToPath(new URL("../../build/fuzz/", import.meta.url));
  console.log(`${name}: ${executions.toLocaleString("en")} executions, ${findings.length} findings; corpus: ${kept.inputs} inputs, ${kept.bytes} bytes`);
  for (const [file, { covered, blocks }] of Object.entries(coverage)) console.log(`  ${file}: ${covered} of ${blocks} blocks`);
  for (const { message, input } of findings) {
    process.exitCode = 1;
    const data = Buffer.from(input, "base64");
    const path = `${folder}${name}-${nameOf(data)}`;
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, data);
    console.log(`  finding: ${path}\n${message.replaceAll(/^/gm, "    ")}`);
  }
}
