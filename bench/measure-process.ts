/** Runs programs with the Node version of GitHub's runners and measures time, CPU and memory. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { numberAt, parseJson } from "../src/lib/json.ts";
import { temporaryFolder } from "../simulator/lib/temporary-folder.ts";

export const ROOT = new URL("../", import.meta.url);
export const NODE = fileURLToPath(new URL("node_modules/node/bin/node", ROOT));
export const BUNDLE = fileURLToPath(new URL("dist/index.js", ROOT));
const USAGE_PRELOAD = new URL("./usage.mjs", import.meta.url).href;

/** The resources that a process used: CPU in milliseconds, peak memory in MiB. */
export interface Usage {
  readonly userMs: number;
  readonly systemMs: number;
  readonly maxRssMb: number;
}

export interface Measured extends Usage {
  readonly wallMs: number;
  readonly exitCode: number | null;
  /** Standard output and error. */
  readonly output: string;
}

/** Runs a program and measures its time, without a preload. */
export async function timed(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
  const { wallMs } = await start(args, env);
  return wallMs;
}

/** Runs a program with the preload that writes its resource usage. */
export async function measured(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Measured> {
  return withUsage(env, (all) => start(args, all));
}

/** Calls `run` with an environment in which a Node process writes its resource usage, and reads it afterwards. */
export async function withUsage<T>(env: Readonly<Record<string, string>>, run: (env: Record<string, string>) => Promise<T>): Promise<T & Usage> {
  using folder = temporaryFolder();
  const file = join(folder.path, "usage.json");
  const result = await run({ ...env, BENCH_USAGE: file, NODE_OPTIONS: `${env["NODE_OPTIONS"] ?? ""} --import ${USAGE_PRELOAD}`.trim() });
  const usage = parseJson(await readFile(file, "utf8"));
  return {
    ...result,
    userMs: numberAt(usage, "userMs") ?? Number.NaN,
    systemMs: numberAt(usage, "systemMs") ?? Number.NaN,
    maxRssMb: numberAt(usage, "maxRssMb") ?? Number.NaN,
  };
}

async function start(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Pick<Measured, "wallMs" | "exitCode" | "output">> {
  const startedAt = performance.now();
  const child = spawn(NODE, args, { env: { PATH: process.env["PATH"] ?? "", HOME: tmpdir(), ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const append = (chunk: string): void => {
    output += chunk;
  };
  child.stdout.setEncoding("utf8").on("data", append);
  child.stderr.setEncoding("utf8").on("data", append);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { wallMs: performance.now() - startedAt, exitCode, output };
}
