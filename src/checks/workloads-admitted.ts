import { mentionsIstioInitCapability } from "../istio/admission/refusal.ts";
import type { Goal } from "../istio/goal.ts";
import { injectionRules } from "../istio/injection/injection-rules.ts";
import { inScope } from "../istio/injection/namespace-scope.ts";
import { isSystemNamespace } from "../istio/injection/system-namespaces.ts";
import type { ReplicaSetFacts } from "../istio/kubernetes-facts.ts";
import type { Snapshot } from "../istio/observation.ts";
import type { RefusedWorkload } from "../istio/workloads/refused-workloads.ts";
import { count } from "../lib/plural.ts";
import { type CheckInfo, type CheckResult, fail, observed, pass, unverifiable, warn } from "./check-result.ts";
import { capabilityRemedy } from "./remedies.ts";
import { waitingForControllers } from "./waiting-for-controllers.ts";

const CHECK: CheckInfo = { id: "workloads-admitted", title: "Admission lets the workloads' pods in" };
const MAX_MESSAGE = 300;

interface Refused {
  readonly namespace: string;
  /** `Deployment shop/web`. */
  readonly workload: string;
  readonly message: string;
}

/** Whether admission refuses pods of workloads. A refused pod does not exist, so only its workload shows the refusal. */
export function workloadsAdmitted(snapshot: Snapshot, goal: Goal): CheckResult {
  const replicaSets = observed(snapshot, "replicaSets");
  if (!replicaSets.seen) return unverifiable(CHECK, replicaSets);
  const others = observed(snapshot, "refusedWorkloads");
  const all = [...replicaSets.value.flatMap(ofReplicaSet), ...(others.seen ? others.value.workloads.map(ofWorkload) : [])];
  const counts = scopeOf(snapshot, goal);
  const refused = all
    .map(({ namespace, workload, message }) => ({ namespace, isCapability: mentionsIstioInitCapability(message), line: `${workload}: ${shorten(message)}` }))
    .filter(({ namespace, isCapability }) => counts(namespace, isCapability));
  const ofCapability = refused.filter(({ isCapability }) => isCapability).map(({ line }) => line);
  const unrelated = refused.filter(({ isCapability }) => !isCapability).map(({ line }) => line);
  const notChecked = others.seen && others.value.notChecked > 0 ? [`${count(others.value.notChecked, "more workload")} with FailedCreate events not checked`] : [];

  const [first] = ofCapability;
  if (first !== undefined) {
    const waiting = waitingForControllers(CHECK, snapshot, goal, [...ofCapability, ...unrelated, ...notChecked]);
    if (waiting !== undefined) return { ...waiting, unverifiable: !others.seen };
    return fail(CHECK, `Admission refuses the capabilities of ${count(ofCapability.length, "workload")}: ${first}`, {
      evidence: [...ofCapability, ...unrelated, ...notChecked],
      remedy: capabilityRemedy(goal.mechanism, "Then restart the workload."),
    });
  }
  if (unrelated.length > 0) {
    return warn(CHECK, `Admission refuses pods of ${count(unrelated.length, "workload")} for reasons unrelated to redirection.`, {
      evidence: [...unrelated, ...notChecked],
      remedy: "Correct what the message names. This action does not change quotas or admission policies.",
    });
  }
  if (!others.seen) return unverifiable(CHECK, others);
  return pass(CHECK, "Admission does not refuse pods of any workload.", { evidence: notChecked });
}

/**
 * Whether a refusal in a namespace counts. In the default scope a refused capability counts wherever a workload runs,
 * because a pod can request injection by its own label. Other refusals count only where injection is on.
 */
function scopeOf(snapshot: Snapshot, goal: Goal): (namespace: string, isCapability: boolean) => boolean {
  const rules = injectionRules({
    namespaces: observed(snapshot, "namespaces"),
    webhooks: observed(snapshot, "webhooks"),
    installedRevisions: snapshot.cluster.mesh.revisions,
  });
  const isInScope = inScope(goal.namespaces, rules);
  return (namespace, isCapability) =>
    isInScope(namespace) || (goal.namespaces.isDefault && isCapability && !isSystemNamespace(namespace));
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

function shorten(message: string): string {
  return message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}...` : message;
}
