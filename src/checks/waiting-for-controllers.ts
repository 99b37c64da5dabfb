/** The result of workloads-admitted where refused workloads only wait for the next attempt of their controllers. */
import type { Goal } from "../istio/goal.ts";
import type { Snapshot } from "../istio/observation.ts";
import { LONGEST_BACK_OFF_MS, type RedirectionRefusal, refusedForRedirection } from "../istio/workloads/refused-for-redirection.ts";
import { rollableKind } from "../istio/workloads/rollout.ts";
import { count } from "../lib/plural.ts";
import { type CheckInfo, type CheckResult, warn } from "./check-result.ts";
import { restartCommands } from "./remedies.ts";

const LONGEST_PAUSE_MINUTES = Math.ceil(LONGEST_BACK_OFF_MS / 60_000);
/**
 * The warning that workloads wait for their controllers; undefined where a refusal has another reason, or there is none.
 *
 * @param evidence the refusals, one per line
 */
export function waitingForControllers(check: CheckInfo, snapshot: Snapshot, goal: Goal, evidence: readonly string[]): CheckResult | undefined {
  const refusals = refusedForRedirection(snapshot, goal);
  if (refusals.length === 0 || refusals.some(({ now }) => now !== "admitted")) return undefined;
  const jobs = refusals.some(({ kind }) => kind === "Job") ? ", that of a Job about a minute after it" : "";
  const verb = refusals.length === 1 ? "waits for its controller, which tries" : "wait for their controllers, which try";
  return warn(check, `${count(refusals.length, "workload")} ${verb} again at the latest ${LONGEST_PAUSE_MINUTES} minutes after the last refusal${jobs}: admission refused istio-init before, and ${refusals.every(({ isProbed }) => isProbed) ? "would admit new pods now" : "the injectors do not add it any more"}.`, {
    title: `${count(refusals.length, "workload")} ${refusals.length === 1 ? "waits for its controller" : "wait for their controllers"} to try again`,
    evidence,
    remedy: remedyFor(refusals),
  });
}

function remedyFor(refusals: readonly RedirectionRefusal[]): string {
  const steps: string[] = [];
  const rollable = refusals.filter(({ kind, facts }) => rollableKind(kind) !== undefined && facts?.paused !== true);
  if (rollable.length > 0) {
    // A restart by the action needs a probe that proves that the pods would be admitted.
    const byAction = rollable.every(({ isProbed }) => isProbed) ? "run this action with mode: apply and restart-workloads: refused, " : "";
    steps.push(`Wait, ${byAction}or restart them now:`, ...restartCommands(rollable));
  } else {
    steps.push("Wait for the next attempt.");
  }
  if (refusals.some(({ facts }) => facts?.paused === true)) {
    steps.push("Paused Deployments cannot be restarted. Their ReplicaSets try again by themselves.");
  }
  return steps.join("\n");
}
