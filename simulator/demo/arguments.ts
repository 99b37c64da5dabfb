/** The command line of the demo. */
import { isScenarioName, type ScenarioName, scenarios } from "../scenarios/registry.ts";

export interface DemoArguments {
  readonly scenario: ScenarioName;
  /** Simulated seconds per real second while the run waits. */
  readonly speed: number;
  /** Whether to use the action's exit code also where a failure is expected. */
  readonly strict: boolean;
  /** Whether to run all scenarios in all modes, in place of one. */
  readonly all: boolean;
  /** Number of clusters of a fleet, which replaces the scenario; undefined for a scenario. */
  readonly fleet: number | undefined;
  /** Inputs of the action. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** An invalid command line; the message contains the usage. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const DEFAULT_SPEED = 120;
/** For the gallery, which nobody watches. */
const SPEED_OF_ALL = 1200;
/** Options that need no value. */
const FLAGS = ["list", "help", "strict", "all", "drift-issue", "pr-comment"];
const OPTIONS = ["scenario", "speed", "fleet", ...FLAGS];

export const USAGE = `Usage: demo [--scenario <name>] [--mode apply|plan|check|disable] [--drift-issue] [--pr-comment] [--speed <factor>] [--strict] [--<input> <value> ...]
       demo --all [--speed <factor>]
       demo --fleet <clusters> [--speed <factor>]
       demo --list

  --scenario     the scenario to run; "fresh" by default. --list shows all scenarios.
  --drift-issue  also keeps a drift issue and shows it; the mode is check by default.
  --pr-comment   also comments on a pull request and shows the comment; the mode is plan by default.
  --all          runs every scenario in every mode, and a fleet; writes a page of each, with an index, to demo-output/gallery/.
  --fleet        the number of clusters: runs discover, a check of each cluster, and fleet-summary, twice: a subscription vanishes.
  --speed        simulated seconds per real second while the run waits; ${DEFAULT_SPEED} by default, ${SPEED_OF_ALL} with --all.
  --strict       uses the action's exit code, also where a failure is expected.
  --<input>      any input of the action, for example --restart-workloads stale.`;

/** The scenarios, one per line. */
export function scenarioList(): string {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  return scenarios.map(({ name, description }) => `  ${name.padEnd(width)}  ${description}`).join("\n");
}

/** Splits `--name value` and `--name=value`. Skips "--", which npm passes on. */
function parseOptions(args: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? "";
    if (argument === "--") continue;
    const [, name, inline] = /^--([a-z][a-z-]*)(?:=(.*))?$/s.exec(argument) ?? [];
    if (name === undefined) throw new UsageError(`"${argument}" is not an option.\n\n${USAGE}`);
    const next = args[index + 1];
    // Two flags are inputs as well, and may have a value.
    if (FLAGS.includes(name) && inline === undefined && next !== "true" && next !== "false") {
      found.set(name, "true");
      continue;
    }
    const value = inline ?? args[(index += 1)];
    if (value === undefined || (inline === undefined && value.startsWith("--")))
      throw new UsageError(`The option --${name} needs a value.\n\n${USAGE}`);
    found.set(name, value);
  }
  return found;
}

/** The inputs of the action: all that is no option of the demo, and what its flags stand for. */
function inputsOf(options: ReadonlyMap<string, string>): Record<string, string> {
  const isOn = (flag: string): boolean => options.get(flag) === "true";
  return {
    ...(isOn("drift-issue") ? { mode: "check", "drift-issue": "true" } : {}),
    ...(isOn("pr-comment") ? { mode: "plan", "pr-comment": "true" } : {}),
    ...Object.fromEntries([...options].filter(([key]) => !OPTIONS.includes(key))),
  };
}

/**
 * Reads the command line. `knownInputs`: names of the action's inputs.
 * Throws a UsageError for an unknown scenario or option, or a speed that is not a positive number.
 */
export function parseArguments(args: readonly string[], knownInputs: readonly string[]): DemoArguments {
  const options = parseOptions(args);
  const name = options.get("scenario") ?? "fresh";
  if (!isScenarioName(name)) throw new UsageError(`There is no scenario "${name}". The scenarios are:\n\n${scenarioList()}`);
  const all = options.get("all") === "true";
  const speed = Number(options.get("speed") ?? (all ? SPEED_OF_ALL : DEFAULT_SPEED));
  if (!(Number.isFinite(speed) && speed > 0))
    throw new UsageError(`The speed must be a positive number, not "${options.get("speed") ?? ""}".`);
  const fleet = options.get("fleet");
  if (fleet !== undefined && !/^[1-9]\d{0,3}$/.test(fleet)) throw new UsageError(`The fleet must have 1 to 9999 clusters, not "${fleet}".`);
  const inputs = inputsOf(options);
  const unknown = Object.keys(inputs).filter((key) => !knownInputs.includes(key));
  if (unknown.length > 0) {
    throw new UsageError(
      `Neither the demo nor the action has the option --${unknown.join(", --")}.\n\n${USAGE}\n\nInputs of the action: ${knownInputs.join(", ")}`,
    );
  }
  return { scenario: name, speed, strict: options.get("strict") === "true", all, fleet: fleet === undefined ? undefined : Number(fleet), inputs };
}
