/** Runs the commands of a page in bash, with stand-ins for az and gh that note what they are called with. */
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { quote } from "../../src/kubernetes/run-command/shell.ts";

/** What a stand-in prints for a command with these words. The first answer whose words are all there is given. */
export interface Answer {
  readonly to: readonly string[];
  readonly text: string;
}

/** @returns the words of each command, in order, with the program first */
export function followCommands(script: string, answers: readonly Answer[]): readonly (readonly string[])[] {
  using folder = temporaryFolder();
  const log = join(folder.path, "calls");
  writeFileSync(log, "");
  const printed = answers.map(({ to, text }) => `if ${to.map((word) => `has ${quote(word)}`).join(" && ")}; then printf '%s\\n' ${quote(text)}; exit; fi`);
  // Control characters separate words and calls. A stand-in in Node.js would take 50 ms for each call.
  const standIn = `#!/bin/sh
separator=$(printf '\\001')
words=$separator\${0##*/}$separator$(printf '%s\\001' "$@")
printf '%s\\002' "$words" >> ${quote(log)}
has() { case $words in *"$separator$1$separator"*) true ;; *) false ;; esac; }
${printed.join("\n")}
`;
  for (const name of ["az", "gh"]) {
    writeFileSync(join(folder.path, name), standIn);
    chmodSync(join(folder.path, name), 0o755);
  }
  const { status, stderr } = spawnSync("bash", ["--noprofile", "--norc", "-euo", "pipefail", "-c", script], { env: { PATH: `${folder.path}:/usr/bin:/bin` }, encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  return readFileSync(log, "utf8").split("\u0002").slice(0, -1).map((words) => words.split("\u0001").slice(1, -1));
}

/** The value of an option. */
export function option(words: readonly string[], name: string): string {
  const at = words.indexOf(name);
  return at < 0 ? "" : (words[at + 1] ?? "");
}

/** The calls that begin with these words. */
export function callsOf(calls: readonly (readonly string[])[], ...start: readonly string[]): readonly (readonly string[])[] {
  return calls.filter((words) => start.every((word, index) => words[index] === word));
}
