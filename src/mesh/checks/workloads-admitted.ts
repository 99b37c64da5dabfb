import { CNI_CHAINING } from "../../contract.ts";
import { injectionRules } from "../injection.ts";
import type { ReplicaSetFacts, Snapshot } from "../observation.ts";
import { inScope } from "../scope.ts";
import { isSystemNamespace } from "../system-namespaces.ts";
import { count, fail, type Goal, type Judgement, lookAt, pass, type Subject, unverifiable, warn } from "./judgement.ts";

const SUBJECT: Subject = { id: "workloads-admitted", title: "Admission lets the workloads' pods in" };
const MAX_MESSAGE = 300;

/** Whether ReplicaSets get the pods they ask for. Where injection is refused there is no pod to look at, only this. */
export function workloadsAdmitted(snapshot: Snapshot, goal: Goal): Judgement {
  const look = lookAt(snapshot, (seen) => seen.replicaSets);
  if (!look.seen) return unverifiable(SUBJECT, look);
  const belongs = scopeOf(snapshot, goal);
  const refused = look.value.flatMap((replicaSet) => {
    const { failure, desired } = replicaSet;
    if (failure === undefined || desired <= 0) return [];
    const isOurs = namesMeshCapability(failure);
    return belongs(replicaSet.namespace, isOurs) ? [{ isOurs, line: describe(replicaSet, failure) }] : [];
  });

  const ours = refused.filter(({ isOurs }) => isOurs).map(({ line }) => line);
  const others = refused.filter(({ isOurs }) => !isOurs).map(({ line }) => line);
  if (ours.length > 0) {
    return fail(SUBJECT, `Admission refuses the capabilities of ${count(ours.length, "workload")}: ${ours[0] ?? ""}`, {
      evidence: [...ours, ...others],
      remedy:
        goal.mechanism === CNI_CHAINING
          ? "Make sure that CNI chaining is on and the injector configured, then restart the workload: " +
            "its pods need neither NET_ADMIN nor NET_RAW then."
          : "Admission on this cluster refuses istio-init: only CNI chaining works here.",
    });
  }
  if (others.length > 0) {
    return warn(SUBJECT, `${count(others.length, "workload")} get no pods, for reasons other than redirection.`, {
      evidence: others,
      remedy: "Follow the message; quotas and other admission policies are not this action's business.",
    });
  }
  return pass(SUBJECT, "No ReplicaSet is refused pods.");
}

/**
 * In the default scope a refused capability counts wherever a workload runs, because a pod can ask for injection by its own
 * label; other failures count only where injection is on.
 */
function scopeOf(snapshot: Snapshot, goal: Goal): (namespace: string, isOurs: boolean) => boolean {
  const rules = injectionRules({
    namespaces: lookAt(snapshot, (seen) => seen.namespaces),
    webhooks: lookAt(snapshot, (seen) => seen.webhooks),
    installedRevisions: snapshot.cluster.mesh.revisions,
  });
  const isInScope = inScope(goal.namespaces, rules);
  return (namespace, isOurs) =>
    isInScope(namespace) || (goal.namespaces.isDefault && isOurs && !isSystemNamespace(namespace));
}

/** What istio-init adds; a policy may also speak of capabilities and leave out which. */
function namesMeshCapability(message: string): boolean {
  if (/NET_ADMIN|NET_RAW|istio-init/.test(message)) return true;
  return /capabilit/i.test(message) && !/\b[A-Z]+_[A-Z_]+\b/.test(message);
}

function describe({ namespace, name, owner }: ReplicaSetFacts, failure: string): string {
  const workload = owner ?? { kind: "ReplicaSet", name };
  const message = failure.length > MAX_MESSAGE ? `${failure.slice(0, MAX_MESSAGE)}...` : failure;
  return `${workload.kind} ${namespace}/${workload.name}: ${message}`;
}
