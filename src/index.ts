/**
 * One bundle for three actions. Started as a program, it runs the main action; imported, it exports the other two.
 * All three are loaded at start: lazy loading made the bundle 3 % larger and its start no faster (measured).
 */
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { main as runDiscover } from "./actions/discover/main.ts";
import { main as runFleetSummary } from "./actions/fleet-summary/main.ts";
import { main } from "./actions/istio-cni/main.ts";
import { annotate } from "./github/publish.ts";
import { messageOf } from "./lib/errors.ts";

/** Lists clusters as a job matrix; called by `discover/index.js`. Ends the process. */
export function discover(): Promise<never> {
  return runStep(runDiscover);
}

/** Merges reports into one page; called by `fleet-summary/index.js`. Ends the process. */
export function summarizeFleet(): Promise<never> {
  return runStep(runFleetSummary);
}

/**
 * Runs an action and ends the process with its exit code. The exit is explicit, because an open socket would keep the job running.
 * Until then the exit code is 1: a process that ends in any other way has not told its verdict.
 */
async function runStep(action: () => Promise<0 | 1>): Promise<never> {
  process.exitCode = 1;
  try {
    process.exit(await action());
  } catch (error) {
    annotate("error", "The results could not be published", messageOf(error));
    process.exit(1);
  }
}

/** Whether Node was started with this file. If a path cannot be resolved, assume so: a step must not succeed without running. */
function isProgram(): boolean {
  const [, started] = process.argv;
  if (started === undefined) return false;
  try {
    return realpathSync.native(started) === realpathSync.native(fileURLToPath(import.meta.url));
  } catch {
    return true;
  }
}

// No top-level await, because ncc would then wrap the bundle in a function, which V8 parses twice.
if (isProgram()) void runStep(main);
