/** Waits after a change: for the rollout of the CNI agent, and then for the workloads. The checks decide what is still pending. */
import { evaluate } from "../../checks/evaluate.ts";
import { type CheckId, CNI_CHAINING, type RestartWorkloads } from "../../contract.ts";
import { mayResolveAfterSwitch } from "../../istio/admission/probe-result.ts";
import type { Goal } from "../../istio/goal.ts";
import type { Snapshot } from "../../istio/observation.ts";
import { refusedForRedirection } from "../../istio/workloads/refused-for-redirection.ts";
import { DeadlineError } from "../../lib/errors.ts";
import { growingPause, paced, poll, type Progress, type RunContext } from "../../lib/run-context.ts";

/** Checks that change during the rollout of the CNI agent, without any other action. */
const ROLLOUT_CHECKS: readonly CheckId[] = ["injector-configured", "cni-daemonset-ready", "cni-covers-nodes"];
/** Those of them that the DaemonSet, the injectors and their webhooks decide. */
const LOOK_CHECKS: readonly CheckId[] = ["injector-configured", "cni-daemonset-ready"];
/** Checks that change after the rollout, while controllers create pods. */
const WORKLOAD_CHECKS: readonly CheckId[] = ["admission-probe", "pods-redirected", "workloads-admitted"];
/** Those of them for which everything has to be observed. */
const POD_CHECKS: readonly CheckId[] = ["admission-probe", "pods-redirected"];

/**
 * How long refused workloads are waited for once admission lets their pods in, in milliseconds. A controller that was refused for a short
 * time tries again within seconds; one that was refused for hours after up to 17 minutes, and nothing shows which it is.
 */
const CONTROLLERS_TIMEOUT_MS = 20_000;

/** In milliseconds. What is pending after these does not resolve itself; the results of the checks say what it is. */
const ROLLOUT_TIMEOUT_MS = 10 * 60_000;
const WORKLOADS_TIMEOUT_MS = 5 * 60_000;

/** From the first look in which the rollout is complete to the second, as a share of the poll interval: half a second by default. */
const STABLE_PAUSE = 1 / 20;

/** A look at the workloads may read everything. A wait of 20 seconds is noticed to have ended two seconds later, and one of 5 minutes takes some 55 looks. */
const WORKLOADS_PAUSE = 1 / 10;

/** How a wait observes. */
export interface ObserveAgain {
  /** Observes Azure and the cluster again, and sends the admission probe. */
  readonly all: () => Promise<Snapshot>;
  /** Reads only what the rollout of the CNI agent changes: a request or two. The rest of the snapshot is older. */
  readonly rollout: () => Promise<Snapshot>;
  /** Reads only the ReplicaSets, and the other workloads that were refused in the latest observation. The rest of the snapshot is from that. */
  readonly refused: () => Promise<Snapshot>;
}

/** Whether the CNI agent or an injector does not have the configuration of the mesh yet. */
export function isRollingOut(snapshot: Snapshot, goal: Goal): boolean {
  return pendingRollout(snapshot, goal) !== undefined;
}

/**
 * Waits until the CNI agent has rolled out, at most 10 minutes. Once it is complete in two looks in a row, with the same number of nodes,
 * everything is observed; only that observation ends the wait.
 *
 * @returns the snapshot of that observation. If the rollout is not complete at the end of the time: of an observation then, or of the last
 *   look where the run's own time is up as well
 * @throws the error of an observation that failed
 */
export async function waitForRollout(observe: ObserveAgain, goal: Goal, context: RunContext): Promise<Snapshot> {
  const waitingFor = "the rollout of the CNI agent";
  /** The agents of the last look, if the rollout was complete in it. */
  let held: Agents | undefined;
  let look: Snapshot | undefined;
  try {
    return await poll(
      context,
      waitingFor,
      paced<Snapshot>(context, async () => {
        look = await observe.rollout();
        const before = held;
        if (look.observation.seen) {
          const pending = pendingRollout(look, goal, LOOK_CHECKS);
          held = pending === undefined ? agentsIn(look) : undefined;
          if (pending !== undefined) return notYet(pending);
          // Node autoprovisioning changes the number of nodes, and agents that have just started may stop being ready.
          if (goal.mechanism === CNI_CHAINING && !isSame(held, before)) return notYet(STABLE, context.pollIntervalMs * STABLE_PAUSE);
        }
        const all = await observe.all();
        const pending = all.observation.seen ? (pendingRollout(all, goal) ?? (isSame(agentsIn(all), held) || goal.mechanism !== CNI_CHAINING ? undefined : STABLE)) : undefined;
        held = undefined;
        return pending === undefined ? { done: true, value: all } : notYet(pending);
      }),
      ROLLOUT_TIMEOUT_MS,
    );
  } catch (error) {
    warnOrThrow(error, { waitingFor, state: look && pendingRollout(look, goal, LOOK_CHECKS) }, context);
    if (look !== undefined && context.clock.now() >= context.deadlineAt) return look;
    return observe.all();
  }
}

