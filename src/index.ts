/**
 * One bundle for three actions. Started as the program it is the main action; imported, it offers the others. Nothing is loaded
 * lazily: that was measured, and made the bundle 3 % larger and its start no faster.
 */
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { main as runDiscover } from "./actions/discover/main.ts";
import { main as runFleetSummary } from "./actions/fleet-summary/main.ts";
import { main } from "./actions/istio-cni/main.ts";

/** Lists clusters and makes a matrix of them: `discover/index.js`. Ends the process. */
export async function discover(): Promise<never> {
  process.exit(await runDiscover());
}

/** Merges reports into one page: `fleet-summary/index.js`. Ends the process. */
export async function summarizeFleet(): Promise<never> {
  process.exit(await runFleetSummary());
}

/** Whether Node was started with this file. Where that cannot be told it was: a step that does nothing and succeeds is the worst. */
function isProgram(): boolean {
  const [, started] = process.argv;
  if (started === undefined) return false;
  try {
    return realpathSync.native(started) === realpathSync.native(fileURLToPath(import.meta.url));
  } catch {
    return true;
  }
}

// Whatever still hangs on a socket by now must not hold the job up. No await here: it would have ncc put the whole bundle into a
// function, which V8 then reads twice.
if (isProgram()) void main().then((exitCode) => process.exit(exitCode));
