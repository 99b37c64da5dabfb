/** Plans the steps inside the cluster: labels and restarts. Pure functions, as in `plan.ts`. */
import { INIT_CONTAINERS, type RestartWorkloads } from "../../contract.ts";
import type { Goal } from "../../istio/goal.ts";
import { type LabelPlan, planLabels } from "../../istio/injection/namespace-labels.ts";
import type { Snapshot } from "../../istio/observation.ts";
import { planRestarts, type RestartPlan, workloadName } from "../../istio/workloads/restart-plan.ts";
import { count } from "../../lib/plural.ts";
import type { Config } from "../config.ts";
import type { PlannedStep } from "./planned-step.ts";
import { restartObstacle } from "./restart-obstacle.ts";

type ClusterConfig = Pick<Config, "labelNamespaces" | "revision" | "removeInjectionLabel" | "restartWorkloads">;

/** The most names that a reason lists. */
const MAX_NAMES = 20;

/** Plans both steps. `isSwitching`: a step before them may change the mechanism. `refused`: why no revision can be chosen for the labels; undefined if one can. */
export function planClusterSteps(
  snapshot: Snapshot,
  config: ClusterConfig,
  goal: Goal,
  isSwitching: boolean,
): { readonly steps: readonly PlannedStep[]; readonly refused: string | undefined } {
  const labels = planNamespaceLabels(snapshot, config, goal);
  const label = labelStep(snapshot, config, goal, labels);
  const restart = restartStep(snapshot, config, goal, isSwitching, label.needed);
  return { steps: [label, restart], refused: labels?.obstacle };
}

/** The namespaces to label; undefined if the inputs ask for no labels, or the namespaces could not be observed. */
export function planNamespaceLabels({ cluster, observation }: Snapshot, config: ClusterConfig, goal: Goal): LabelPlan | undefined {
  if (!config.labelNamespaces || goal.mechanism === INIT_CONTAINERS) return undefined;
  if (!observation.seen || !observation.value.namespaces.seen) return undefined;
  const { namespaces, webhooks, revisionsInUse } = observation.value;
  const { revision, removeInjectionLabel } = config;
  return planLabels(
    { namespaces, webhooks, revisionsInUse, installedRevisions: cluster.mesh.revisions },
    { scope: goal.namespaces, revision, removeInjectionLabel },
  );
}

function labelStep({ observation }: Snapshot, config: ClusterConfig, goal: Goal, labels: LabelPlan | undefined): PlannedStep {
  const step = { id: "label-namespaces", title: "Label namespaces with istio.io/rev" } as const;
  if (!config.labelNamespaces) return { ...step, needed: false, reason: "label-namespaces is false" };
  if (goal.mechanism === INIT_CONTAINERS) return { ...step, needed: false, reason: "mode disable sets no labels" };
  if (labels === undefined) {
    const namespaces = observation.seen ? observation.value.namespaces : observation;
    return { ...step, needed: false, undecided: true, reason: `the namespaces could not be observed: ${namespaces.seen ? "" : namespaces.why}` };
  }
  if (labels.obstacle !== undefined) return { ...step, needed: true, reason: `refused: ${labels.obstacle}` };
  return { ...step, needed: labels.changes.length > 0, reason: labelReason(labels) };
}

/** `shop: istio.io/rev=asm-1-28, without istio-injection; skipped: team-b: …`. */
export function labelReason({ changes, notLabelled }: LabelPlan): string {
  const done = changes.map(({ namespace, labels }) => {
    const parts = Object.entries(labels).map(([label, value]) => (value === null ? `without ${label}` : `${label}=${value}`));
    return `${namespace}: ${parts.join(", ")}`;
  });
  return withSkipped(done.length === 0 ? "no named namespace needs the label" : listed(done, "; "), notLabelled);
}

function restartStep(snapshot: Snapshot, config: ClusterConfig, goal: Goal, isSwitching: boolean, isLabelling: boolean): PlannedStep {
  const which = config.restartWorkloads;
  const step = { id: "restart-workloads", title: which === "refused" ? "Restart workloads whose pods were refused" : "Restart workloads whose pods are stale" } as const;
  if (which === "never") return { ...step, needed: false, reason: "restart-workloads is never" };
  const unobserved = whyNoRestarts(snapshot, which);
  if (unobserved !== undefined) return { ...step, needed: false, undecided: true, reason: unobserved };
  // The probe describes the cluster as it is now. A switch or a label changes what admission does.
  const restarts = planRestarts(snapshot, goal, { which, isChanging: isSwitching || isLabelling });
  const isFollowed = isLabelling && which === "stale";
  const later = isFollowed ? "; then the workloads without a proxy in the labelled namespaces" : "";
  const obstacle = isSwitching || restarts.targets.length === 0 ? undefined : restartObstacle(snapshot, goal);
  const condition = obstacle === undefined ? "" : `; only once the injector and the CNI agent are ready: ${obstacle}`;
  return { ...step, needed: restarts.targets.length > 0 || isFollowed, reason: `${restartReason(restarts)}${later}${condition}` };
}

/** Why it is not known which workloads to restart; undefined where it is. */
export function whyNoRestarts({ observation }: Snapshot, which: Exclude<RestartWorkloads, "never">): string | undefined {
  const needed = !observation.seen ? observation : which === "stale" ? observation.value.pods : observation.value.replicaSets;
  return needed.seen ? undefined : `the ${which === "stale" ? "pods" : "workloads"} could not be observed: ${needed.why}`;
}

/** `2 workloads with 5 pods: Deployment shop/web, …; 1 workload without pods: …; skipped: Job shop/migrate: …`. */
export function restartReason({ targets, notRestarted }: RestartPlan): string {
  const stale = targets.filter(({ pods }) => pods > 0);
  const refused = targets.filter(({ pods }) => pods === 0);
  const pods = stale.reduce((sum, target) => sum + target.pods, 0);
  const parts = [
    ...(stale.length === 0 ? [] : [`${count(stale.length, "workload")} with ${count(pods, "pod")}: ${listed(stale.map(workloadName))}`]),
    ...(refused.length === 0 ? [] : [`${count(refused.length, "workload")} without pods: ${listed(refused.map(workloadName))}`]),
  ];
  return withSkipped(parts.join("; ") || "no workload to restart", notRestarted);
}

/** Adds what is skipped, and why, to a description of what is done. */
export function withSkipped(done: string, skipped: readonly string[]): string {
  return skipped.length === 0 ? done : `${done}; skipped: ${listed(skipped, "; ")}`;
}

function listed(items: readonly string[], separator = ", "): string {
  const shown = items.slice(0, MAX_NAMES).join(separator);
  return items.length > MAX_NAMES ? `${shown} and ${items.length - MAX_NAMES} more` : shown;
}
