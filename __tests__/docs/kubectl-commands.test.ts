/** The kubectl commands of remedies, taken by kubectl's own parser where it is installed. Nothing is sent: help ends the command. */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { printedCommands } from "./printed-commands.ts";

const isInstalled = spawnSync("kubectl", ["version", "--client"], { encoding: "utf8" }).status === 0;

/** What kubectl says of a command; empty if it takes it. */
function problemOf(words: readonly string[]): string {
  const { status, stderr } = spawnSync("kubectl", [...words, "--help"], { encoding: "utf8" });
  return status === 0 ? "" : stderr;
}

describe.skipIf(!isInstalled)("kubectl commands in remedies and documentation", () => {
  // Scripts of run commands are not printed: kubernetes/transports.test.ts runs them.
  const commands = printedCommands("kubectl").filter(({ file, words }) => words.some((word) => word.startsWith("-")) && !file.startsWith("src/kubernetes/run-command/"));

  it("are found", () => expect(commands.length).toBeGreaterThan(10));

  it.each(commands)("$file: $text", ({ words }) => {
    expect(problemOf(words)).toBe("");
  });

  it("the parser refuses what kubectl does not have", () => {
    expect(problemOf(["get", "pods", "--all-namespaces", "--limit", "1"])).toContain("unknown flag");
  });
});
