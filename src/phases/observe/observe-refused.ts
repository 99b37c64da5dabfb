/** Reads the refused workloads again, and nothing else: their controllers try again by themselves, which a wait looks for. */
import type { NamespaceScope } from "../../istio/injection/namespace-scope.ts";
import type { MeshObservation } from "../../istio/observation.ts";
import { candidateOf } from "../../istio/workloads/refused-workloads.ts";
import type { KubernetesApi } from "../../kubernetes/query.ts";
import { combineObserved, mapObserved } from "../../lib/observed.ts";
import { refusedWorkloadQuery, replicaSetsInQuery, replicaSetsQuery } from "./cluster-queries.ts";

/** In how many namespaces ReplicaSets are listed one by one; for more, all of them are. */
const MOST_NAMESPACES = 10;

/**
 * Reads the ReplicaSets of the namespaces in which some are refused, and the other workloads that are. Workloads that are refused only
 * since the latest observation are not found.
 *
 * @throws only the run's own end
 */
export async function observeRefused(latest: MeshObservation, scope: NamespaceScope, api: KubernetesApi): Promise<Pick<MeshObservation, "replicaSets" | "refusedWorkloads">> {
  const { replicaSets, refusedWorkloads } = latest;
  const known = replicaSets.seen ? replicaSets.value : [];
  const namespaces = [...new Set(known.filter(({ failure, desired }) => failure !== undefined && desired > 0).map(({ namespace }) => namespace))];
  const isWhole = namespaces.length > MOST_NAMESPACES;
  const again = isWhole ? replicaSetsQuery(scope) : replicaSetsInQuery(namespaces);
  const others = refusedWorkloads.seen ? refusedWorkloads.value.workloads.flatMap((workload) => candidateOf(workload) ?? []).map(refusedWorkloadQuery) : [];
  await api.query([...(namespaces.length === 0 ? [] : [again]), ...others]);
  const elsewhere = isWhole ? [] : known.filter(({ namespace }) => !namespaces.includes(namespace));
  const confirmed = combineObserved(others.map(({ result }) => result));
  return {
    replicaSets: namespaces.length === 0 ? replicaSets : mapObserved(again.result, (read) => [...elsewhere, ...read]),
    refusedWorkloads: refusedWorkloads.seen ? mapObserved(confirmed, (read) => ({ ...refusedWorkloads.value, workloads: read.map(({ refused }) => refused) })) : refusedWorkloads,
  };
}
