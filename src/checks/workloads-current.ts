import { CNI_CHAINING } from "../contract.ts";
import type { Goal } from "../istio/goal.ts";
import type { Snapshot } from "../istio/observation.ts";
import { restartable, type StaleWorkload } from "../istio/pods/pod-census.ts";
import { rollableKind } from "../istio/workloads/rollout.ts";
import { count } from "../lib/plural.ts";
import { type CheckInfo, type CheckResult, observed, pass, unverifiable, warn } from "./check-result.ts";
import { restartCommand } from "./remedies.ts";

const CHECK: CheckInfo = { id: "workloads-current", title: "Workloads were restarted since the switch" };

/** Whether any workload still runs pods from before the switch, or from before injection was on. */
export function workloadsCurrent(snapshot: Snapshot, goal: Goal): CheckResult {
  const census = observed(snapshot, "pods");
  if (!census.seen) return unverifiable(CHECK, census);
  const stale = restartable(census.value, goal.mechanism);
  if (stale.length === 0) return pass(CHECK, "No workload runs pods from before the switch.");
  const pods = stale.reduce((sum, workload) => sum + workload.pods, 0);
  return warn(CHECK, `A restart is needed for ${count(stale.length, "workload")} with ${count(pods, "pod")}.`, {
    evidence: stale.map(
      ({ namespace, owner, state, pods: stalePods }) => `${owner.kind} ${namespace}/${owner.name}: ${count(stalePods, "pod")} ${state}`,
    ),
    remedy: remedyFor(stale, goal),
  });
}

function remedyFor(stale: readonly StaleWorkload[], goal: Goal): string {
  const example = stale.find(({ owner }) => rollableKind(owner.kind) !== undefined);
  const steps: string[] = [];
  if (example !== undefined) {
    const { namespace, owner } = example;
    const mode = goal.mechanism === CNI_CHAINING ? "apply" : "disable";
    steps.push(`Run this action with mode: ${mode} and restart-workloads: stale, or restart each workload: ${restartCommand(namespace, owner.kind, owner.name)}`);
  }
  if (stale.some(({ owner }) => rollableKind(owner.kind) === undefined)) {
    steps.push("Bare pods, Jobs and workloads of other kinds cannot be restarted: delete and create them again.");
  }
  return steps.join("\n");
}
