/** The workloads whose pods admission refuses, each with the refusal and whether it concerns the mesh. */
import { type RefusalCause, isOfMesh } from "../admission/refusal-cause.ts";
import { readRefusal, type Refusal } from "../admission/refusal.ts";
import { entry } from "../../lib/json.ts";
import { type InjectionRules, injectionRules } from "../injection/injection-rules.ts";
import { inScope } from "../injection/namespace-scope.ts";
import { isSystemNamespace } from "../injection/system-namespaces.ts";
import type { Goal } from "../goal.ts";
import type { PodTemplateFacts, ReplicaSetFacts } from "../kubernetes-facts.ts";
import type { Snapshot } from "../observation.ts";
import { isCniDaemonSet, type RefusedWorkload } from "./refused-workloads.ts";

/** A workload whose pods are refused. */
export interface RefusedByAdmission {
  readonly namespace: string;
  /** The kind and name of the workload to restart: of a ReplicaSet, its owner. */
  readonly kind: string;
  readonly name: string;
  /** The controlling owner of a Job. */
  readonly owner: { readonly kind: string; readonly name: string } | undefined;
  /** The message of the condition or event. */
  readonly message: string;
  readonly refusal: Refusal;
  /** The causes of the refusal. A capability without a container is the application's where injection does not select the pod. */
  readonly causes: readonly RefusalCause[];
  /** Whether what is refused belongs to the mesh. */
  readonly isOfMesh: boolean;
  /** Whether its template has istio-init, and that is what is refused. CNI chaining does not change it. */
  readonly isHandInjected: boolean;
  /** When it was refused, in milliseconds since the epoch; undefined where that is not known. */
  readonly refusedAt: number | undefined;
  /** Whether what is refused of the mesh ends with CNI chaining; the application itself may still be refused. */
  readonly meshEndsWithCni: boolean;
  /** Whether the refusal ends with CNI chaining: nothing of the mesh but istio-init is refused, and injection adds it. */
  readonly endsWithCni: boolean;
}

/**
 * The refused workloads that count for a goal; none where nothing was observed. In the default scope, refusals of Istio's own
 * containers count wherever a workload runs, because a pod can request injection by its own label. Other refusals count only in
 * namespaces in scope.
 */
export function refusedByAdmission({ cluster, observation }: Snapshot, goal: Goal): readonly RefusedByAdmission[] {
  if (!observation.seen) return [];
  const { namespaces, webhooks, replicaSets, refusedWorkloads } = observation.value;
  const rules = injectionRules({ namespaces, webhooks, installedRevisions: cluster.mesh.revisions });
  const isInScope = inScope(goal.namespaces, rules);
  const ofReplicaSets = replicaSets.seen ? replicaSets.value.flatMap(ofReplicaSet) : [];
  const others = refusedWorkloads.seen ? refusedWorkloads.value.workloads : [];
  return [...ofReplicaSets, ...others]
    .filter((workload) => !isCniDaemonSet(workload))
    .map((workload) => judge(workload, rules))
    .filter(({ namespace, isOfMesh }) => isInScope(namespace) || (goal.namespaces.isDefault && isOfMesh && !isSystemNamespace(namespace)));
}

function judge({ namespace, kind, name, owner, message, template, refusedAt }: RefusedWorkload, rules: InjectionRules): RefusedByAdmission {
  const refusal = readRefusal(message);
  const isHandInjected = template.hasIstioInit && refusal.causes.some(isOfIstioInit);
  const isInjected = template.hasIstioInit || mayBeInjected(namespace, template, rules);
  const causes = isInjected ? refusal.causes : refusal.causes.map((cause) => (cause === "unnamed-capability" ? "application" : cause));
  const ofMesh = causes.filter((cause) => isOfMesh([cause], isInjected));
  const meshEndsWithCni = ofMesh.length > 0 && ofMesh.every(isOfIstioInit) && !isHandInjected;
  const endsWithCni = meshEndsWithCni && !causes.includes("application");
  return { namespace, kind, name, owner, message, refusal, causes, isOfMesh: ofMesh.length > 0, isHandInjected, refusedAt, meshEndsWithCni, endsWithCni };
}

/** Whether a cause is what a switch to CNI chaining removes. */
export function isOfIstioInit(cause: RefusalCause): boolean {
  return cause === "istio-init" || cause === "unnamed-capability";
}

/** Whether injection selects the pods of a template. Where that could not be observed, it counts as selected, unless its label opts out. */
function mayBeInjected(namespace: string, { labels }: PodTemplateFacts, rules: InjectionRules): boolean {
  if (rules.selects(namespace, labels)) return true;
  const { kind } = rules.injectionIn(namespace);
  return (kind === "maybe-tag" || kind === "unseen") && entry(labels, "sidecar.istio.io/inject") !== "false";
}

function ofReplicaSet({ namespace, name, owner, failure, desired, template }: ReplicaSetFacts): readonly RefusedWorkload[] {
  if (failure === undefined || desired <= 0) return [];
  return [{ namespace, kind: "ReplicaSet", name, ...owner, owner: undefined, message: failure, template: template ?? { labels: {}, hasIstioInit: false } }];
}
