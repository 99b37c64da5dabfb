/** The parts of `src/` that mutants change, and the tests that have to kill them: pure ones, none of which starts the bundle. */
import { globSync } from "node:fs";

export interface Area {
  readonly name: string;
  /** Globs of the files to change. */
  readonly mutate: readonly string[];
  /** Globs of the tests. */
  readonly tests: readonly string[];
  /** Stryker's names of the changes that are not made. */
  readonly withoutMutators: readonly string[];
}

/** The compiler rejects nearly all of them: an empty object where properties are wanted, a function without a result. */
const NO_TYPES = ["ObjectLiteral", "ArrowFunction"];

export const AREAS: readonly Area[] = [
  { name: "put-body", mutate: ["src/azure/put-body.ts"], tests: ["__tests__/azure/{put-body,read-only}.test.ts"], withoutMutators: NO_TYPES },
  // Their texts are words for people, and IDs, whose types name every one.
  { name: "checks", mutate: ["src/checks/**/*.ts"], tests: ["__tests__/checks/**/*.test.ts"], withoutMutators: [...NO_TYPES, "StringLiteral"] },
  { name: "istio", mutate: ["src/istio/**/*.ts"], tests: ["__tests__/istio/**/*.test.ts", "__tests__/checks/findings/*.test.ts"], withoutMutators: NO_TYPES },
  { name: "error-table", mutate: ["src/lib/error-table.ts", "src/lib/error-rows/*.ts"], tests: ["__tests__/lib/{error-table,remedy}.test.ts"], withoutMutators: NO_TYPES },
  { name: "statuses", mutate: ["src/report/{status,verdict}.ts"], tests: ["__tests__/report/{status,verdict}.test.ts"], withoutMutators: NO_TYPES },
  // The tracker only passes on to Octokit: its tests start the bundle.
  { name: "drift-issue", mutate: ["src/github/drift-issue/{marker,news,sync,text}.ts"], tests: ["__tests__/github/drift-issue/*.test.ts"], withoutMutators: NO_TYPES },
];

/** The files of an area's tests, below the working directory. */
export function testFilesOf({ tests }: Area): readonly string[] {
  return globSync([...tests]).toSorted();
}
