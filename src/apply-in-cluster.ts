/**
 * What follows in the cluster once Azure has done its part: the node agent rolls out, namespaces get their label, workloads
 * follow, and those that are stale are restarted. In this order, so that no pod is made anew before it can start.
 */
import type { Config } from "./inputs.ts";
import type { KubernetesApi } from "./kubernetes/question.ts";
import { labelNamespaces } from "./label-namespaces.ts";
import type { Ledger } from "./ledger.ts";
import type { Goal } from "./mesh/checks/judgement.ts";
import type { Snapshot } from "./mesh/observation.ts";
import { closedNamespaces, planRestarts, restartObstacle } from "./mesh/restart-plan.ts";
import { labelReason, labelsFor, restartReason, withTold } from "./plan-in-cluster.ts";
import { restartWorkloads } from "./restart-workloads.ts";
import type { RunContext } from "./run-context.ts";
import { isRollingOut, type LookAgain, untilFollowed, untilRolledOut } from "./verify.ts";

export interface ClusterParts {
  readonly config: Pick<Config, "labelNamespaces" | "revision" | "removeInjectionLabel" | "restartWorkloads">;
  readonly goal: Goal;
  readonly ledger: Ledger;
  readonly context: RunContext;
  /** Undefined where the cluster could not be reached: nothing can be done in it then. */
  readonly api: KubernetesApi | undefined;
  readonly look: LookAgain;
}

/**
 * Waits, labels, waits, restarts, and looks once more.
 *
 * @param before what was seen before anything was done
 * @returns the last look
 * @throws whatever ended a step; what was seen last was seen by `look`
 */
export async function applyInCluster(before: Snapshot, parts: ClusterParts): Promise<Snapshot> {
  const { goal, ledger, context, look } = parts;
  // Also where this run did nothing yet: a former one may have been cut short while the node agent was rolling out.
  const isMoving = ledger.steps.some(({ outcome }) => outcome === "done") || isRollingOut(before, goal);
  try {
    const rolledOut = isMoving ? await untilRolledOut(look, goal, context) : before;
    const isLabelled = await label(rolledOut, parts);
    const followed = isMoving || isLabelled ? await untilFollowed(look, goal, context) : before;
    return await restart(followed, parts);
  } finally {
    ledger.skipRest();
  }
}

/** Labels what needs it now. @returns whether anything was labelled */
async function label(last: Snapshot, { config, goal, ledger, context, api }: ClusterParts): Promise<boolean> {
  const labels = labelsFor(last, config, goal);
  if (labels === undefined || api === undefined) return false;
  if (labels.refused !== undefined) {
    // Apply refuses before it begins; by now only somebody else can have made the choice ambiguous.
    ledger.leave("label-namespaces", "skipped", labels.refused);
    return false;
  }
  const { changes } = labels;
  if (changes.length === 0) {
    ledger.leave("label-namespaces", "unneeded", labelReason(labels));
    return false;
  }
  if (isTimeUp(context)) {
    ledger.leave("label-namespaces", "skipped", `the run's time was up before it: ${labelReason(labels)}`);
    return false;
  }
  ledger.explain("label-namespaces", labelReason(labels));
  await ledger.carryOut("label-namespaces", async () => {
    const labelled = ({ namespace }: { readonly namespace: string }): void => {
      ledger.touched();
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
async function restart(last: Snapshot, { config, goal, ledger, context, api, look }: ClusterParts): Promise<Snapshot> {
  if (config.restartWorkloads === "never" || api === undefined || !last.observation.seen || !last.observation.value.pods.seen) return last;
  const restarts = planRestarts(last, goal, closedNamespaces(last, goal));
  const { targets, told } = restarts;
  if (targets.length === 0) {
    ledger.leave("restart-workloads", told.length > 0 ? "skipped" : "unneeded", restartReason(restarts));
    return last;
  }
  const obstacle = isTimeUp(context) ? "the run's time was up" : restartObstacle(last, goal);
  if (obstacle !== undefined) {
    ledger.leave("restart-workloads", "skipped", `nothing is restarted before injector and node agent are right; ${obstacle}`);
    return last;
  }
  try {
    await ledger.carryOut("restart-workloads", async () => {
      const done = await restartWorkloads({ api, targets, context, touched: () => ledger.touched() });
      const { rolled } = done;
      const count = rolled.length === 1 ? "1 workload" : `${rolled.length} workloads`;
      ledger.explain("restart-workloads", withTold(`rolled ${count}`, [...done.told, ...told]));
      return rolled.length > 0 ? "done" : "unneeded";
    });
  } catch (error) {
    // The report shows what the cluster is like now, also where a rollout failed; where that cannot be seen, the failure counts.
    await look(true).catch(() => undefined);
    throw error;
  }
  return look(true);
}
