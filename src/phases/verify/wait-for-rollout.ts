/** The verdict on what was seen, and how long to wait for a cluster that is still settling. Pure but for the waiting. */
import { CNI_CHAINING, type CheckId } from "../../contract.ts";
import { DeadlineError } from "../../lib/errors.ts";
import { evaluate } from "../../checks/evaluate.ts";
import type { Snapshot } from "../../istio/observation.ts";
import { mayResolveAfterSwitch } from "../../istio/admission/probe-result.ts";
import { poll, type RunContext } from "../../lib/run-context.ts";
import type { Goal } from "../../istio/goal.ts";

/** What the node agent's rollout moves after a switch, without anybody's help. */
const ROLLOUT: readonly CheckId[] = ["injector-configured", "cni-daemonset-ready", "cni-covers-nodes"];
/** What workloads still change after that. */
const WORKLOADS: readonly CheckId[] = ["admission-probe", "pods-redirected", "workloads-admitted"];

/** In milliseconds. Beyond these a person should look; the checks then say at what. */
const ROLLOUT_PATIENCE_MS = 10 * 60_000;
const AFTERMATH_PATIENCE_MS = 5 * 60_000;

/** Looks anew; `probing` asks admission as well, which is a request per namespace. */
export type ObserveAgain = (probing: boolean) => Promise<Snapshot>;

/** Whether the node agent, or an injector, is not yet what Azure says that the mesh is. */
export function isRollingOut(snapshot: Snapshot, goal: Goal): boolean {
  return stillRolling(snapshot, goal) !== undefined;
}

/**
 * After a switch: looks until the node agent has rolled out, or patience is at its end.
 *
 * @returns the last look, settled or not: the checks tell which
 */
export async function waitForRollout(look: ObserveAgain, goal: Goal, context: RunContext): Promise<Snapshot> {
  let desiredBefore: number | undefined;
  return waitUntilSettled("the CNI node agent to roll out", () => look(false), ROLLOUT_PATIENCE_MS, context, (last) => {
    const desired = desiredAgents(last);
    // Node autoprovisioning moves the target: ready counts only once it has held for two looks.
    const held = goal.mechanism !== CNI_CHAINING || desired === desiredBefore;
    desiredBefore = desired;
    return stillRolling(last, goal) ?? (held ? undefined : "ready; making sure that it holds");
  });
}

/** Once the node agent has rolled out: looks until the workloads have followed as far as they do without anybody's help. */
export async function waitForWorkloads(look: ObserveAgain, goal: Goal, context: RunContext): Promise<Snapshot> {
  return waitUntilSettled("the workloads to follow", () => look(true), AFTERMATH_PATIENCE_MS, context, (last) => stillFollowing(last, goal));
}

/** Looks until nothing is open any more; what is then still open is for the checks to tell. */
async function waitUntilSettled(
  what: string,
  look: () => Promise<Snapshot>,
  withinMs: number,
  context: RunContext,
  openIn: (snapshot: Snapshot) => string | undefined,
): Promise<Snapshot> {
  let last: Snapshot | undefined;
  try {
    return await poll(
      context,
      what,
      async () => {
        last = await look();
        const open = last.observation.seen ? openIn(last) : undefined;
        return open === undefined ? { done: true, value: last } : { done: false, state: open.replace(/\.$/, "") };
      },
      withinMs,
    );
  } catch (error) {
    // The verdict comes from the checks: they say what has not happened, and the run may still have time to say so.
    if (!(error instanceof DeadlineError) || last === undefined) throw error;
    context.log.warning(`${what}: ${error.message}`);
    return last;
  }
}

/** What the node agent's rollout still has to do. */
function stillRolling(snapshot: Snapshot, goal: Goal): string | undefined {
  return evaluate(snapshot, goal, ROLLOUT).find(({ id, result }) => result === "fail" || (result === "warn" && id === "cni-daemonset-ready"))?.message;
}

/**
 * What Kubernetes still has to do once the rollout is through: refused ReplicaSets try again, new pods start, the injector
 * reads its configuration anew. What only a person can change is not waited for.
 */
function stillFollowing(snapshot: Snapshot, goal: Goal): string | undefined {
  const open = evaluate(snapshot, goal, WORKLOADS).find(({ id, result }) => {
    switch (id) {
      case "pods-redirected":
        return result === "fail" || (result === "warn" && arePodsStarting(snapshot, goal));
      case "workloads-admitted":
        return result === "fail";
      case "admission-probe":
        return result === "fail" && mayProbesSettle(snapshot, goal);
      default:
        return false;
    }
  });
  return open?.message;
}

function arePodsStarting({ observation }: Snapshot, goal: Goal): boolean {
  if (goal.mechanism !== CNI_CHAINING || !observation.seen || !observation.value.pods.seen) return false;
  const { effective, pending } = observation.value.pods.value.redirection;
  return effective === 0 && pending > 0;
}

function mayProbesSettle({ observation }: Snapshot, goal: Goal): boolean {
  if (!observation.seen || !observation.value.probes.seen) return false;
  return observation.value.probes.value.answers.some((facts) => mayResolveAfterSwitch(facts, goal.mechanism));
}

function desiredAgents({ observation }: Snapshot): number | undefined {
  if (!observation.seen || !observation.value.daemonSet.seen) return undefined;
  return observation.value.daemonSet.value?.desired;
}
