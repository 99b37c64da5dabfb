/** Runs the bundled action as the runner does: in its own process, with its own environment, files and directories. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Simulator } from "../index.ts";
import { type Json, parseJson } from "../lib/json.ts";
import { temporaryFolder } from "../lib/temporary-folder.ts";
import { declaredInputs, inputEnvironment } from "./action-inputs.ts";
import { type Annotation, parseAnnotations, parseOutputs } from "./action-output.ts";

export interface WorkflowEvent {
  readonly name: string;
  readonly payload: Json;
}

export interface RunOptions {
  /** Supplies inputs and environment; `inputs` and `env` replace them by name. */
  readonly simulator?: Simulator;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** The Node binary; by default the Node 24 among the development dependencies. */
  readonly node?: string;
  readonly cwd?: string;
  /** The event that started the workflow, and its payload; by default `workflow_dispatch` without one. */
  readonly event?: WorkflowEvent;
  /** The bundle; dist/index.js by default. */
  readonly entry?: string;
  /** Where the inputs are declared; action.yml by default. */
  readonly actionFile?: string;
  readonly onStart?: (child: ChildProcess) => void;
  /** Is called with each part of the log. */
  readonly onLog?: (text: string) => void;
  /** Real milliseconds until the process is killed; 60,000 by default. */
  readonly killAfter?: number;
  /** Runs the action with these environment variables; in a process of its own by default. */
  readonly execute?: (options: RunOptions, environment: Readonly<Record<string, string>>) => Promise<ProcessEnd>;
}

/** How a run ended. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Standard output and standard error in the order of writing. */
  readonly log: string;
}

export interface ActionRun extends ProcessEnd {
  readonly outputs: Readonly<Record<string, string>>;
  /** Markdown of the job summary. */
  readonly summary: string;
  /** The report at the path in the output `report-path`; undefined where there is none, or it is not JSON. */
  readonly report: Json | undefined;
  readonly annotations: readonly Annotation[];
  /** Files left in RUNNER_TEMP, relative to it. */
  readonly leftovers: readonly string[];
  /** Text of each file that the run left, by path: in runner-temp, home and workspace, and the runner's command files. */
  readonly files: Readonly<Record<string, string>>;
}

const ROOT = new URL("../../", import.meta.url);
const KILL_AFTER = 60_000;
/** The path of RUNNER_TEMP in the run's directory. */
const RUNNER_TEMP = "runner-temp/";

function fromRoot(path: string): string {
  return fileURLToPath(new URL(path, ROOT));
}

/** Creates the directories and command files of one run. @returns the variables that name them */
async function prepareDirectory(directory: string): Promise<Record<string, string>> {
  const paths = { RUNNER_TEMP: "runner-temp", HOME: "home", GITHUB_WORKSPACE: "workspace" };
  const files = {
    GITHUB_OUTPUT: "output",
    GITHUB_STEP_SUMMARY: "summary.md",
    GITHUB_ENV: "env",
    GITHUB_STATE: "state",
    GITHUB_PATH: "path",
  };
  const environment: Record<string, string> = {};
  for (const [variable, name] of Object.entries(paths)) {
    environment[variable] = join(directory, name);
    await mkdir(join(directory, name), { mode: 0o700 });
  }
  for (const [variable, name] of Object.entries(files)) {
    environment[variable] = join(directory, name);
    await writeFile(join(directory, name), "");
  }
  return environment;
}

function runnerEnvironment(simulator: Simulator | undefined): Record<string, string> {
  const { PATH = "", NODE_COMPILE_CACHE } = process.env;
  return {
    PATH,
    ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }),
    CI: "true",
    GITHUB_ACTIONS: "true",
    GITHUB_ACTION: "istio-cni",
    GITHUB_ACTOR: "octocat",
    GITHUB_API_URL: simulator?.endpoints.github ?? "https://api.github.com",
    GITHUB_EVENT_NAME: "workflow_dispatch",
    GITHUB_JOB: "mesh",
    GITHUB_REF: "refs/heads/main",
    GITHUB_REPOSITORY: simulator?.world.github.repository ?? "contoso/platform",
    GITHUB_REPOSITORY_OWNER: "contoso",
    GITHUB_RUN_ATTEMPT: "1",
    GITHUB_RUN_ID: "4200000001",
    GITHUB_RUN_NUMBER: "1",
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_SHA: "0123456789abcdef0123456789abcdef01234567",
    GITHUB_WORKFLOW: "mesh",
    RUNNER_ARCH: "X64",
    RUNNER_NAME: "simulated",
    RUNNER_OS: "Linux",
  };
}

async function startProcess(options: RunOptions, environment: Readonly<Record<string, string>>): Promise<ProcessEnd> {
  const node = options.node ?? fromRoot("node_modules/node/bin/node");
  const entry = options.entry ?? fromRoot("dist/index.js");
  const cwd = options.cwd ?? environment["GITHUB_WORKSPACE"] ?? process.cwd();
  const child = spawn(node, [entry], { cwd, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  const append = (chunk: string): void => {
    log += chunk;
    options.onLog?.(chunk);
  };
  child.stdout.setEncoding("utf8").on("data", append);
  child.stderr.setEncoding("utf8").on("data", append);
  const killer = setTimeout(() => child.kill("SIGKILL"), options.killAfter ?? KILL_AFTER);
  options.onStart?.(child);
  try {
    const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, killedBy) => resolve([code, killedBy]));
    });
    return { exitCode, signal, log };
  } finally {
    clearTimeout(killer);
  }
}

async function textOf(path: string | undefined): Promise<string> {
  return path === undefined ? "" : readFile(path, "utf8").catch(() => "");
}

/** Text of the files below a directory, by their paths in it. */
async function filesBelow(directory: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(await Promise.all(paths.map(async (path) => [path.slice(directory.length + 1), await textOf(path)] as const)));
}

/** Runs the action once, until it ends or is killed. The run's directory is removed. */
export async function runAction(options: RunOptions): Promise<ActionRun> {
  using directory = temporaryFolder();
  const paths = await prepareDirectory(directory.path);
  const declared = await declaredInputs(options.actionFile ?? fromRoot("action.yml"));
  if (options.event !== undefined) {
    paths["GITHUB_EVENT_PATH"] = join(directory.path, "event.json");
    paths["GITHUB_EVENT_NAME"] = options.event.name;
    await writeFile(paths["GITHUB_EVENT_PATH"], JSON.stringify(options.event.payload));
  }
  const inputs = { ...declared, ...options.simulator?.inputs, ...options.inputs };
  const environment = {
    ...runnerEnvironment(options.simulator),
    ...paths,
    ...options.simulator?.env,
    ...inputEnvironment(inputs),
    ...options.env,
  };

  const ended = await (options.execute ?? startProcess)(options, environment);
  const files = await filesBelow(directory.path);
  const outputs = parseOutputs(files["output"] ?? "");
  const reportPath = outputs["report-path"];
  return {
    ...ended,
    outputs,
    summary: files["summary.md"] ?? "",
    report: reportPath === undefined || reportPath === "" ? undefined : parseJson(await textOf(reportPath)),
    annotations: parseAnnotations(ended.log),
    leftovers: Object.keys(files)
      .filter((path) => path.startsWith(RUNNER_TEMP))
      .map((path) => path.slice(RUNNER_TEMP.length)),
    files,
  };
}
