/** Waits after a change: for the rollout of the CNI agent, and then for the workloads. The checks decide what is still pending. */
import { evaluate } from "../../checks/evaluate.ts";
import { type CheckId, CNI_CHAINING, type RestartWorkloads } from "../../contract.ts";
import { mayResolveAfterSwitch } from "../../istio/admission/probe-result.ts";
import type { Goal } from "../../istio/goal.ts";
import type { Snapshot } from "../../istio/observation.ts";
import { refusedForRedirection } from "../../istio/workloads/refused-for-redirection.ts";
import { DeadlineError } from "../../lib/errors.ts";
import { poll, type RunContext } from "../../lib/run-context.ts";

/** Checks that change during the rollout of the CNI agent, without any other action. */
const ROLLOUT_CHECKS: readonly CheckId[] = ["injector-configured", "cni-daemonset-ready", "cni-covers-nodes"];
/** Checks that change after the rollout, while controllers create pods. */
const WORKLOAD_CHECKS: readonly CheckId[] = ["admission-probe", "pods-redirected", "workloads-admitted"];

/**
 * How long refused workloads are waited for once admission lets their pods in, in milliseconds. A controller that was refused for a short
 * time tries again within seconds; one that was refused for hours after up to 17 minutes, and nothing shows which it is.
 */
const CONTROLLERS_TIMEOUT_MS = 20_000;

/** In milliseconds. What is pending after these does not resolve itself; the results of the checks say what it is. */
const ROLLOUT_TIMEOUT_MS = 10 * 60_000;
const WORKLOADS_TIMEOUT_MS = 5 * 60_000;

/** Observes Azure and the cluster again. `probing`: whether to send the admission probe, one request per namespace. */
export type ObserveAgain = (probing: boolean) => Promise<Snapshot>;

/** Whether the CNI agent or an injector does not have the configuration of the mesh yet. */
export function isRollingOut(snapshot: Snapshot, goal: Goal): boolean {
  return pendingRollout(snapshot, goal) !== undefined;
}

/**
 * Waits until the CNI agent has rolled out, at most 10 minutes.
 *
 * @returns the last snapshot, also if the rollout is not complete
 * @throws the error of an observation that failed
 */
export async function waitForRollout(observe: ObserveAgain, goal: Goal, context: RunContext): Promise<Snapshot> {
  let desiredBefore: number | undefined;
  return waitUntilComplete("the rollout of the CNI agent", () => observe(false), ROLLOUT_TIMEOUT_MS, context, (snapshot) => {
    const desired = desiredAgents(snapshot);
    // Node autoprovisioning changes the number of nodes, so that number must be the same in two observations.
    const isStable = goal.mechanism !== CNI_CHAINING || desired === desiredBefore;
    desiredBefore = desired;
    return pendingRollout(snapshot, goal) ?? (isStable ? undefined : "ready; checking that the number of nodes is stable");
  });
}

/**
 * After the rollout of the CNI agent: waits until refused workloads have pods and the injector uses its new configuration, at most 5
 * minutes. Refused workloads whose pods admission would let in now are waited for only briefly.
 *
 * @param restart which workloads are restarted afterwards
 * @returns the last snapshot, also if something is still pending
 * @throws the error of an observation that failed
 */
export async function waitForWorkloads(observe: ObserveAgain, goal: Goal, context: RunContext, restart: RestartWorkloads): Promise<Snapshot> {
  let admittedSince: number | undefined;
  return waitUntilComplete("the workloads", () => observe(true), WORKLOADS_TIMEOUT_MS, context, (snapshot) => {
    const pending = pendingWorkloads(snapshot, goal);
    // Workloads that are restarted next are not waited for.
    if (pending !== undefined || restart !== "never" || refusedForRedirection(snapshot, goal).length === 0) return pending;
    const now = context.clock.now();
    admittedSince ??= now;
    return now - admittedSince < CONTROLLERS_TIMEOUT_MS ? "their controllers have not tried again yet" : undefined;
  });
}

/** Observes until nothing is pending, or the time is up. */
async function waitUntilComplete(
  waitingFor: string,
  observe: () => Promise<Snapshot>,
  timeoutMs: number,
  context: RunContext,
  pendingIn: (snapshot: Snapshot) => string | undefined,
): Promise<Snapshot> {
  let last: Snapshot | undefined;
  try {
    return await poll(
      context,
      waitingFor,
      async () => {
        last = await observe();
        const pending = last.observation.seen ? pendingIn(last) : undefined;
        return pending === undefined ? { done: true, value: last } : { done: false, state: pending.replace(/\.$/, "") };
      },
      timeoutMs,
    );
  } catch (error) {
    // No error of the run: the checks of the last snapshot report what is still pending.
    if (!(error instanceof DeadlineError) || last === undefined) throw error;
    context.log.warning(`${waitingFor}: ${error.message}`);
    return last;
  }
}

/** What the rollout of the CNI agent has not reached yet; undefined if it is complete. */
function pendingRollout(snapshot: Snapshot, goal: Goal): string | undefined {
  return evaluate(snapshot, goal, ROLLOUT_CHECKS).find(({ id, result }) => result === "fail" || (result === "warn" && id === "cni-daemonset-ready"))?.message;
}

/**
 * What Kubernetes still does by itself after the rollout: it retries refused ReplicaSets, starts pods, and the injector reloads its
 * configuration. Findings that need a change by a person are not pending.
 */
function pendingWorkloads(snapshot: Snapshot, goal: Goal): string | undefined {
  const pending = evaluate(snapshot, goal, WORKLOAD_CHECKS).find(({ id, result }) => {
    switch (id) {
      case "pods-redirected":
        return (result === "fail" && mayPodsChange(snapshot, goal)) || (result === "warn" && arePodsStarting(snapshot, goal));
      case "workloads-admitted":
        return result === "fail";
      case "admission-probe":
        return result === "fail" && mayProbesChange(snapshot, goal);
      default:
        return false;
    }
  });
  return pending?.message;
}

/** Whether pods that are not redirected may be repaired or get started. One that failed for good, or was made wrongly, stays as it is. */
function mayPodsChange({ observation }: Snapshot, goal: Goal): boolean {
  if (goal.mechanism !== CNI_CHAINING || !observation.seen || !observation.value.pods.seen) return false;
  const { redirection, stuck } = observation.value.pods.value;
  return redirection.notProgrammed + stuck["no-sandbox"] + stuck["not-started"] + stuck["validation-fails"] > 0;
}

function arePodsStarting({ observation }: Snapshot, goal: Goal): boolean {
  if (goal.mechanism !== CNI_CHAINING || !observation.seen || !observation.value.pods.seen) return false;
  const { effective, pending } = observation.value.pods.value.redirection;
  return effective === 0 && pending > 0;
}

function mayProbesChange({ observation }: Snapshot, goal: Goal): boolean {
  if (!observation.seen || !observation.value.probes.seen) return false;
  return observation.value.probes.value.answers.some((facts) => mayResolveAfterSwitch(facts, goal.mechanism));
}

/** The number of nodes that should run the CNI agent; undefined if the DaemonSet was not observed, or does not exist. */
function desiredAgents({ observation }: Snapshot): number | undefined {
  if (!observation.seen || !observation.value.daemonSet.seen) return undefined;
  return observation.value.daemonSet.value?.desired;
}
