/** Runs the commands of a page in bash, with stand-ins for az and gh that note what they are called with. */
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";

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
  const standIn = `#!${process.execPath}
const words = [require("node:path").basename(process.argv[1]), ...process.argv.slice(2)];
require("node:fs").appendFileSync(${JSON.stringify(log)}, JSON.stringify(words) + "\\n");
const answer = ${JSON.stringify(answers)}.find(({ to }) => to.every((word) => words.includes(word)));
if (answer !== undefined) console.log(answer.text);
`;
  for (const name of ["az", "gh"]) {
    writeFileSync(join(folder.path, name), standIn);
    chmodSync(join(folder.path, name), 0o755);
  }
  const { status, stderr } = spawnSync("bash", ["--noprofile", "--norc", "-euo", "pipefail", "-c", script], { env: { PATH: `${folder.path}:/usr/bin:/bin` }, encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  return readFileSync(log, "utf8").trim().split("\n").map((line) => JSON.parse(line) as string[]);
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
