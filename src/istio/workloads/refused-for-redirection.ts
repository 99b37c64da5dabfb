/**
 * The workloads whose pods admission refused because of istio-init, and whether admission would let their pods in now. Their
 * controllers try again by themselves, but only after a pause that doubles with each refusal.
 */
import { CNI_CHAINING } from "../../contract.ts";
import { disprovesRedirection, provesRedirection } from "../admission/probe-result.ts";
import { readRefusal } from "../admission/refusal.ts";
import { isOfIstioInit, refusedByAdmission } from "./refused-by-admission.ts";
import { failedOrCanceled } from "../cluster-facts.ts";
import { redirectsOtherwise } from "../redirection.ts";
import type { Goal } from "../goal.ts";
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

/** The workloads in scope whose pods were refused because of istio-init, each once, in the order of the observation. */
export function refusedForRedirection(snapshot: Snapshot, goal: Goal): readonly RedirectionRefusal[] {
  if (!snapshot.observation.seen) return [];
  const observation = snapshot.observation.value;
  const rollables = observation.refusedRollables.seen ? observation.refusedRollables.value : [];
  return once(refusedByAdmission(snapshot, goal).filter(({ endsWithCni }) => endsWithCni)).map((refused) => {
      const { namespace, kind, name } = refused;
      const facts = rollables.find((read) => read.namespace === namespace && read.kind === kind && read.name === name)?.facts;
      const probe = probeIn(namespace, observation, goal);
      const now = facts?.hasOwnIstioInit === true ? "refused" : (probe ?? withoutProbe(snapshot, observation, goal, refused.refusedAt ?? facts?.refusedSince));
      return { namespace, kind, name, facts, now, isProbed: probe !== undefined };
    });
}

/** The owners of ReplicaSets that are refused because of istio-init, which have to be read for their {@link RefusedRollable}. */
export function refusedOwners(replicaSets: Observed<readonly ReplicaSetFacts[]>): readonly Pick<RefusedRollable, "namespace" | "kind" | "name">[] {
  const refused = (replicaSets.seen ? replicaSets.value : []).flatMap(({ namespace, owner, failure, desired }) => {
    const kind = owner === undefined ? undefined : rollableKind(owner.kind);
    const isRefused = failure !== undefined && desired > 0 && readRefusal(failure).causes.some(isOfIstioInit);
    return owner === undefined || kind === undefined || !isRefused ? [] : [{ namespace, kind, name: owner.name }];
  });
  return once(refused);
}

/** Each workload once, also where several ReplicaSets of a Deployment are refused. */
function once<T extends Pick<RedirectionRefusal, "namespace" | "kind" | "name">>(workloads: readonly T[]): readonly T[] {
  return [...new Map(workloads.map((workload) => [`${workload.namespace}/${workload.kind}/${workload.name}`, workload])).values()];
}

/** What the probe of a namespace shows; undefined where it shows nothing about redirection. */
function probeIn(namespace: string, { probes }: MeshObservation, { mechanism }: Goal): "admitted" | "refused" | undefined {
  const probe = probes.seen ? probes.value.answers.find((answer) => answer.namespace === namespace) : undefined;
  if (probe === undefined) return undefined;
  if (disprovesRedirection(probe, mechanism)) return "refused";
  return provesRedirection(probe, mechanism) ? "admitted" : undefined;
}

/** The longest pause of a controller between two attempts, in milliseconds: the maximum back-off of client-go's work queues. */
export const LONGEST_BACK_OFF_MS = 1_000_000;

/**
 * Without a probe: where Azure and every injector have CNI chaining, new pods get no istio-init any more, so that a refusal is from
 * before. Only one that is newer than the last write by more than the longest back-off shows that admission goes on refusing.
 */
function withoutProbe(snapshot: Snapshot, { injectors }: MeshObservation, { mechanism }: Goal, refusedAt: number | undefined): RedirectionRefusal["now"] {
  const { cluster } = snapshot;
  if (mechanism !== CNI_CHAINING || redirectsOtherwise(snapshot, mechanism) || failedOrCanceled(cluster.provisioningState)) return "refused";
  const isConfigured = injectors.seen && injectors.value.length > 0 && injectors.value.every(({ cniEnabled }) => cniEnabled === true);
  if (!isConfigured) return "unknown";
  const lastWrite = Date.parse(cluster.lastChange.at);
  return refusedAt !== undefined && refusedAt > lastWrite + LONGEST_BACK_OFF_MS ? "refused" : "admitted";
}
