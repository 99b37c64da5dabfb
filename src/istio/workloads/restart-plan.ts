/** Which workloads to restart so that their pods are redirected as wanted, and which are left alone and why. */
import { CNI_CHAINING, type CheckId } from "../../contract.ts";
import { evaluate } from "../../checks/evaluate.ts";
import type { Goal, CheckResult } from "../../checks/check-result.ts";
import { isObjectName } from "../../lib/object-name.ts";
import type { Snapshot } from "../observation.ts";
import { restartable, type StaleWorkload } from "../pods/pod-census.ts";
import { isDisproof } from "../admission/probe-result.ts";
import { ROLLABLE_KINDS, type RollableKind } from "./rollout.ts";
import { isSystemNamespace } from "../injection/system-namespaces.ts";

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

/** What has to be right before anything is restarted: new pods would be as bad as the old ones, or not start at all. */
const MUST_NOT_FAIL: readonly CheckId[] = ["cni-chaining-enabled", "injector-configured", "cni-daemonset-ready", "cni-covers-nodes"];

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

/** Why nothing may be restarted yet; undefined where injector and node agent are known to be right. */
export function restartObstacle(snapshot: Snapshot, goal: Goal): string | undefined {
  const checks = evaluate(snapshot, goal);
  const failing = checks.find(({ id, result }) => MUST_NOT_FAIL.includes(id) && result === "fail");
  if (failing !== undefined) return `${failing.id} fails: ${failing.message}`;
  const of = (id: CheckId): CheckResult | undefined => checks.find((check) => check.id === id);
  const injector = of("injector-configured");
  // Where the configuration cannot be read, a probe that comes back as wanted says as much.
  if (injector?.result !== "pass" && of("admission-probe")?.result !== "pass") {
    return `it is not known whether the injector is right: ${injector?.message ?? ""}`;
  }
  const agent = of("cni-daemonset-ready");
  if (goal.mechanism === CNI_CHAINING && agent?.result !== "pass") return `it is not known whether the node agent is ready: ${agent?.message ?? ""}`;
  return undefined;
}
