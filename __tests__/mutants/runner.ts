/**
 * Runs the tests of one area for Stryker, in its own process: a mutant takes some milliseconds, where vitest starts a worker and loads all
 * modules again (0.35 s of CPU each, measured). The tests are vitest's and are not changed: `describe`, `it`, `test` and `each` are replaced
 * by {@link collector}, `expect` is vitest's own.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";
import type { InstrumenterContext, MutantCoverage } from "@stryker-mutator/api/core";
import { declareClassPlugin, PluginKind } from "@stryker-mutator/api/plugin";
import {
  determineHitLimitReached, type DryRunResult, DryRunStatus, type MutantRunOptions, type MutantRunResult, type TestResult, type TestRunner,
  type TestRunnerCapabilities, TestStatus, toMutantRunResult,
} from "@stryker-mutator/api/test-runner";
import { build, type Plugin } from "esbuild";
import fc from "fast-check";
import { expect } from "vitest";
import { AREAS, testFilesOf } from "./areas.ts";
import { collector, type CollectedTest } from "./collector.ts";

/** What Stryker's instrumented code reads and writes. */
type Context = { -readonly [Key in keyof InstrumenterContext]: InstrumenterContext[Key] | undefined };
const stryker: Context = ((globalThis as { __stryker__?: Context }).__stryker__ ??= {});

/** One example of each property, the same for each mutant. Nobody reads the example that fails: to shrink it took longer than the mutant may. */
const fewExamples = {
  ...fc,
  assert: <T>(property: fc.IProperty<T> | fc.IAsyncProperty<T>, options?: fc.Parameters<T>): void | Promise<void> => {
    const few = { ...options, seed: 1, numRuns: 1, endOnFailure: true };
    return property.isAsync() ? fc.assert(property, few) : fc.assert(property, few);
  },
};

/** vitest's `expect`, but for files of expected text: outside of vitest they are only read. */
const expectHere = new Proxy(expect, {
  apply(target, _, [received, message]: [unknown, string?]) {
    const toMatchFileSnapshot = async (file: string): Promise<void> => expect(received).toBe(await readFile(file, "utf8"));
    return Object.assign(target(received, message), { toMatchFileSnapshot });
  },
});

interface TestFile {
  readonly name: string;
  readonly script: Script;
  /** The packages that it imports. */
  readonly packages: ReadonlyMap<string, unknown>;
}

class AreaRunner implements TestRunner {
  #files: readonly TestFile[] = [];

  capabilities(): TestRunnerCapabilities {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    const area = AREAS.find(({ name }) => name === process.env["MUTANTS_AREA"]);
    if (area === undefined) throw new Error("MUTANTS_AREA names no area");
    this.#files = await Promise.all(testFilesOf(area).map(compile));
  }

  async dryRun(): Promise<DryRunResult> {
    stryker.activeMutant = undefined;
    const tests: TestResult[] = [];
    for (const file of this.#files) {
      const declared = load(file);
      if (declared.length === 0) throw new Error(`${file.name} declares no tests`);
      for (const test of declared) {
        stryker.currentTestId = test.id;
        tests.push(await run(test, file));
        stryker.currentTestId = undefined;
      }
    }
    const mutantCoverage: MutantCoverage = stryker.mutantCoverage ?? { static: {}, perTest: {} };
    return { status: DryRunStatus.Complete, tests, mutantCoverage };
  }

  /** Loads the tests' modules anew, so that a mutant leaves nothing behind, and stops at the first test that fails. */
  async mutantRun({ activeMutant, mutantActivation, testFilter, hitLimit }: MutantRunOptions): Promise<MutantRunResult> {
    const wanted = testFilter === undefined ? undefined : new Set(testFilter);
    const tests: TestResult[] = [];
    stryker.hitCount = 0;
    stryker.hitLimit = hitLimit;
    for (const file of this.#files) {
      if (wanted !== undefined && ![...wanted].some((id) => id.startsWith(`${file.name}#`))) continue;
      stryker.activeMutant = mutantActivation === "static" ? activeMutant.id : undefined;
      let collected: readonly CollectedTest[];
      try {
        collected = load(file);
      } catch (error) {
        tests.push(failed(file, `${file.name}#loads`, error, 0));
        break;
      }
      stryker.activeMutant = activeMutant.id;
      for (const test of collected) {
        if (wanted?.has(test.id) === false) continue;
        const result = await run(test, file);
        tests.push(result);
        if (result.status === TestStatus.Failed) break;
      }
      if (tests.at(-1)?.status === TestStatus.Failed) break;
    }
    stryker.activeMutant = undefined;
    return toMutantRunResult(determineHitLimitReached(stryker.hitCount, hitLimit) ?? { status: DryRunStatus.Complete, tests });
  }
}

/** A script has no `import.meta`: each module is given its own address instead. */
const OWN_URLS: Plugin = {
  name: "import.meta.url",
  setup(bundle) {
    bundle.onLoad({ filter: /__tests__.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      return { loader: "ts", contents: text.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)) };
    });
  },
};

/** A test file with all that it imports of this repository, as one script. */
async function compile(name: string): Promise<TestFile> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: process.cwd(), entryPoints: [name], bundle: true, write: false, metafile: true, format: "cjs", platform: "node", target: "node24", packages: "external",
    plugins: [OWN_URLS], logLevel: "silent",
  });
  const packages = new Map<string, unknown>();
  for (const { path } of Object.values(metafile.outputs).flatMap(({ imports }) => imports)) packages.set(path, await packageOf(path));
  return { name, packages, script: new Script(`(function (require, module, exports) {${outputFiles[0]?.text ?? ""}\n})`, { filename: name }) };
}

const require = createRequire(import.meta.url);

/** A script cannot wait for a package, and some packages can only be imported. */
async function packageOf(name: string): Promise<unknown> {
  if (name === "vitest") return undefined;
  try {
    return require(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_PACKAGE_PATH_NOT_EXPORTED") throw error;
    return await import(name);
  }
}

/** Evaluates the script with all its modules, and returns the tests that it declares. */
function load({ name, script, packages }: TestFile): readonly CollectedTest[] {
  const { api, tests } = collector(name);
  const replaced: Readonly<Record<string, unknown>> = { vitest: { ...api, expect: expectHere }, "fast-check": { __esModule: true, default: fewExamples, ...fewExamples } };
  const module = { exports: {} };
  const evaluate = script.runInThisContext() as (require: (id: string) => unknown, module: { exports: object }, exports: object) => void;
  evaluate((id) => replaced[id] ?? packages.get(id), module, module.exports);
  return tests;
}

async function run({ id, body }: CollectedTest, file: TestFile): Promise<TestResult> {
  const started = performance.now();
  try {
    await body();
    return { id, name: id, fileName: file.name, timeSpentMs: performance.now() - started, status: TestStatus.Success };
  } catch (error) {
    return failed(file, id, error, performance.now() - started);
  }
}

function failed({ name }: TestFile, id: string, error: unknown, timeSpentMs: number): TestResult {
  return { id, name: id, fileName: name, timeSpentMs, status: TestStatus.Failed, failureMessage: error instanceof Error ? error.message : String(error) };
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, "area", AreaRunner)];
