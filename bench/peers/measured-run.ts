/** Runs the action, or a shell script of other tools, and measures whole processes: descendants included, without anything preloaded. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Simulator } from "../../simulator/index.ts";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { type ActionRun, runAction } from "../../simulator/runner/run-action.ts";
import { numberAt, parseJson } from "../../src/lib/json.ts";
import { BUNDLE, NODE, type Usage } from "../measure-process.ts";
import { responseBytes } from "./response-bytes.ts";
import { PYTHON } from "./tools.ts";

const USAGE = fileURLToPath(new URL("./usage.py", import.meta.url));
const KILL_AFTER_MS = 300_000;

/** What a run has used. Peak memory is that of the largest process. */
export interface MeasuredRun extends Usage {
  readonly wallMs: number;
  /** Requests to all simulated services, and bytes of the bodies of their answers. */
  readonly requests: number;
  readonly bytes: number;
  /** When it ended, in milliseconds since the epoch. */
  readonly endedAt: number;
}

/** Runs the action as the runner does, on the real clock. @throws Error if its status is another one */
export async function measureAction(simulator: Simulator, inputs: Readonly<Record<string, string>>, status: string): Promise<MeasuredRun> {
  return measure(simulator, async (env) => {
    const run: ActionRun = await runAction({ simulator, inputs, node: PYTHON, entry: USAGE, env: { ...env, BENCH_COMMAND: JSON.stringify([NODE, BUNDLE]), NODE_OPTIONS: "" }, killAfter: KILL_AFTER_MS });
    if (run.outputs["status"] !== status) throw new Error(`the action ended as ${run.outputs["status"] ?? "nothing"}, not ${status}:\n${run.log}`);
  });
}

/** Runs a script with `sh -e`. @throws Error if it fails */
export async function measureScript(simulator: Simulator, script: string, environment: Readonly<Record<string, string>>): Promise<MeasuredRun> {
  return measure(simulator, async (env) => {
    const child = spawn(PYTHON, [USAGE], { env: { ...environment, ...env, BENCH_COMMAND: JSON.stringify(["sh", "-e", "-c", script]) }, stdio: ["ignore", "ignore", "pipe"] });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    if (exitCode !== 0) throw new Error(`${script} ended with ${exitCode ?? "a signal"}:\n${errors}`);
  });
}

async function measure({ requestLog }: Simulator, run: (env: Readonly<Record<string, string>>) => Promise<void>): Promise<MeasuredRun> {
  using folder = temporaryFolder();
  const file = join(folder.path, "usage.json");
  const [requestsBefore, bytesBefore] = [requestLog.entries.length, responseBytes()];
  await run({ BENCH_USAGE: file });
  const endedAt = Date.now();
  const usage = parseJson(await readFile(file, "utf8"));
  const figure = (name: string): number => numberAt(usage, name) ?? Number.NaN;
  return {
    wallMs: figure("wallMs"),
    userMs: figure("userMs"),
    systemMs: figure("systemMs"),
    maxRssMb: figure("maxRssMb"),
    requests: requestLog.entries.length - requestsBefore,
    bytes: responseBytes() - bytesBefore,
    endedAt,
  };
}
