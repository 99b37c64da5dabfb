/** Reads what the rollout of the CNI agent changes, and nothing else: a wait looks at it every second. */
import { evaluate } from "../../checks/evaluate.ts";
import type { Goal } from "../../istio/goal.ts";
import type { MeshObservation, Snapshot } from "../../istio/observation.ts";
import type { KubernetesApi } from "../../kubernetes/query.ts";
import { combineObserved, mapObserved } from "../../lib/observed.ts";
import { daemonSetQuery, injectorQueries, webhooksQuery } from "./cluster-queries.ts";

type RolloutObservation = Pick<MeshObservation, "daemonSet" | "agentPods" | "pods" | "probes"> & Partial<Pick<MeshObservation, "injectors" | "webhooks">>;

/**
 * Reads the DaemonSet of the CNI agent, and the injectors with their webhooks until they have the configuration of the mesh. Pods are too many
 * to be read each time. Those of an earlier observation, and its probes, are from before the change: they count as not observed.
 *
 * @throws only the run's own end
 */
export async function observeRollout(latest: Snapshot, goal: Goal, api: KubernetesApi): Promise<RolloutObservation> {
  const daemonSet = daemonSetQuery();
  const isConfigured = evaluate(latest, goal, ["injector-configured"]).every(({ result }) => result !== "fail");
  const injectors = isConfigured ? [] : injectorQueries(latest.cluster.mesh.revisions);
  const webhooks = webhooksQuery();
  await api.query([daemonSet, ...injectors, ...(isConfigured ? [] : [webhooks])]);
  return {
    daemonSet: daemonSet.result,
    agentPods: notAgain("the pods of the CNI agent were listed"),
    pods: notAgain("the pods were listed"),
    probes: notAgain("the admission probe was sent"),
    ...(isConfigured ? {} : { injectors: combineObserved(injectors.map(({ result }) => result)), webhooks: mapObserved(webhooks.result, (lists) => lists.flat()) }),
  };
}

function notAgain(what: string): { readonly seen: false; readonly why: string; readonly remedy: string } {
  return { seen: false, why: `The run ended before ${what} again.`, remedy: "" };
}
