/** Which workloads to restart so that their pods are redirected as wanted, and which are left alone and why. */
import { isObjectName } from "../../lib/object-name.ts";
import type { Snapshot } from "../observation.ts";
import { restartable, type StaleWorkload } from "../pods/pod-census.ts";
import { isDisproof } from "../admission/probe-result.ts";
import { ROLLABLE_KINDS, type RollableKind } from "./rollout.ts";
import { isSystemNamespace } from "../injection/system-namespaces.ts";
import type { Goal } from "../goal.ts";

/** A workload to restart. */
export interface RestartTarget {
  readonly kind: RollableKind;
  readonly namespace: string;
  readonly name: string;
  /** Pods that a restart makes right. */
  readonly pods: number;
}

export interface RestartPlan {
  readonly targets: readonly RestartTarget[];
  /** Stale workloads that are left alone: `Job shop/migrate: …`. */
  readonly skipped: readonly string[];
}

/** `Deployment shop/web`. */
export function nameOf({ kind, namespace, name }: Pick<RestartTarget, "kind" | "namespace" | "name">): string {
  return `${kind} ${namespace}/${name}`;
}

/** Namespaces in which a pod made now would not be right: restarting there would trade old pods for none. */
export function refusingNamespaces({ observation }: Snapshot, goal: Goal): ReadonlySet<string> {
  if (!observation.seen || !observation.value.probes.seen) return new Set();
  return new Set(observation.value.probes.value.answers.filter((facts) => isDisproof(facts, goal.mechanism)).map(({ namespace }) => namespace));
}

/**
 * The stale workloads, sorted into those to restart and those to tell of. Empty where pods could not be seen.
 *
 * @param closed {@link refusingNamespaces}; none while a switch that may open them is still to come
 */
export function planRestarts({ observation }: Snapshot, goal: Goal, closed: ReadonlySet<string> = new Set()): RestartPlan {
  if (!observation.seen || !observation.value.pods.seen) return { targets: [], skipped: [] };
  const { pods } = observation.value;
  const targets: RestartTarget[] = [];
  const skipped: string[] = [];
  for (const workload of restartable(pods.value, goal.mechanism)) {
    const { namespace, owner } = workload;
    const kind = ROLLABLE_KINDS.find((known) => known === owner.kind);
    const why = kind === undefined ? notRolled(workload) : obstacle(workload, closed);
    if (kind !== undefined && why === undefined) targets.push({ kind, namespace, name: owner.name, pods: workload.pods });
    else skipped.push(`${owner.kind} ${namespace}/${owner.name}: ${why ?? ""}`);
  }
  return { targets, skipped };
}

function obstacle({ namespace, owner }: StaleWorkload, closed: ReadonlySet<string>): string | undefined {
  if (!isObjectName(owner.name)) return "its pods name an owner that cannot exist";
  if (isSystemNamespace(namespace)) return "in a namespace of AKS, which is never written to";
  return closed.has(namespace) ? "the admission probe says that new pods of its namespace would not be right: see admission-probe" : undefined;
}

function notRolled({ owner }: StaleWorkload): string {
  switch (owner.kind) {
    case "Pod":
      return "a bare pod: whoever made it has to make it anew";
    case "Job":
    case "CronJob":
      return "runs to its end and is not restarted";
    case "ReplicaSet":
      return "a bare ReplicaSet: delete its pods to have them made anew";
    default:
      return "belongs to a controller that this action does not know";
  }
}
