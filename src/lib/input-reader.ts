/** Reads GitHub's inputs and the environment into typed values, and reports all problems at once. */
import { InputError } from "./errors.ts";

/** GitHub's inputs and environment variables. An empty text counts as absent. */
export interface InputSource {
  input(name: string): string;
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
  /** Ends reading. @throws InputError with all problems, if there are any */
  readonly finish: () => void;
}

/** A reader of the inputs of one run. */
export function inputReader(source: InputSource): InputReader {
  const problems: string[] = [];
  const text = (name: string): string => source.input(name).trim();
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
    list: (name, separator = /[\s,]+/) => [...new Set(text(name).split(separator).map((item) => item.trim()))].filter((item) => item !== ""),
    oneOf: (name, choices, fallback) => {
      const value = text(name);
      if (value === "") return fallback;
      const choice = choices.find((known) => known === value);
      if (choice === undefined) problems.push(`${name}: ${shown(value)} is none of ${choices.join(", ")}.`);
      return choice ?? fallback;
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
    finish: () => {
      if (problems.length > 0) throw new InputError(problems);
    },
  };
}

/** A value as a problem quotes it: in quotation marks, and cut where it is long. */
export function shown(value: string): string {
  return JSON.stringify(value.length > 120 ? `${value.slice(0, 120)}…` : value);
}
