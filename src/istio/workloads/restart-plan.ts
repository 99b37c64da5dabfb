/** The workloads to restart so that their pods comply with the goal, and the stale workloads that are not restarted. */
import { isObjectName } from "../../lib/object-name.ts";
import type { Snapshot } from "../observation.ts";
import { restartable, type StaleWorkload } from "../pods/pod-census.ts";
import { disprovesRedirection } from "../admission/probe-result.ts";
import { rollableKind, type RollableKind } from "./rollout.ts";
import { isSystemNamespace } from "../injection/system-namespaces.ts";
import type { Goal } from "../goal.ts";

/** A workload to restart. */
export interface RestartTarget {
  readonly kind: RollableKind;
  readonly namespace: string;
  readonly name: string;
  /** How many of its pods are stale. */
  readonly pods: number;
}

export interface RestartPlan {
  readonly targets: readonly RestartTarget[];
  /** Stale workloads that are not restarted, with the reason: `Job shop/migrate: …`. */
  readonly notRestarted: readonly string[];
}

/** `Deployment shop/web`. */
export function workloadName({ kind, namespace, name }: Pick<RestartTarget, "kind" | "namespace" | "name">): string {
  return `${kind} ${namespace}/${name}`;
}

/** Namespaces in which the probe shows that new pods would be refused or not comply. A restart there may leave a workload without pods. */
export function refusingNamespaces({ observation }: Snapshot, goal: Goal): ReadonlySet<string> {
  if (!observation.seen || !observation.value.probes.seen) return new Set();
  return new Set(observation.value.probes.value.answers.filter((facts) => disprovesRedirection(facts, goal.mechanism)).map(({ namespace }) => namespace));
}

/**
 * Plans the restarts. The plan is empty where the pods were not observed.
 *
 * @param refusing {@link refusingNamespaces}; none while the plan still contains a switch, which may change the result of the probe
 */
export function planRestarts({ observation }: Snapshot, goal: Goal, refusing: ReadonlySet<string> = new Set()): RestartPlan {
  if (!observation.seen || !observation.value.pods.seen) return { targets: [], notRestarted: [] };
  const { pods } = observation.value;
  const targets: RestartTarget[] = [];
  const notRestarted: string[] = [];
  for (const workload of restartable(pods.value, goal.mechanism)) {
    const { namespace, owner } = workload;
    const kind = rollableKind(owner.kind);
    const why = kind === undefined ? reasonForKind(owner.kind) : obstacle(workload, refusing);
    if (kind !== undefined && why === undefined) targets.push({ kind, namespace, name: owner.name, pods: workload.pods });
    else notRestarted.push(`${owner.kind} ${namespace}/${owner.name}: ${why ?? ""}`);
  }
  return { targets, notRestarted };
}

function obstacle({ namespace, owner }: StaleWorkload, refusing: ReadonlySet<string>): string | undefined {
  if (!isObjectName(owner.name)) return "its pods name an owner whose name is not valid";
  if (isSystemNamespace(namespace)) return "its namespace belongs to AKS, and this action never writes there";
  return refusing.has(namespace) ? "the admission probe of its namespace failed: see admission-probe" : undefined;
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
