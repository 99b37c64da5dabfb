import { CNI_CHAINING } from "../contract.ts";
import type { Goal } from "../istio/goal.ts";
import type { Snapshot } from "../istio/observation.ts";
import { restartable, type StaleWorkload } from "../istio/pods/pod-census.ts";
import { rollableKind } from "../istio/workloads/rollout.ts";
import { count } from "../lib/plural.ts";
import { type CheckInfo, type CheckResult, observed, pass, unverifiable, warn } from "./check-result.ts";
import { restartCommands } from "./remedies.ts";

const CHECK: CheckInfo = { id: "workloads-current", title: "Workloads were restarted since the switch" };

/** Whether any workload still runs pods from before the switch, or from before injection was on. */
export function workloadsCurrent(snapshot: Snapshot, goal: Goal): CheckResult {
  const census = observed(snapshot, "pods");
  if (!census.seen) return unverifiable(CHECK, census);
  const stale = restartable(census.value, goal.mechanism);
  if (stale.length === 0) return pass(CHECK, "No workload runs pods from before the switch.");
  const pods = stale.reduce((sum, workload) => sum + workload.pods, 0);
  return warn(CHECK, `A restart is needed for ${count(stale.length, "workload")} with ${count(pods, "pod")}.`, {
    title: `${count(stale.length, "workload")} ${stale.length === 1 ? "needs" : "need"} a restart`,
    // After a switch they are a finding of their own.
    explainedBy: stale.map(({ state }) => (state === "not-injected" ? ["namespaces-labelled"] : ["cni-chaining-enabled"])),
    evidence: stale.map(
      ({ namespace, owner, state, pods: stalePods }) => `${owner.kind} ${namespace}/${owner.name}: ${count(stalePods, "pod")} ${state}`,
    ),
    remedy: remedyFor(stale, goal),
  });
}

function remedyFor(stale: readonly StaleWorkload[], goal: Goal): string {
  const rollable = stale.filter(({ owner }) => rollableKind(owner.kind) !== undefined);
  const steps: string[] = [];
  if (rollable.length > 0) {
    const mode = goal.mechanism === CNI_CHAINING ? "apply" : "disable";
    const workloads = rollable.map(({ namespace, owner }) => ({ namespace, ...owner }));
    steps.push(`Run this action with mode: ${mode} and restart-workloads: stale, or restart the workloads yourself:`, ...restartCommands(workloads));
  }
  if (stale.some(({ owner }) => rollableKind(owner.kind) === undefined)) {
    steps.push("Bare pods, Jobs and workloads of other kinds cannot be restarted: delete and create them again.");
  }
  return steps.join("\n");
}
