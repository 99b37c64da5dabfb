/** Runs the commands of run commands on this machine: a shell with kubectl, jq and a kubeconfig in place of the command's pod. */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { unzip } from "./zip.ts";

/** How a command ended. exitCode is undefined where it was killed or could not start. */
export interface CommandOutcome {
  readonly exitCode: number | undefined;
  /** Standard output and error in the order of writing, cut at the limit. */
  readonly logs: string;
  /** Why it did not end by itself; "" where it did. */
  readonly reason: string;
}

export interface CommandOptions {
  readonly command: string;
  /** Base64 of a zip archive with the files of the command's working directory; "" for none. */
  readonly context: string;
  readonly kubeconfig: string;
  /** Bytes of output that are kept, from the start. */
  readonly outputLimit: number;
  /** Real milliseconds. */
  readonly killAfter: number;
}

/** Starts a command; never throws. */
export type StartCommand = (options: CommandOptions) => RunningCommand;

export interface RunningCommand {
  readonly outcome: Promise<CommandOutcome>;
  /** Kills the command. `reason`: the reason in its outcome. */
  kill(reason?: string): void;
}

const TOOLS = ["kubectl", "jq"] as const;

function pathOf(tool: string): string | undefined {
  const candidates = (process.env["PATH"] ?? "").split(delimiter).map((directory) => join(directory, tool));
  return candidates.find((candidate) => {
    try {
      accessSync(candidate, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The tools that run commands need and this machine lacks: kubectl, jq, both or none. */
export function missingCommandTools(): string[] {
  return TOOLS.filter((tool) => pathOf(tool) === undefined);
}

function searchPath(): string {
  const directories = TOOLS.map(pathOf).flatMap((path) => (path === undefined ? [] : [dirname(path)]));
  return [...new Set([...directories, "/usr/bin", "/bin"])].join(delimiter);
}

/** Writes the home, the kubeconfig and the working directory with the files of the context. */
function prepareDirectory(directory: string, { kubeconfig, context }: CommandOptions): void {
  for (const name of ["home", "work"]) mkdirSync(join(directory, name));
  writeFileSync(join(directory, "kubeconfig"), kubeconfig, { mode: 0o600 });
  for (const { path, content } of context === "" ? [] : unzip(Buffer.from(context, "base64"))) {
    const target = join(directory, "work", path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content, { mode: 0o755 });
  }
}

/** Keeps the first `limit` bytes of a process's output. */
function outputBuffer(limit: number): { readonly append: (chunk: Buffer) => void; readonly text: () => string } {
  const kept: Buffer[] = [];
  let size = 0;
  return {
    append(chunk) {
      const part = chunk.subarray(0, Math.max(0, limit - size));
      size += part.length;
      if (part.length > 0) kept.push(part);
    },
    text: () => Buffer.concat(kept).toString("utf8"),
  };
}

/** Kills a command and all processes that it started. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL");
  }
}

/** Starts a command. Never throws: a command that cannot start has an outcome with the reason. */
export function startCommand(options: CommandOptions): RunningCommand {
  const directory = mkdtempSync(join(tmpdir(), "run-command-"));
  try {
    prepareDirectory(directory, options);
    return run(options, directory);
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    const text = error instanceof Error ? error.message : String(error);
    // Linux limits an argument to 128 KiB, in a pod's container as well as here.
    const reason = text.includes("E2BIG") ? "The command's container could not be started: argument list too long." : text;
    return { outcome: Promise.resolve({ exitCode: undefined, logs: "", reason }), kill: () => undefined };
  }
}

function run(options: CommandOptions, directory: string): RunningCommand {
  const env = {
    PATH: searchPath(),
    HOME: join(directory, "home"),
    KUBECONFIG: join(directory, "kubeconfig"),
    LANG: "C.UTF-8",
    // kubectl ends before it needs memory back; without garbage collection it takes a quarter less CPU.
    GOGC: "off",
  };
  // One pipe for both streams, so that they interleave as they were written.
  const args = ["-c", 'exec /bin/sh -c "$0" 2>&1', options.command];
  const cwd = join(directory, "work");
  const child = spawn("/bin/sh", args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "ignore"] });
  const output = outputBuffer(options.outputLimit);
  child.stdout.on("data", output.append);
  let reason = "";
  const kill = (text: string): void => {
    reason = text;
    killGroup(child);
  };
  const timer = setTimeout(() => {
    kill(`The command did not finish within ${options.killAfter / 1000} seconds and was ended.`);
  }, options.killAfter);
  const outcome = new Promise<CommandOutcome>((resolve) => {
    const end = (exitCode: number | null, failure: string): void => {
      clearTimeout(timer);
      rmSync(directory, { recursive: true, force: true });
      resolve({ exitCode: failure === "" ? (exitCode ?? 137) : undefined, logs: output.text(), reason: failure });
    };
    child.once("error", (error) => {
      end(null, error.message);
    });
    child.once("close", (code) => {
      end(code, reason);
    });
  });
  return { outcome, kill: (text = "The simulator was closed.") => kill(text) };
}
