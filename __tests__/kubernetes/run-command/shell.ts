/** Runs generated commands with the real /bin/sh, and a kubectl of the test's own or the real one on PATH. */
import { execFile, spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CommandResult } from "../../../src/kubernetes/run-command/run-command-api.ts";

const isThere = (program: string): boolean => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
export const NO_JQ = !isThere("jq");
export const NO_KUBECTL = !isThere("kubectl") || NO_JQ;
/** Appended to titles, so that a skip says why. */
export const WHY_NO_JQ = NO_JQ ? " (skipped: jq is not installed)" : "";
export const WHY_NO_KUBECTL = NO_KUBECTL ? " (skipped: kubectl or jq is not installed)" : "";

/** Runs a command as the pod of a run command does: its output is what it prints, stderr too. */
export function runInShell(command: string, environment: Readonly<Record<string, string>> = {}, cwd = tmpdir()): Promise<CommandResult> {
  return new Promise((resolve) => {
    execFile("/bin/sh", ["-c", `exec 2>&1; ${command}`], { env: { PATH: process.env["PATH"], ...environment }, cwd, maxBuffer: 1e9 }, (error, stdout) => {
      const code = error?.code;
      resolve({ exitCode: error === null ? 0 : typeof code === "number" ? code : 1, logs: stdout });
    });
  });
}

/** Puts a kubectl first on PATH. It prints what it is told to, and notes its arguments, each on a line. */
export function stubKubectl(folder: string, says: { readonly stdout: string; readonly stderr?: string; readonly exitCode?: number }): Readonly<Record<string, string>> {
  writeFileSync(join(folder, "stdout"), says.stdout);
  writeFileSync(join(folder, "stderr"), says.stderr ?? "");
  const path = join(folder, "kubectl");
  writeFileSync(
    path,
    `#!/bin/sh\nfor a in "$@"; do printf '%s\\n' "$a" >> "$STUB/arguments"; done\ncat >> "$STUB/stdin"\ncat "$STUB/stdout"\ncat "$STUB/stderr" >&2\nexit ${says.exitCode ?? 0}\n`,
  );
  chmodSync(path, 0o755);
  return { STUB: folder, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
}