/**
 * After the rollout of the CNI agent: waits until refused workloads have pods and the injector uses its new configuration, at most 5
 * minutes. Refused workloads whose pods admission would let in now are waited for only briefly. While nothing else is pending, only the
 * refused workloads are looked at; everything is observed at the end.
 *
 * @param restart which workloads are restarted afterwards
 * @param latest an observation since which the run has changed nothing; undefined to observe at once
 * @returns the last observation of everything, also if something is still pending
 * @throws the error of an observation that failed
 */
export async function waitForWorkloads(observe: ObserveAgain, goal: Goal, context: RunContext, restart: RestartWorkloads, latest?: Snapshot): Promise<Snapshot> {
  const waitingFor = "the workloads";
  let last = latest ?? (await observe.all());
  let isJudged = false;
  /** Looks at the refused workloads alone, since everything was observed last. */
  let looks = 0;
  let admittedSince: number | undefined;
  const startedAt = context.clock.now();
  const stillPending = (snapshot: Snapshot): string | undefined => {
    const pending = snapshot.observation.seen ? pendingWorkloads(snapshot, goal) : undefined;
    // Workloads that are restarted next are not waited for.
    if (pending !== undefined || restart !== "never" || refusedForRedirection(snapshot, goal).length === 0) return pending;
    const now = context.clock.now();
    admittedSince ??= now;
    return now - admittedSince < CONTROLLERS_TIMEOUT_MS ? "their controllers have not tried again yet" : undefined;
  };
  try {
    return await poll(
      context,
      waitingFor,
      paced<Snapshot>(context, async () => {
        const later = (pending: string): Progress<never> => notYet(pending, growingPause(context, context.clock.now() - startedAt, WORKLOADS_PAUSE));
        if (isJudged && pendingWorkloads(last, goal, POD_CHECKS) === undefined) {
          const pending = stillPending(await observe.refused());
          looks += 1;
          if (pending !== undefined) return later(pending);
        }
        if (isJudged) last = await observe.all();
        isJudged = true;
        looks = 0;
        const pending = stillPending(last);
        return pending === undefined ? { done: true, value: last } : later(pending);
      }),
      WORKLOADS_TIMEOUT_MS,
    );
  } catch (error) {
    warnOrThrow(error, { waitingFor, state: pendingWorkloads(last, goal) }, context);
    return looks > 0 && context.clock.now() < context.deadlineAt ? observe.all() : last;
  }
}

const STABLE = "ready; checking that it stays so";

function notYet(pending: string, pauseMs?: number): Progress<never> {
  return { done: false, state: pending.replace(/\.$/, ""), ...(pauseMs === undefined ? {} : { pauseMs }) };
}

/** The end of the time of a wait is no error of the run: the checks of the last snapshot report what is still pending. @throws any other error */
function warnOrThrow(error: unknown, { waitingFor, state = "not known" }: { readonly waitingFor: string; readonly state: string | undefined }, { log }: RunContext): void {
  if (!(error instanceof DeadlineError)) throw error;
  // The time may also be up within a look, which waits for a run command.
  const isOwn = error.doing === `waiting for ${waitingFor}`;
  log.warning(`${waitingFor}: ${isOwn ? error.message : `the time was up while ${error.doing}; the last state was: ${state}`}`);
}

/** What the rollout of the CNI agent has not reached yet; undefined if it is complete. */
function pendingRollout(snapshot: Snapshot, goal: Goal, checks = ROLLOUT_CHECKS): string | undefined {
  return evaluate(snapshot, goal, checks).find(({ id, result }) => result === "fail" || (result === "warn" && id === "cni-daemonset-ready"))?.message;
}

/**
 * What Kubernetes still does by itself after the rollout: it retries refused ReplicaSets, starts pods, and the injector reloads its
 * configuration. Findings that need a change by a person are not pending.
 */
function pendingWorkloads(snapshot: Snapshot, goal: Goal, checks = WORKLOAD_CHECKS): string | undefined {
  const pending = evaluate(snapshot, goal, checks).find(({ id, result }) => {
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

/** The specification of the CNI agent, and the number of nodes that should run it; both 0 if the DaemonSet was not observed, or does not exist. */
interface Agents {
  readonly generation: number;
  readonly desired: number;
}

function agentsIn({ observation }: Snapshot): Agents {
  const daemonSet = observation.seen && observation.value.daemonSet.seen ? observation.value.daemonSet.value : undefined;
  return { generation: daemonSet?.generation ?? 0, desired: daemonSet?.desired ?? 0 };
}

function isSame(one: Agents | undefined, other: Agents | undefined): boolean {
  return one?.generation === other?.generation && one?.desired === other?.desired;
}
