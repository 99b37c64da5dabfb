/**
 * The workloads whose pods admission refused because of istio-init, and whether admission would let their pods in now. Their
 * controllers try again by themselves, but only after a pause that doubles with each refusal.
 */
import { CNI_CHAINING } from "../../contract.ts";
import { disprovesRedirection, provesRedirection } from "../admission/probe-result.ts";
import { mentionsIstioInitCapability } from "../admission/refusal.ts";
import { failedOrCanceled, redirectsBy } from "../cluster-facts.ts";
import type { Goal } from "../goal.ts";
import { injectionRules } from "../injection/injection-rules.ts";
import { inScope } from "../injection/namespace-scope.ts";
import { isSystemNamespace } from "../injection/system-namespaces.ts";
import type { ReplicaSetFacts } from "../kubernetes-facts.ts";
import type { MeshObservation, Snapshot } from "../observation.ts";
import type { Observed } from "../../lib/observed.ts";
import { type RefusedRollable, rollableKind, type WorkloadFacts } from "./rollout.ts";

/** A workload whose pods were refused because of istio-init. */
export interface RedirectionRefusal {
  readonly namespace: string;
  /** The kind of the workload that a person restarts: a Deployment rather than its ReplicaSet. */
  readonly kind: string;
  readonly name: string;
  /** The workload itself; undefined where its kind cannot be rolled out, or it could not be read. */
  readonly facts: WorkloadFacts | undefined;
  /**
   * `admitted`: a new pod would be admitted now, so that the workload only waits for its controller. `refused`: it would be refused
   * again. `unknown`: nothing shows which.
   */
  readonly now: "admitted" | "refused" | "unknown";
  /** Whether the probe of its namespace shows it, rather than Azure and the injector. */
  readonly isProbed: boolean;
}

/** The name of a workload that is refused, and when, in milliseconds since the epoch; undefined where that is not known. */
type Refused = Pick<RedirectionRefusal, "namespace" | "kind" | "name"> & { readonly at: number | undefined };

/** The workloads in scope whose pods were refused because of istio-init, each once, in the order of the observation. */
export function refusedForRedirection(snapshot: Snapshot, goal: Goal): readonly RedirectionRefusal[] {
  if (!snapshot.observation.seen) return [];
  const observation = snapshot.observation.value;
  const isInScope = inScope(goal.namespaces, injectionRules({ ...observation, installedRevisions: snapshot.cluster.mesh.revisions }));
  // A pod may request injection by its own label, so in the default scope the namespace does not decide.
  const counts = (namespace: string): boolean => isInScope(namespace) || (goal.namespaces.isDefault && !isSystemNamespace(namespace));
  const rollables = observation.refusedRollables.seen ? observation.refusedRollables.value : [];
  return refusedWorkloads(observation)
    .filter(({ namespace }) => counts(namespace))
    .map((refused) => {
      const { namespace, kind, name } = refused;
      const facts = rollables.find((read) => read.namespace === namespace && read.kind === kind && read.name === name)?.facts;
      const probe = probeIn(namespace, observation, goal);
      const now = facts?.hasOwnIstioInit === true ? "refused" : (probe ?? withoutProbe(snapshot, observation, goal, refused.at ?? facts?.refusedSince));
      return { namespace, kind, name, facts, now, isProbed: probe !== undefined };
    });
}

/** The owners of ReplicaSets that are refused because of istio-init, which have to be read for their {@link RefusedRollable}. */
export function refusedOwners(replicaSets: Observed<readonly ReplicaSetFacts[]>): readonly Pick<RefusedRollable, "namespace" | "kind" | "name">[] {
  return refusedReplicaSets(replicaSets).flatMap(({ namespace, kind, name }) => {
    const rollable = rollableKind(kind);
    return rollable === undefined ? [] : [{ namespace, kind: rollable, name }];
  });
}

function refusedWorkloads({ replicaSets, refusedWorkloads: others }: MeshObservation): readonly Refused[] {
  const ofOthers = (others.seen ? others.value.workloads : [])
    .filter(({ message }) => mentionsIstioInitCapability(message))
    .map(({ namespace, kind, name, refusedAt }) => ({ namespace, kind, name, at: refusedAt }));
  return [...refusedReplicaSets(replicaSets), ...ofOthers];
}

/** One for each Deployment, also where several of its ReplicaSets are refused. */
function refusedReplicaSets(replicaSets: Observed<readonly ReplicaSetFacts[]>): readonly Refused[] {
  const refused = (replicaSets.seen ? replicaSets.value : [])
    .filter(({ failure, desired }) => failure !== undefined && desired > 0 && mentionsIstioInitCapability(failure))
    .map(({ namespace, name, owner }): Refused => ({ namespace, ...(owner ?? { kind: "ReplicaSet", name }), at: undefined }));
  return [...new Map(refused.map((workload) => [`${workload.namespace}/${workload.kind}/${workload.name}`, workload])).values()];
}

/** What the probe of a namespace shows; undefined where it shows nothing about redirection. */
function probeIn(namespace: string, { probes }: MeshObservation, { mechanism }: Goal): "admitted" | "refused" | undefined {
  const probe = probes.seen ? probes.value.answers.find((answer) => answer.namespace === namespace) : undefined;
  if (probe === undefined) return undefined;
  if (disprovesRedirection(probe, mechanism)) return "refused";
  return provesRedirection(probe, mechanism) ? "admitted" : undefined;
}

/** Without a probe: a refusal from before the last write to a cluster that redirects as it should now has no current cause. */
function withoutProbe({ cluster }: Snapshot, { injectors }: MeshObservation, { mechanism }: Goal, refusedAt: number | undefined): RedirectionRefusal["now"] {
  if (mechanism !== CNI_CHAINING || !redirectsBy(cluster, mechanism) || failedOrCanceled(cluster.provisioningState)) return "refused";
  const isConfigured = injectors.seen && injectors.value.length > 0 && injectors.value.every(({ cniEnabled }) => cniEnabled === true);
  const lastWrite = Date.parse(cluster.lastChange.at);
  return isConfigured && refusedAt !== undefined && refusedAt <= lastWrite ? "admitted" : "unknown";
}
