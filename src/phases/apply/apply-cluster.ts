/**
 * Carries out the steps inside the cluster, after those in Azure: waits for the CNI agent, labels namespaces, waits for the workloads,
 * restarts stale or refused workloads. In this order, so that a new pod is created only when it can start.
 */
import type { Goal } from "../../istio/goal.ts";
import type { Snapshot } from "../../istio/observation.ts";
import { planRestarts } from "../../istio/workloads/restart-plan.ts";
import type { KubernetesApi } from "../../kubernetes/query.ts";
import { count } from "../../lib/plural.ts";
import type { RunContext } from "../../lib/run-context.ts";
import type { Config } from "../config.ts";
import { labelReason, planNamespaceLabels, restartReason, whyNoRestarts, withSkipped } from "../plan/cluster-steps.ts";
import { isRollingOut, type ObserveAgain, waitForRollout, waitForWorkloads } from "../verify/wait-for-rollout.ts";
import { labelNamespaces } from "./label-namespaces.ts";
import { restartObstacle } from "../plan/restart-obstacle.ts";
import { restartWorkloads } from "./restart-workloads.ts";
import type { StepTracker } from "./step-tracker.ts";

/** What {@link applyCluster} needs. */
export interface ApplyClusterOptions {
  readonly config: Pick<Config, "labelNamespaces" | "revision" | "removeInjectionLabel" | "restartWorkloads">;
  readonly goal: Goal;
  readonly tracker: StepTracker;
  readonly context: RunContext;
  /** Undefined if there is no connection to the cluster: then nothing in it is changed. */
  readonly api: KubernetesApi | undefined;
  readonly observe: ObserveAgain;
}

/**
 * Carries out the steps of the cluster that its latest snapshot needs.
 *
 * @param before the snapshot from before the first step
 * @returns the last snapshot
 * @throws the error that ended a step, or a failed observation
 */
export async function applyCluster(before: Snapshot, options: ApplyClusterOptions): Promise<Snapshot> {
  const { goal, tracker, context, observe } = options;
  // A rollout may also be left over from an earlier run that was interrupted.
  const isChanging = tracker.steps.some(({ outcome }) => outcome === "done") || isRollingOut(before, goal);
  try {
    const afterRollout = isChanging ? await waitForRollout(observe, goal, context) : before;
    const hasLabelled = await label(afterRollout, options);
    const isWaiting = (isChanging || hasLabelled) && !isTimeUp(context);
    const afterWorkloads = isWaiting ? await waitForWorkloads(observe, goal, context, options.config.restartWorkloads, hasLabelled ? undefined : afterRollout) : afterRollout;
    return await restart(afterWorkloads, options);
  } finally {
    tracker.skipRemaining();
  }
}

/** Labels the namespaces that need it now. @returns whether any was labelled */
async function label(latest: Snapshot, { config, goal, tracker, context, api }: ApplyClusterOptions): Promise<boolean> {
  const labels = planNamespaceLabels(latest, config, goal);
  if (labels === undefined || api === undefined) return false;
  if (labels.obstacle !== undefined) {
    // An ambiguous revision ends a run before its first step. Here it became ambiguous during the run.
    tracker.setOutcome("label-namespaces", "skipped", labels.obstacle);
    return false;
  }
  const { changes } = labels;
  const reason = labelReason(labels);
  if (changes.length === 0) {
    tracker.setOutcome("label-namespaces", "unneeded", reason);
    return false;
  }
  if (isTimeUp(context)) {
    tracker.setOutcome("label-namespaces", "skipped", `the run reached its deadline before this step: ${reason}`);
    return false;
  }
  tracker.setReason("label-namespaces", reason);
  await tracker.run("label-namespaces", async () => {
    const onLabelled = ({ namespace }: { readonly namespace: string }): void => {
      tracker.markChanged();
      context.log.info(`labelled the namespace ${namespace}`);
    };
    await labelNamespaces({ api, changes, onLabelled, onUnanswered: () => tracker.markUnanswered("label-namespaces", "a patch", "the API server") });
    return "done";
  });
  return true;
}

/** Whether the deadline has passed. The waits before a step end without an error then, and no step may start. */
function isTimeUp({ clock, deadlineAt }: RunContext): boolean {
  return clock.now() >= deadlineAt;
}

/** Restarts the workloads that are stale or refused now. @returns the last snapshot; a new one if anything was restarted */
async function restart(latest: Snapshot, { config, goal, tracker, context, api, observe }: ApplyClusterOptions): Promise<Snapshot> {
  const which = config.restartWorkloads;
  if (which === "never" || api === undefined || whyNoRestarts(latest, which) !== undefined) return latest;
  const restarts = planRestarts(latest, goal, { which });
  const { targets, notRestarted } = restarts;
  if (targets.length === 0) {
    tracker.setOutcome("restart-workloads", notRestarted.length > 0 ? "skipped" : "unneeded", restartReason(restarts));
    return latest;
  }
  const obstacle = isTimeUp(context) ? "the run reached its deadline" : restartObstacle(latest, goal);
  if (obstacle !== undefined) {
    tracker.setOutcome("restart-workloads", "skipped", `workloads are restarted only after the injector and the CNI agent are ready; ${obstacle}`);
    return latest;
  }
  try {
    await tracker.run("restart-workloads", async () => {
      const result = await restartWorkloads({ api, targets, context, onRestarted: () => tracker.markChanged(), onUnanswered: () => tracker.markUnanswered("restart-workloads", "a patch", "the API server") });
      const { restarted } = result;
      tracker.setReason("restart-workloads", withSkipped(`restarted ${count(restarted.length, "workload")}`, [...result.skipped, ...notRestarted]));
      return restarted.length > 0 ? "done" : "unneeded";
    });
  } catch (error) {
    // The report shows the state after the failure as well. If this observation fails too, the first error is the one to report.
    await observe.all().catch(() => undefined);
    throw error;
  }
  return observe.all();
}
