import { CNI_CHAINING } from "../contract.ts";
import { injectionRules } from "../istio/injection/injection-rules.ts";
import type { Snapshot } from "../istio/observation.ts";
import { namesMeshCapability } from "../istio/admission/mesh-capability.ts";
import { inScope } from "../istio/injection/namespace-scope.ts";
import { isSystemNamespace } from "../istio/injection/system-namespaces.ts";
import { count, fail, type CheckResult, observed, pass, type CheckInfo, unverifiable, warn } from "./check-result.ts";
import type { ReplicaSetFacts } from "../istio/kubernetes-facts.ts";
import type { RefusedWorkload } from "../istio/workloads/refused-workloads.ts";
import type { Goal } from "../istio/goal.ts";

const SUBJECT: CheckInfo = { id: "workloads-admitted", title: "Admission lets the workloads' pods in" };
const MAX_MESSAGE = 300;

interface Refused {
  readonly namespace: string;
  readonly workload: string;
  readonly message: string;
}

/** Whether workloads get the pods they ask for. Where injection is refused there is no pod to look at, only this. */
export function workloadsAdmitted(snapshot: Snapshot, goal: Goal): CheckResult {
  const replicaSets = observed(snapshot, (seen) => seen.replicaSets);
  if (!replicaSets.seen) return unverifiable(SUBJECT, replicaSets);
  const others = observed(snapshot, (seen) => seen.refusedWorkloads);
  const all = [...replicaSets.value.flatMap(ofReplicaSet), ...(others.seen ? others.value.workloads.map(ofWorkload) : [])];
  const belongs = scopeOf(snapshot, goal);
  const refused = all.flatMap(({ namespace, workload, message }) => {
    const isOurs = namesMeshCapability(message);
    return belongs(namespace, isOurs) ? [{ isOurs, line: `${workload}: ${short(message)}` }] : [];
  });
  const left = others.seen ? others.value.notLookedAt : 0;
  return verdict(refused, left, goal, others.seen ? undefined : others);
}

function verdict(
  refused: readonly { readonly isOurs: boolean; readonly line: string }[],
  left: number,
  goal: Goal,
  unseen: { readonly why: string; readonly remedy: string } | undefined,
): CheckResult {
  const ours = refused.filter(({ isOurs }) => isOurs).map(({ line }) => line);
  const others = refused.filter(({ isOurs }) => !isOurs).map(({ line }) => line);
  if (ours.length > 0) {
    return fail(SUBJECT, `Admission refuses the capabilities of ${count(ours.length, "workload")}: ${ours[0] ?? ""}`, {
      evidence: [...ours, ...others, ...notLookedAt(left)],
      remedy:
        goal.mechanism === CNI_CHAINING
          ? "Make sure that CNI chaining is on and the injector configured, then restart the workload: " +
            "its pods need neither NET_ADMIN nor NET_RAW then."
          : "Admission on this cluster refuses istio-init: only CNI chaining works here.",
    });
  }
  if (others.length > 0) {
    return warn(SUBJECT, `${count(others.length, "workload")} get no pods, for reasons other than redirection.`, {
      evidence: [...others, ...notLookedAt(left)],
      remedy: "Follow the message; quotas and other admission policies are not this action's business.",
    });
  }
  if (unseen !== undefined) return unverifiable(SUBJECT, unseen);
  return pass(SUBJECT, "No workload is refused pods.", { evidence: notLookedAt(left) });
}

function notLookedAt(left: number): readonly string[] {
  return left > 0 ? [`${count(left, "more workload")} with FailedCreate events not looked at`] : [];
}

/**
 * In the default scope a refused capability counts wherever a workload runs, because a pod can ask for injection by its own
 * label; other failures count only where injection is on.
 */
function scopeOf(snapshot: Snapshot, goal: Goal): (namespace: string, isOurs: boolean) => boolean {
  const rules = injectionRules({
    namespaces: observed(snapshot, (seen) => seen.namespaces),
    webhooks: observed(snapshot, (seen) => seen.webhooks),
    installedRevisions: snapshot.cluster.mesh.revisions,
  });
  const isInScope = inScope(goal.namespaces, rules);
  return (namespace, isOurs) =>
    isInScope(namespace) || (goal.namespaces.isDefault && isOurs && !isSystemNamespace(namespace));
}

function ofReplicaSet({ namespace, name, owner, failure, desired }: ReplicaSetFacts): readonly Refused[] {
  if (failure === undefined || desired <= 0) return [];
  const { kind, name: workload } = owner ?? { kind: "ReplicaSet", name };
  return [{ namespace, workload: `${kind} ${namespace}/${workload}`, message: failure }];
}

function ofWorkload({ namespace, kind, name, owner, message }: RefusedWorkload): Refused {
  const own = `${kind} ${namespace}/${name}`;
  return { namespace, workload: owner === undefined ? own : `${own} (of ${owner.kind} ${owner.name})`, message };
}

function short(message: string): string {
  return message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}...` : message;
}
