/** The verdict on what was seen, and how long to wait for a cluster that is still settling. Pure but for the waiting. */
import { CNI_CHAINING, type CheckId } from "./contract.ts";
import { DeadlineError } from "./errors.ts";
import { judge } from "./mesh/checks/index.ts";
import type { Judgement } from "./mesh/checks/judgement.ts";
import type { Snapshot } from "./mesh/observation.ts";
import type { goalOf } from "./plan.ts";
import { poll, type RunContext } from "./run-context.ts";

/** Judges a snapshot. */
export function verify(snapshot: Snapshot, goal: ReturnType<typeof goalOf>): readonly Judgement[] {
  return judge(snapshot, goal);
}

/** What the node agent's rollout moves after a switch, without anybody's help. */
const ROLLOUT: readonly CheckId[] = ["injector-configured", "cni-daemonset-ready", "cni-covers-nodes"];
/** What Kubernetes moves once the rollout is through: refused ReplicaSets try again, new pods start. */
const AFTERMATH: readonly CheckId[] = ["pods-redirected", "workloads-admitted"];

/** In milliseconds. Beyond these a person should look; the checks then say at what. */
const ROLLOUT_PATIENCE_MS = 10 * 60_000;
const AFTERMATH_PATIENCE_MS = 5 * 60_000;

/** Whether the node agent, or an injector, is not yet what Azure says that the mesh is. */
export function isRollingOut(snapshot: Snapshot, goal: ReturnType<typeof goalOf>): boolean {
  return openChecks(snapshot, goal, ROLLOUT).length > 0;
}

/**
 * After a switch: looks until the cluster has caught up, or patience is at its end.
 *
 * @returns the last look, settled or not: the checks tell which
 */
export async function settle(look: () => Promise<Snapshot>, goal: ReturnType<typeof goalOf>, context: RunContext): Promise<Snapshot> {
  const first = await look();
  let last = first;
  if (!first.observation.seen) return first;
  let desiredBefore: number | undefined;
  const until = async (what: string, checks: readonly CheckId[], withinMs: number): Promise<void> => {
    let fresh: Snapshot | undefined = last;
    await poll(
      context,
      what,
      async () => {
        last = fresh ?? (await look());
        fresh = undefined;
        const desired = desiredAgents(last);
        // Node autoprovisioning moves the target: ready counts only once it has held for two looks.
        const held = goal.mechanism !== CNI_CHAINING || checks !== ROLLOUT || desired === desiredBefore;
        desiredBefore = desired;
        const [worst] = openChecks(last, goal, checks);
        if (worst === undefined) return held ? { done: true, value: undefined } : { done: false, state: "ready; making sure that it holds" };
        return { done: false, state: worst.message };
      },
      withinMs,
    ).catch((error: unknown) => {
      // The verdict comes from the checks: they say what has not happened, and the run may still have time to say so.
      if (!(error instanceof DeadlineError)) throw error;
      context.log.warning(`${what}: ${error.message}`);
    });
  };
  await until("the CNI node agent to roll out", ROLLOUT, ROLLOUT_PATIENCE_MS);
  await until("the workloads to follow", AFTERMATH, AFTERMATH_PATIENCE_MS);
  return last;
}

function openChecks(snapshot: Snapshot, goal: ReturnType<typeof goalOf>, ids: readonly CheckId[]): readonly Judgement[] {
  return judge(snapshot, goal).filter(({ id, result }) => ids.includes(id) && (result === "fail" || result === "warn"));
}

function desiredAgents({ observation }: Snapshot): number | undefined {
  if (!observation.seen || !observation.value.daemonSet.seen) return undefined;
  return observation.value.daemonSet.value?.desired;
}
