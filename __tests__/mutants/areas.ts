/** The parts of `src/` whose tests are proven by mutants, and the tests that have to kill them: pure ones, none of which starts the bundle. */
import { globSync } from "node:fs";

export interface Area {
  readonly name: string;
  /** Globs of the files to change. */
  readonly mutate: readonly string[];
  /** Globs of the tests. */
  readonly tests: readonly string[];
}

export const AREAS: readonly Area[] = [
  { name: "put-body", mutate: ["src/azure/put-body.ts"], tests: ["__tests__/azure/{put-body,read-only}.test.ts"] },
  { name: "checks", mutate: ["src/checks/**/*.ts"], tests: ["__tests__/checks/**/*.test.ts"] },
  { name: "istio", mutate: ["src/istio/**/*.ts"], tests: ["__tests__/istio/**/*.test.ts"] },
  { name: "error-table", mutate: ["src/lib/error-table.ts", "src/lib/error-rows/*.ts"], tests: ["__tests__/lib/{error-table,remedy}.test.ts"] },
  { name: "statuses", mutate: ["src/report/{status,verdict}.ts"], tests: ["__tests__/report/{status,verdict}.test.ts"] },
  { name: "drift-issue", mutate: ["src/github/drift-issue/*.ts"], tests: ["__tests__/github/drift-issue/*.test.ts"] },
];

/** The files of an area's tests, below the working directory. */
export function testFilesOf({ tests }: Area): readonly string[] {
  return globSync([...tests]).toSorted();
}
