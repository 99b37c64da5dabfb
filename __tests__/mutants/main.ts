/**
 * Changes `src/` in thousands of small ways and runs the pure tests against each: `npm run test:mutants`, or `npm run test:mutants --
 * checks istio` for some areas, with the mutants that live. Fails below 90 % in any area. `docs/testing.md` says what is left out and why.
 */
import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { relative } from "node:path";
import { parseArgs } from "node:util";
import type { MutantResult } from "@stryker-mutator/api/core";
import { Stryker } from "@stryker-mutator/core";
import { type Area, AREAS } from "./areas.ts";

/** Of a hundred mutants of an area, how many the tests have to kill. */
const LEAST = 90;

const { positionals: wanted, values } = parseArgs({ allowPositionals: true, options: { concurrency: { type: "string", default: String(availableParallelism()) }, incremental: { type: "boolean", default: false } } });

/** The mutants of an area that were run. A mutant that makes the tests run forever is killed. */
async function mutantsOf({ name, mutate, withoutMutators }: Area): Promise<readonly MutantResult[]> {
  process.env["MUTANTS_AREA"] = name;
  const results = await new Stryker({
    configFile: "__tests__/mutants/stryker.config.json",
    mutate: [...mutate],
    mutator: { plugins: null, excludedMutations: [...withoutMutators] },
    // Stryker takes over what became of a mutant of a constant, whatever tests were added: a whole run starts anew.
    incremental: values.incremental,
    incrementalFile: `build/mutants/${name}.json`,
    tempDirName: `build/mutants/${name}`,
    concurrency: Number(values.concurrency),
  }).runMutationTest();
  return results.filter(({ status }) => status !== "Ignored");
}

const isAlive = ({ status }: MutantResult): boolean => status !== "Killed" && status !== "Timeout";

mkdirSync("build/mutants", { recursive: true });
const table: string[] = [];
for (const area of AREAS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  const started = performance.now();
  const mutants = await mutantsOf(area);
  const alive = mutants.filter(isAlive);
  const score = 100 * (1 - alive.length / mutants.length);
  if (!(score >= LEAST)) process.exitCode = 1;
  const minutes = (performance.now() - started) / 60_000;
  table.push(`| ${area.name} | ${String(mutants.length)} | ${String(mutants.length - alive.length)} | ${String(alive.length)} | ${score.toFixed(1)} % | ${minutes.toFixed(1)} |`);
  if (wanted.length === 0) continue;
  for (const { fileName, location: { start }, mutatorName, replacement = "" } of alive) {
    console.log(`${relative(process.cwd(), fileName)}:${String(start.line)}:${String(start.column)} ${mutatorName}: ${replacement.replace(/\s+/g, " ")}`);
  }
}
console.log(["| Area | Mutants | Killed | Alive | Score | Minutes |", "| :-- | --: | --: | --: | --: | --: |", ...table].join("\n"));
