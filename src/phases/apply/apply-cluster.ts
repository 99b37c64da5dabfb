/**
 * What follows in the cluster once Azure has done its part: the node agent rolls out, namespaces get their label, workloads
 * follow, and those that are stale are restarted. In this order, so that no pod is made anew before it can start.
 */
import type { KubernetesApi } from "../../kubernetes/query.ts";
import { labelNamespaces } from "./label-namespaces.ts";
import type { StepTracker } from "./step-tracker.ts";
import type { Snapshot } from "../../istio/observation.ts";
import { refusingNamespaces, planRestarts } from "../../istio/workloads/restart-plan.ts";
import { labelReason, planNamespaceLabels, restartReason, withSkipped } from "../plan/cluster-steps.ts";
import { restartWorkloads } from "./restart-workloads.ts";
import type { RunContext } from "../../lib/run-context.ts";
import { isRollingOut, type ObserveAgain, waitForWorkloads, waitForRollout } from "../verify/wait-for-rollout.ts";
import type { Goal } from "../../istio/goal.ts";
import type { Config } from "../config.ts";
import { restartObstacle } from "./restart-obstacle.ts";

export interface ApplyClusterOptions {
  readonly config: Pick<Config, "labelNamespaces" | "revision" | "removeInjectionLabel" | "restartWorkloads">;
  readonly goal: Goal;
  readonly tracker: StepTracker;
  readonly context: RunContext;
  /** Undefined where the cluster could not be reached: nothing can be done in it then. */
  readonly api: KubernetesApi | undefined;
  readonly observe: ObserveAgain;
}

/**
 * Waits, labels, waits, restarts, and looks once more.
 *
 * @param before what was seen before anything was done
 * @returns the last look
 * @throws whatever ended a step; what was seen last was seen by `look`
 */
export async function applyCluster(before: Snapshot, options: ApplyClusterOptions): Promise<Snapshot> {
  const { goal, tracker, context, observe } = options;
  // Also where this run did nothing yet: a former one may have been cut short while the node agent was rolling out.
  const isMoving = tracker.steps.some(({ outcome }) => outcome === "done") || isRollingOut(before, goal);
  try {
    const rolledOut = isMoving ? await waitForRollout(observe, goal, context) : before;
    const isLabelled = await label(rolledOut, options);
    const followed = isMoving || isLabelled ? await waitForWorkloads(observe, goal, context) : before;
    return await restart(followed, options);
  } finally {
    tracker.skipRemaining();
  }
}

/** Labels what needs it now. @returns whether anything was labelled */
async function label(last: Snapshot, { config, goal, tracker, context, api }: ApplyClusterOptions): Promise<boolean> {
  const labels = planNamespaceLabels(last, config, goal);
  if (labels === undefined || api === undefined) return false;
  if (labels.obstacle !== undefined) {
    // Apply refuses before it begins; by now only somebody else can have made the choice ambiguous.
    tracker.close("label-namespaces", "skipped", labels.obstacle);
    return false;
  }
  const { changes } = labels;
  if (changes.length === 0) {
    tracker.close("label-namespaces", "unneeded", labelReason(labels));
    return false;
  }
  if (isTimeUp(context)) {
    tracker.close("label-namespaces", "skipped", `the run's time was up before it: ${labelReason(labels)}`);
    return false;
  }
  tracker.setReason("label-namespaces", labelReason(labels));
  await tracker.run("label-namespaces", async () => {
    const labelled = ({ namespace }: { readonly namespace: string }): void => {
      tracker.markChanged();
      context.log.info(`labelled the namespace ${namespace}`);
    };
    await labelNamespaces({ api, changes, labelled });
    return "done";
  });
  return true;
}

/** Waiting ends quietly at the deadline; nothing new is begun then. */
function isTimeUp({ clock, deadlineAt }: RunContext): boolean {
  return clock.now() >= deadlineAt;
}

/** Restarts what is stale now. @returns the last look, which is a new one where anything was restarted */
async function restart(last: Snapshot, { config, goal, tracker, context, api, observe }: ApplyClusterOptions): Promise<Snapshot> {
  if (config.restartWorkloads === "never" || api === undefined || !last.observation.seen || !last.observation.value.pods.seen) return last;
  const restarts = planRestarts(last, goal, refusingNamespaces(last, goal));
  const { targets, notRestarted } = restarts;
  if (targets.length === 0) {
    tracker.close("restart-workloads", notRestarted.length > 0 ? "skipped" : "unneeded", restartReason(restarts));
    return last;
  }
  const obstacle = isTimeUp(context) ? "the run's time was up" : restartObstacle(last, goal);
  if (obstacle !== undefined) {
    tracker.close("restart-workloads", "skipped", `nothing is restarted before injector and node agent are right; ${obstacle}`);
    return last;
  }
  try {
    await tracker.run("restart-workloads", async () => {
      const done = await restartWorkloads({ api, targets, context, touched: () => tracker.markChanged() });
      const { rolled } = done;
      const count = rolled.length === 1 ? "1 workload" : `${rolled.length} workloads`;
      tracker.setReason("restart-workloads", withSkipped(`rolled ${count}`, [...done.skipped, ...notRestarted]));
      return rolled.length > 0 ? "done" : "unneeded";
    });
  } catch (error) {
    // The report shows what the cluster is like now, also where a rollout failed; where that cannot be seen, the failure counts.
    await observe(true).catch(() => undefined);
    throw error;
  }
  return observe(true);
}
