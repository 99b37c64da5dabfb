/** Where the recordings of real clusters are, if they are: `../shared/oracles` beside the repository, or ISTIO_CNI_ORACLES. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const ORACLES = process.env["ISTIO_CNI_ORACLES"] ?? fileURLToPath(new URL("../../../shared/oracles", import.meta.url));
export const ORACLES_ABSENT = !existsSync(ORACLES);
/** Appended to the titles of tests, so that a skip says why. */
export const WHY_SKIPPED = ORACLES_ABSENT ? ` (skipped: there is no folder ${ORACLES})` : "";

/** One recorded request and its answer. */
export interface Exchange {
  readonly command: string;
  readonly request: { readonly method: string; readonly uri: string; readonly body: unknown };
  readonly response: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: unknown };
}

export function readOracle(path: string): unknown {
  return JSON.parse(readFileSync(`${ORACLES}/${path}`, "utf8"));
}

/** The recorded exchanges of a file, as they are: their shape is the recording's, and only tests rely on it. */
export function exchanges(path: string): readonly Exchange[] {
  return readOracle(path) as readonly Exchange[];
}

export function oracleFiles(path: string): readonly string[] {
  return ORACLES_ABSENT ? [] : readdirSync(`${ORACLES}/${path}`).map((name) => `${path}/${name}`);
}

/** A situation of the field. Its shape is the recordings', and only tests rely on it. */
export interface FieldCase {
  readonly situation: string;
  readonly kind: string;
  readonly input: unknown;
  readonly expect: unknown;
}

/** The recorded situations of a kind, in the order of their files. */
export function fieldCases(kind: string): readonly FieldCase[] {
  return oracleFiles("field-cases")
    .filter((path) => path.endsWith(".json"))
    .sort()
    .map((path) => readOracle(path) as FieldCase)
    .filter((each) => each.kind === kind);
}
