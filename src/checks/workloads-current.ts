import { CNI_CHAINING } from "../contract.ts";
import { restartable, type StaleWorkload } from "../istio/pods/pod-census.ts";
import type { Snapshot } from "../istio/observation.ts";
import { word } from "./remedies.ts";
import { count, type CheckResult, observed, pass, type CheckInfo, unverifiable, warn } from "./check-result.ts";
import type { Goal } from "../istio/goal.ts";

const SUBJECT: CheckInfo = { id: "workloads-current", title: "Workloads were restarted since the switch" };

/** Whether any workload still runs pods from before the switch, or from before injection was on. */
export function workloadsCurrent(snapshot: Snapshot, goal: Goal): CheckResult {
  const look = observed(snapshot, (seen) => seen.pods);
  if (!look.seen) return unverifiable(SUBJECT, look);
  const stale = restartable(look.value, goal.mechanism);
  if (stale.length === 0) return pass(SUBJECT, "No workload runs pods from before the switch.");
  const pods = stale.reduce((sum, workload) => sum + workload.pods, 0);
  return warn(SUBJECT, `${count(stale.length, "workload")} with ${count(pods, "pod")} need a restart.`, {
    evidence: stale.map(
      ({ namespace, owner, state, pods: old }) => `${owner.kind} ${namespace}/${owner.name}: ${count(old, "pod")} ${state}`,
    ),
    remedy: remedyFor(stale, goal),
  });
}

const ROLLED_BY_KUBECTL: ReadonlySet<string> = new Set(["Deployment", "DaemonSet", "StatefulSet"]);

function remedyFor(stale: readonly StaleWorkload[], goal: Goal): string {
  const example = stale.find(({ owner }) => ROLLED_BY_KUBECTL.has(owner.kind));
  const steps: string[] = [];
  if (example !== undefined) {
    const { namespace, owner } = example;
    const target = `${owner.kind.toLowerCase()} ${word(owner.name, "name")}`;
    const command = `kubectl -n ${word(namespace, "namespace")} rollout restart ${target}`;
    const mode = goal.mechanism === CNI_CHAINING ? "apply" : "disable";
    steps.push(`Run ${mode} with restart-workloads: stale, or restart them: ${command}`);
  }
  if (stale.some(({ owner }) => !ROLLED_BY_KUBECTL.has(owner.kind))) {
    steps.push("Bare pods, Jobs and workloads of other kinds have to be made anew by whoever made them.");
  }
  return steps.join("\n");
}
