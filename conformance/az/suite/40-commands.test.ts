/** Every az command that remedies, documentation and examples print, taken by az's own parser. Nothing is executed. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, inject, it } from "vitest";
import { hasOptions, type PrintedCommand, printedCommands } from "../../../__tests__/docs/printed-commands.ts";
import { temporaryFolder } from "../../../simulator/lib/temporary-folder.ts";

/** What az says of each command: empty where it takes it. */
function problemsOf(commands: readonly PrintedCommand[]): readonly string[] {
  using folder = temporaryFolder();
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder.path, AZURE_CONFIG_DIR: folder.path, AZURE_CORE_COLLECT_TELEMETRY: "no", AZURE_EXTENSION_USE_DYNAMIC_INSTALL: "no" };
  const script = fileURLToPath(new URL("../parse-commands.py", import.meta.url));
  const said: unknown = JSON.parse(execFileSync(join(inject("azFolder"), "bin", "python"), [script], { input: JSON.stringify(commands.map(({ words }) => words)), encoding: "utf8", env, stdio: ["pipe", "pipe", "inherit"] }));
  if (!Array.isArray(said)) throw new Error("The parser's output is no list.");
  return said.map(String);
}

/** Of a command that is only named in a sentence only the name counts: what follows may be the sentence. */
function nameIsKnown(problem: string): boolean {
  return problem === "" || /arguments are required|unrecognized arguments/.test(problem);
}

describe("printed commands", () => {
  const commands = printedCommands();
  const problems = problemsOf(commands);

  it.each(commands.map((command, index) => ({ ...command, problem: problems[index] ?? "not asked" })))("$file: $text", (command) => {
    if (hasOptions(command)) expect(command.problem).toBe("");
    else expect(nameIsKnown(command.problem), command.problem).toBe(true);
  });

  it("the parser refuses what az does not have", () => {
    const wrong = ["aks mesh enable-istio-cni -g g -n n", "aks update --enable-run-command", "aks show -g g -n n --query a[.", "aks mesh proxy-redirection-mechanism -g g -n n --mechanism cni"];
    const asked = wrong.map((text) => ({ file: "", text, words: text.split(" ") }));
    expect(problemsOf(asked).filter((problem) => problem === "")).toEqual([]);
  });
});
