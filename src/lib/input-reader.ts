/** Reads GitHub's inputs and the environment into typed values, and reports all problems at once. */
import { InputError } from "./errors.ts";
import { nearMisses } from "./near-miss.ts";

/** The value of a list without a restriction, where an empty text is a problem. */
const ANY = "*";

/** GitHub's inputs and environment variables. */
export interface InputSource {
  /** The text of an input; empty if it is not set. */
  input(name: string): string;
  /** The names of the inputs that are set, in lower case: known and unknown ones, also those with an empty text. */
  names(): readonly string[];
  environment(name: string): string;
}

/** Reads inputs one by one and collects their problems. An invalid value reads as its fallback. */
export interface InputReader {
  /** One sentence per problem, each with its input in front: `mode: "x" is none of apply, plan.` */
  readonly problems: string[];
  /** The trimmed text of an input; empty if it is not set. */
  readonly text: (name: string) => string;
  /** The text of an input, else of an environment variable; undefined if both are empty. */
  readonly optional: (name: string, variable?: string) => string | undefined;
  /** Adds a problem if a value does not match: `what` says what it should be. Returns the value. */
  readonly matching: (name: string, value: string | undefined, pattern: RegExp, what: string) => string | undefined;
  /** The items of a list, without duplicates. By default they are separated by whitespace and commas. */
  readonly list: (name: string, separator?: RegExp) => readonly string[];
  readonly oneOf: <T extends string>(name: string, choices: readonly T[], fallback: T) => T;
  readonly flag: (name: string, fallback: boolean) => boolean;
  /** A number above 0 and at most `most`. */
  readonly positive: (name: string, fallback: number, most: number) => number;
  /** As `oneOf`, but an empty text is a problem: only an input that is left out reads as its fallback. */
  readonly oneOfGiven: <T extends string>(name: string, choices: readonly T[], fallback: T) => T;
  /** As `text`, but an empty text is a problem. */
  readonly textGiven: (name: string) => string;
  /** As `list`, but an empty text is a problem: a single `*` reads as a list without items. */
  readonly listGiven: (name: string) => readonly string[];
  /**
   * Ends reading.
   *
   * @param decisive inputs whose misspelling is a problem, because the run would do more without them
   * @returns hints for other inputs that are set, not known, and near to a known one
   * @throws InputError with all problems and hints, if there are problems
   */
  readonly finish: (decisive?: readonly string[]) => readonly string[];
}

/** A reader of the inputs of one run. */
export function inputReader(source: InputSource): InputReader {
  const problems: string[] = [];
  const known = new Set<string>();
  const text = (name: string): string => {
    known.add(name);
    return source.input(name).trim();
  };
  const list: InputReader["list"] = (name, separator = /[\s,]+/) => [...new Set(text(name).split(separator).map((item) => item.trim()))].filter((item) => item !== "");
  const oneOf: InputReader["oneOf"] = (name, choices, fallback) => {
    const value = text(name);
    if (value === "") return fallback;
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) problems.push(`${name}: ${shown(value)} is none of ${choices.join(", ")}.`);
    return choice ?? fallback;
  };
  /** A variable or an input of the workflow that is not set arrives as an empty text: GitHub puts the default in place of an input that is left out only. */
  const isEmpty = (name: string, instead: string): boolean => {
    const empty = /^[\s,]*$/.test(text(name)) && source.names().includes(name);
    if (empty) problems.push(`${name}: is empty. ${instead}`);
    return empty;
  };
  return {
    problems,
    text,
    optional: (name, variable) => {
      const value = text(name) || (variable === undefined ? "" : source.environment(variable).trim());
      return value === "" ? undefined : value;
    },
    matching: (name, value, pattern, what) => {
      if (value !== undefined && !pattern.test(value)) problems.push(`${name}: ${shown(value)} is not ${what}.`);
      return value;
    },
    list,
    oneOf,
    oneOfGiven: (name, choices, fallback) =>
      isEmpty(name, `Set one of ${choices.join(", ")}, or leave it out for ${fallback}; a variable that is not set is empty.`) ? fallback : oneOf(name, choices, fallback),
    textGiven: (name) => (isEmpty(name, "Set a value, or leave it out; a variable that is not set is empty.") ? "" : text(name)),
    listGiven: (name) => {
      if (isEmpty(name, `Set at least one item, or ${ANY}; a variable that is not set is empty.`)) return [];
      const items = list(name);
      return items.length === 1 && items[0] === ANY ? [] : items;
    },
    flag: (name, fallback) => {
      const value = text(name).toLowerCase();
      if (value === "") return fallback;
      if (value !== "true" && value !== "false") problems.push(`${name}: ${shown(value)} is neither true nor false.`);
      return value === "true";
    },
    positive: (name, fallback, most) => {
      const value = text(name);
      if (value === "") return fallback;
      const number = /^\d+(?:\.\d+)?$|^\.\d+$/.test(value) ? Number(value) : Number.NaN;
      if (!(number > 0 && number <= most)) {
        problems.push(`${name}: ${shown(value)} is not a number above 0 and at most ${most}.`);
        return fallback;
      }
      return number;
    },
    finish: (decisive = []) => {
      const misspelled = nearMisses(source.names(), [...known]);
      const hints = misspelled.map(({ given, meant }) => `${given}: is not an input of this action. Did you mean ${meant}?`);
      if (problems.length > 0 || misspelled.some(({ meant }) => decisive.includes(meant))) throw new InputError([...problems, ...hints]);
      return hints;
    },
  };
}

/** A value as a problem quotes it: in quotation marks, and cut where it is long. */
export function shown(value: string): string {
  return JSON.stringify(value.length > 120 ? `${value.slice(0, 120)}…` : value);
}
