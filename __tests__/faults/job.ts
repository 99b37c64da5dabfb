/** The job around the runs of this process: its files, its variables, its pull request, and what a step prints. */
import { existsSync } from "node:fs";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { context } from "@actions/github";
import { temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { readVariablesAgain } from "../toolkit.ts";

/** The number of the pull request that the job is about. */
export const PULL_REQUEST = 7;
const REPOSITORY = "contoso/platform";
/** A folder in memory where the system has one: a report is synced to the disk. */
const MEMORY = "/dev/shm";
const folder = temporaryFolder({
  "event.json": JSON.stringify({ action: "synchronize", number: PULL_REQUEST, pull_request: { number: PULL_REQUEST, state: "open", head: { repo: { full_name: REPOSITORY } }, base: { repo: { full_name: REPOSITORY } } } }),
}, existsSync(MEMORY) ? MEMORY : tmpdir());
process.once("exit", () => folder[Symbol.dispose]());

/** The report of a run. */
export const REPORT_PATH = join(folder.path, "report.json");

/** The runner's variables. Outputs and summaries are written and not kept: the report has what they say. */
const VARIABLES: Readonly<Record<string, string>> = {
  GITHUB_API_URL: "https://api.github.com",
  GITHUB_EVENT_NAME: "pull_request",
  GITHUB_EVENT_PATH: join(folder.path, "event.json"),
  GITHUB_OUTPUT: devNull,
  GITHUB_REPOSITORY: REPOSITORY,
  GITHUB_RUN_ID: "4200000001",
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_STEP_SUMMARY: devNull,
};
Object.assign(process.env, VARIABLES);

/** Begins a run of the job, whose API is at this origin. */
export function beginAt(origin: string): void {
  readVariablesAgain();
  context.apiUrl = origin;
}

/** A variable of the job; empty where it has none. */
export function variable(name: string): string {
  return VARIABLES[name] ?? "";
}

/** Keeps what the step prints to itself: workflow commands such as annotations. @returns the lines, and a function that ends it */
export function captureOutput(): { readonly lines: readonly string[]; readonly end: () => void } {
  const lines: string[] = [];
  const original: unknown = Reflect.get(process.stdout, "write");
  const write = (text: string | Uint8Array): boolean => {
    lines.push(...String(text).split("\n").filter((line) => line !== ""));
    return true;
  };
  Object.assign(process.stdout, { write });
  return {
    lines,
    end: () => {
      Object.assign(process.stdout, { write: original });
    },
  };
}
