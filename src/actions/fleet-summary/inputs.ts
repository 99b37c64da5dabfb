/** The inputs of fleet-summary. */
import { readFileSync } from "node:fs";
import { messageOf } from "../../lib/errors.ts";
import { inputReader, type InputSource, shown } from "../../lib/input-reader.ts";
import { parseJson } from "../../lib/json.ts";
import { type ExpectedClusters, readExpectedClusters } from "./expected-clusters.ts";

/** Values of the input fail-on. */
const FAIL_ON = ["drift", "could-not-check", "vanished", "never"] as const;

/** The value of the input expected without a list. A file of that name is `./none`. */
const NO_LIST = "none";

export interface FleetConfig {
  /** Directories, files, and globs of files, with the reports of this run. */
  readonly reports: readonly string[];
  /** The same for the previous run; empty: nothing to compare with. */
  readonly previous: readonly string[];
  /** Path of the list of the previous run's clusters; empty: not set. */
  readonly previousClusters: string;
  /** Whether the step succeeds if there is no cluster. */
  readonly allowEmpty: boolean;
  /** Undefined: no list. */
  readonly expected: ExpectedClusters | undefined;
  readonly failOn: { readonly drift: boolean; readonly couldNotCheck: boolean; readonly vanished: boolean };
}

/**
 * Reads and checks every input.
 *
 * @param read reads a text file, for the input expected, which may be a path
 * @throws InputError with all problems
 */
export function readFleetInputs(source: InputSource, read: (path: string) => string = (path) => readFileSync(path, "utf8")): FleetConfig {
  const reader = inputReader(source);
  const { problems, list, text, textGiven, flag } = reader;
  const reports = list("reports", /\n/);
  if (reports.length === 0) problems.push("reports: is required: set a directory or a glob of report files.");
  const chosen = list("fail-on").map((word) => {
    const known = FAIL_ON.find((choice) => choice === word);
    if (known === undefined) problems.push(`fail-on: ${shown(word)} is none of ${FAIL_ON.join(", ")}.`);
    return known;
  });
  if (chosen.includes("never") && chosen.length > 1) problems.push("fail-on: never cannot be combined with other values.");
  const config = {
    reports,
    previous: list("previous", /\n/),
    previousClusters: text("previous-clusters"),
    allowEmpty: flag("allow-empty", false),
    expected: expectedOf(textGiven("expected")),
    failOn: {
      drift: chosen.length === 0 || chosen.includes("drift"),
      couldNotCheck: chosen.length === 0 || chosen.includes("could-not-check"),
      vanished: chosen.length === 0 || chosen.includes("vanished"),
    },
  };
  reader.finish();
  return config;

  function expectedOf(value: string): ExpectedClusters | undefined {
    if (value === "" || value === NO_LIST) return undefined;
    let content = value;
    if (!value.startsWith("{")) {
      try {
        content = read(value);
      } catch (error) {
        problems.push(`expected: is neither JSON nor the path of a readable file: ${messageOf(error)}`);
        return undefined;
      }
    }
    const expected = readExpectedClusters(parseJson(content));
    if (expected === undefined) problems.push("expected: is not a matrix as discover writes it.");
    return expected;
  }
}
