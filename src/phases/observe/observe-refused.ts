/** Reads the refused workloads again, and nothing else: their controllers try again by themselves, which a wait looks for. */
import type { NamespaceScope } from "../../istio/injection/namespace-scope.ts";
import type { MeshObservation } from "../../istio/observation.ts";
import { candidateOf } from "../../istio/workloads/refused-workloads.ts";
import type { KubernetesApi } from "../../kubernetes/query.ts";
import { combineObserved, mapObserved } from "../../lib/observed.ts";
import { refusedWorkloadQuery, replicaSetsQuery } from "./cluster-queries.ts";

/**
 * Reads the ReplicaSets, and the other workloads that were refused in the latest observation. Of those that are refused only since, only
 * ReplicaSets are found.
 *
 * @throws only the run's own end
 */
export async function observeRefused({ refusedWorkloads }: MeshObservation, scope: NamespaceScope, api: KubernetesApi): Promise<Pick<MeshObservation, "replicaSets" | "refusedWorkloads">> {
  const replicaSets = replicaSetsQuery(scope);
  const others = refusedWorkloads.seen ? refusedWorkloads.value.workloads.flatMap((workload) => candidateOf(workload) ?? []).map(refusedWorkloadQuery) : [];
  await api.query([replicaSets, ...others]);
  const confirmed = combineObserved(others.map(({ result }) => result));
  return {
    replicaSets: replicaSets.result,
    refusedWorkloads: refusedWorkloads.seen ? mapObserved(confirmed, (read) => ({ ...refusedWorkloads.value, workloads: read.map(({ refused }) => refused) })) : refusedWorkloads,
  };
}
