/**
 * Proves that the tests do not depend on the machine's speed, or on the order of their files: `npm run test:busy` runs `npm test` five times,
 * each time with the files in another order, while another process keeps each core busy. It prints a line per run, and fails where a test does.
 *
 *     npm run test:busy                        five runs, seeds 1 to 5
 *     npm run test:busy -- --runs 1 --seed 3   the third one again
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { temporaryFolder } from "../simulator/lib/temporary-folder.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

interface Results {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly { readonly status: string; readonly fullName: string; readonly failureMessages?: readonly string[] }[] }[];
}

const { values } = parseArgs({ options: { runs: { type: "string", default: "5" }, seed: { type: "string", default: "1" } } });
const cores = availableParallelism();
const loops: readonly ChildProcess[] = Array.from({ length: cores }, () => spawn(process.execPath, ["--eval", "for (;;);"], { stdio: "ignore" }));
process.once("exit", () => loops.forEach((loop) => loop.kill("SIGKILL")));

let failures = 0;
for (let run = 0; run < Number(values.runs); run += 1) {
  const seed = Number(values.seed) + run;
  const startedAt = performance.now();
  const results = runTests(seed);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  console.log(`seed ${seed}: ${results.numPassedTests} passed, ${results.numFailedTests} failed, ${results.numPendingTests} skipped, in ${seconds} s on ${cores} cores with ${cores} busy loops`);
  for (const { name, assertionResults } of results.testResults) {
    for (const { status, fullName, failureMessages = [] } of assertionResults) if (status === "failed") console.log(`  ${name.replace(ROOT, "")}: ${fullName}: ${failureMessages[0]?.split("\n")[0] ?? ""}`);
  }
  failures += results.numFailedTests;
}
process.exit(failures === 0 ? 0 : 1);

/** Runs `npm test` with the files in the order of a seed. @throws Error if it left no results */
function runTests(seed: number): Results {
  using folder = temporaryFolder();
  const file = join(folder.path, "results.json");
  const { status, stderr } = spawnSync("npm", ["test", "--", "--sequence.shuffle.files", `--sequence.seed=${seed}`, "--reporter=json", `--outputFile.json=${file}`], { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
  const results = JSON.parse(readFileSync(file, "utf8")) as Results;
  // Errors outside of tests, or files that cannot be loaded.
  if (status !== 0 && results.numFailedTests === 0) throw new Error(`npm test ended with ${String(status)}: ${stderr}`);
  return results;
}
