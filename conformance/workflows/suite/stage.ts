/** A simulated world, the internet in front of it, and a runner: what every file of expectations works with. */
import { expect } from "vitest";
import { textAt } from "../../../simulator/lib/json.ts";
import { startRunner, type WorkflowRequest, type WorkflowRun } from "./act.ts";
import { entriesOf } from "./act-log.ts";
import { type Simulated, startPublicInternet } from "../../../simulator/server/public-internet.ts";

interface World extends Simulated, AsyncDisposable {
  secrets?(): readonly string[];
}

export interface Stage<W extends World> extends AsyncDisposable {
  readonly world: W;
  /** Folder with what `org/istio-cni-aks@v1` names. */
  readonly release: string;
  /** Runs a workflow, and expects what holds for all of them. */
  run(request: WorkflowRequest): Promise<WorkflowRun>;
}

/** What act printed, without the lines that hide a secret: GitHub's runner does not show those. */
function shown(log: string): string {
  return entriesOf(log).filter((entry) => textAt(entry, "command") !== "add-mask").map((entry) => JSON.stringify(entry)).join("\n");
}

/** Opens the stage around a world, which is closed with it. */
export async function openStage<W extends World>(starting: Promise<W>): Promise<Stage<W>> {
  const world = await starting;
  const internet = await startPublicInternet(world);
  const runner = startRunner(internet);
  return {
    world,
    release: runner.release,
    async run(request) {
      const run = await runner.run(request);
      expect(internet.strangers, "nobody but Azure, the cluster and GitHub is asked").toEqual([]);
      for (const secret of world.secrets?.() ?? []) expect(shown(run.log).includes(secret), "a secret is in the log").toBe(false);
      return run;
    },
    async [Symbol.asyncDispose]() {
      runner[Symbol.dispose]();
      internet[Symbol.dispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}
