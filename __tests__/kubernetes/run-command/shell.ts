/** Runs generated commands with the real /bin/sh, with the real kubectl or a stub first on PATH. */
import { execFile, spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CommandResult } from "../../../src/kubernetes/run-command/run-command-api.ts";

const isInstalled = (program: string): boolean => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
export const NO_JQ = !isInstalled("jq");
export const NO_KUBECTL = !isInstalled("kubectl") || NO_JQ;
/** Appended to titles: why the tests are skipped. */
export const WHY_NO_JQ = NO_JQ ? " (skipped: jq is not installed)" : "";
export const WHY_NO_KUBECTL = NO_KUBECTL ? " (skipped: kubectl or jq is not installed)" : "";

/** Runs a command as the pod of a run command does. The output includes stderr. */
export function runInShell(command: string, environment: Readonly<Record<string, string>> = {}, cwd = tmpdir()): Promise<CommandResult> {
  return new Promise((resolve) => {
    execFile("/bin/sh", ["-c", `exec 2>&1; ${command}`], { env: { PATH: process.env["PATH"], ...environment }, cwd, maxBuffer: 1e9 }, (error, stdout) => {
      const code = error?.code;
      resolve({ exitCode: error === null ? 0 : typeof code === "number" ? code : 1, logs: stdout });
    });
  });
}

/** Puts a stub of kubectl first on PATH. It prints `output`, and records its arguments in a file, one per line. */
export function stubKubectl(folder: string, output: { readonly stdout: string; readonly stderr?: string; readonly exitCode?: number }): Readonly<Record<string, string>> {
  writeFileSync(join(folder, "stdout"), output.stdout);
  writeFileSync(join(folder, "stderr"), output.stderr ?? "");
  const path = join(folder, "kubectl");
  writeFileSync(
    path,
    `#!/bin/sh\nfor a in "$@"; do printf '%s\\n' "$a" >> "$STUB/arguments"; done\ncat >> "$STUB/stdin"\ncat "$STUB/stdout"\ncat "$STUB/stderr" >&2\nexit ${output.exitCode ?? 0}\n`,
  );
  chmodSync(path, 0o755);
  return { STUB: folder, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
}
