import { describe, expect, it } from "vitest";
import { parseArguments, USAGE, UsageError } from "../../../simulator/demo/arguments.ts";

const INPUTS = ["mode", "drift-issue", "pr-comment", "restart-workloads"];
const parse = (...args: string[]) => parseArguments(args, INPUTS);

describe("the demo's command line", () => {
  it.each([
    ["nothing: the scenario fresh", [], { scenario: "fresh", speed: 120, inputs: {} }],
    ["--drift-issue: mode check", ["--drift-issue"], { inputs: { mode: "check", "drift-issue": "true" } }],
    ["--drift-issue as an input with a value", ["--drift-issue", "true", "--mode", "apply"], { inputs: { mode: "apply", "drift-issue": "true" } }],
    ["--pr-comment: mode plan", ["--pr-comment", "--scenario", "stopped"], { scenario: "stopped", inputs: { mode: "plan", "pr-comment": "true" } }],
    ["inputs of the action", ["--", "--mode=check", "--restart-workloads", "stale"], { inputs: { mode: "check", "restart-workloads": "stale" } }],
    ["--all: faster, because nobody watches", ["--all"], { all: true, speed: 1200 }],
    ["--all at a speed", ["--all", "--speed", "60"], { all: true, speed: 60 }],
    ["--fleet", ["--fleet", "50"], { fleet: 50 }],
  ])("takes %s", (_, args, expected) => {
    expect(parse(...args)).toMatchObject(expected);
  });

  it.each([
    ["an unknown scenario", ["--scenario", "nope"], 'There is no scenario "nope"'],
    ["an unknown option", ["--nope", "1"], "has the option --nope"],
    ["a missing value", ["--mode"], "--mode needs a value"],
    ["a speed of nothing", ["--speed", "0"], "The speed must be a positive number"],
    ["a word", ["check"], '"check" is not an option'],
  ])("refuses %s", (_, args, message) => {
    expect(() => parse(...args)).toThrow(UsageError);
    expect(() => parse(...args)).toThrow(message);
  });

  it("refuses --pr-comment where the action has no such input", () => {
    expect(() => parseArguments(["--pr-comment"], ["mode"])).toThrow("has the option --pr-comment");
  });

  it.each(["--scenario", "--mode", "--drift-issue", "--pr-comment", "--all", "--fleet", "--speed", "--strict", "--list"])("explains %s", (option) => {
    expect(USAGE).toContain(option);
  });
});
