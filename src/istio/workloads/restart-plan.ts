/** The workloads to restart so that their pods comply with the goal, and the workloads that are not restarted. */
import { CNI_CHAINING, type RestartWorkloads } from "../../contract.ts";
import { isObjectName } from "../../lib/object-name.ts";
import type { Snapshot } from "../observation.ts";
import { restartable } from "../pods/pod-census.ts";
import { disprovesRedirection } from "../admission/probe-result.ts";
import { type RedirectionRefusal, refusedForRedirection } from "./refused-for-redirection.ts";
import { rollableKind, type RollableKind, rolloutObstacle } from "./rollout.ts";
import { isSystemNamespace } from "../injection/system-namespaces.ts";
import type { Goal } from "../goal.ts";

/** A workload to restart. */
export interface RestartTarget {
  readonly kind: RollableKind;
  readonly namespace: string;
  readonly name: string;
  /** How many of its pods are stale; 0 for a workload without pods, which is only restarted while it has none. */
  readonly pods: number;
}

export interface RestartPlan {
  readonly targets: readonly RestartTarget[];
  /** Stale or refused workloads that are not restarted, with the reason: `Job shop/migrate: …`. */
  readonly notRestarted: readonly string[];
}

/** What {@link planRestarts} depends on besides the snapshot. */
export interface RestartOptions {
  /** `refused`: the workloads without pods that admission refused. `stale`: these, and the workloads with stale pods. */
  readonly which: Exclude<RestartWorkloads, "never">;
  /** Whether the plan still contains a switch or a label. Either may change the result of the probe, so the probe does not decide. */
  readonly isChanging?: boolean;
}

/** `Deployment shop/web`. */
export function workloadName({ kind, namespace, name }: { readonly kind: string; readonly namespace: string; readonly name: string }): string {
  return `${kind} ${namespace}/${name}`;
}

/** Plans the restarts. A part that was not observed plans none. */
export function planRestarts(snapshot: Snapshot, goal: Goal, { which, isChanging = false }: RestartOptions): RestartPlan {
  const stale = planStale(snapshot, goal, isChanging);
  const refused = planRefused(snapshot, goal, isChanging, stale.names);
  if (which === "refused") return refused;
  return { targets: [...stale.targets, ...refused.targets], notRestarted: [...stale.notRestarted, ...refused.notRestarted] };
}

function planStale(snapshot: Snapshot, goal: Goal, isChanging: boolean): RestartPlan & { readonly names: ReadonlySet<string> } {
  const { observation } = snapshot;
  const targets: RestartTarget[] = [];
  const notRestarted: string[] = [];
  const names = new Set<string>();
  if (!observation.seen || !observation.value.pods.seen) return { targets, notRestarted, names };
  const refusing = isChanging ? new Set<string>() : refusingNamespaces(snapshot, goal);
  for (const { namespace, owner, pods } of restartable(observation.value.pods.value, goal.mechanism)) {
    const workload = { namespace, ...owner };
    const kind = rollableKind(owner.kind);
    const why = kind === undefined ? reasonForKind(owner.kind) : (obstacle(workload) ?? (refusing.has(namespace) ? PROBE_FAILED : undefined));
    names.add(workloadName(workload));
    if (kind !== undefined && why === undefined) targets.push({ kind, namespace, name: owner.name, pods });
    else notRestarted.push(`${workloadName(workload)}: ${why ?? ""}`);
  }
  return { targets, notRestarted, names };
}

/** @param stale the workloads that have stale pods: they are restarted as stale workloads, or not at all */
function planRefused(snapshot: Snapshot, goal: Goal, isChanging: boolean, stale: ReadonlySet<string>): RestartPlan {
  const targets: RestartTarget[] = [];
  const notRestarted: string[] = [];
  if (goal.mechanism !== CNI_CHAINING) return { targets, notRestarted };
  for (const refusal of refusedForRedirection(snapshot, goal)) {
    if (stale.has(workloadName(refusal))) continue;
    const kind = rollableKind(refusal.kind);
    const why = kind === undefined ? reasonForRefusedKind(refusal.kind) : refusedObstacle(refusal, isChanging);
    if (kind !== undefined && why === undefined) targets.push({ kind, namespace: refusal.namespace, name: refusal.name, pods: 0 });
    else notRestarted.push(`${workloadName(refusal)}: ${why ?? ""}`);
  }
  return { targets, notRestarted };
}

const PROBE_FAILED = "the admission probe of its namespace failed: see admission-probe";

/** Namespaces in which the probe shows that new pods would be refused or not comply. A restart there may leave a workload without pods. */
function refusingNamespaces({ observation }: Snapshot, goal: Goal): ReadonlySet<string> {
  if (!observation.seen || !observation.value.probes.seen) return new Set();
  return new Set(observation.value.probes.value.answers.filter((facts) => disprovesRedirection(facts, goal.mechanism)).map(({ namespace }) => namespace));
}

function refusedObstacle(refusal: RedirectionRefusal, isChanging: boolean): string | undefined {
  const { facts, isProbed, now } = refusal;
  const own = obstacle(refusal) ?? (facts === undefined ? undefined : (rolloutObstacle(facts, false) ?? podsOf(facts.current)));
  if (own !== undefined || isChanging) return own;
  if (isProbed) return now === "admitted" ? undefined : PROBE_FAILED;
  return "no admission probe of its namespace shows that its pods would be admitted";
}

/** Why a workload with pods is not restarted as a refused one. */
export function podsOf(pods: number): string | undefined {
  return pods > 0 ? `it has ${pods === 1 ? "a pod" : `${pods} pods`}, and only workloads without pods are restarted` : undefined;
}

function obstacle({ namespace, name }: { readonly namespace: string; readonly name: string }): string | undefined {
  if (!isObjectName(name)) return "its pods name an owner whose name is not valid";
  return isSystemNamespace(namespace) ? "its namespace belongs to AKS, and this action never writes there" : undefined;
}

/** Why a refused workload of a kind without a rollout is not restarted. */
function reasonForRefusedKind(kind: string): string {
  return kind === "Job" ? "its controller tries again by itself within about a minute" : kind === "ReplicaSet" ? "a bare ReplicaSet: its controller tries again by itself" : reasonForKind(kind);
}

/** Why a kind without a pod template that can be rolled out is not restarted. */
function reasonForKind(kind: string): string {
  switch (kind) {
    case "Pod":
      return "a bare pod: delete it and create it again";
    case "Job":
    case "CronJob":
      return "runs to its end and is not restarted";
    case "ReplicaSet":
      return "a bare ReplicaSet: delete its pods, and it creates new ones";
    default:
      return "this action does not support the kind of its controller";
  }
}
