/** Looks at the mesh inside the cluster, in two rounds: what there is, and then the pods, which the first round tells how to read. */
import type { Connection } from "../../kubernetes/connect.ts";
import type { Query } from "../../kubernetes/query.ts";
import { injectionRules } from "../../istio/injection/injection-rules.ts";
import type { MeshObservation, Snapshot } from "../../istio/observation.ts";
import { ownersByReplicaSet } from "../../istio/pods/pod-owner.ts";
import { probeTargets } from "../../istio/admission/probe-result.ts";
import { inScope, type NamespaceScope } from "../../istio/injection/namespace-scope.ts";
import { isSystemNamespace } from "../../istio/injection/system-namespaces.ts";
import { combineObserved, unobservable, mapObserved } from "../../lib/observed.ts";
import {
    agentPodsQuery,
    daemonSetQuery,
    failedCreateEventsQuery,
    injectorQueries,
    namespaceQueries,
    podsQuery,
    refusedWorkloadQueries,
    replicaSetsQuery,
    revisionsInUseQuery,
    webhooksQuery,
    windowsNodesQuery,
} from "./cluster-queries.ts";
import { noProbes, probeNamespaces } from "./admission-probe.ts";
import type { ClusterFacts } from "../../istio/cluster-facts.ts";
import type { RedirectionMechanism } from "../../contract.ts";

/** What a look at the mesh is about. */
export interface ObserveOptions {
  readonly scope: NamespaceScope;
  /** The mechanism that pods are judged against. */
  readonly mechanism: RedirectionMechanism;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Why not to ask admission as well, as a sentence; undefined to ask, with a dry-run pod in each namespace. */
  readonly noProbe: string | undefined;
  /** Whether to find out which revision tags are in use, to label namespaces with one. */
  readonly revisionsInUse: boolean;
}

/** The cluster's part, through whatever connection there is. */
export async function observeCluster(facts: ClusterFacts, connection: Connection, subject: ObserveOptions): Promise<Snapshot["observation"]> {
  if (connection.kind === "closed") return { seen: false, why: connection.why, remedy: connection.remedy };
  const { api } = connection;
  const { scope } = subject;
  const installedRevisions = facts.mesh.revisions;
  const hasWindows = facts.agentPools.some(({ osType }) => /^windows$/i.test(osType));

  const daemonSet = daemonSetQuery();
  const agentPods = agentPodsQuery();
  const injectors = injectorQueries(installedRevisions);
  const webhooks = webhooksQuery();
  const namespaces = namespaceQueries(scope);
  const replicaSets = replicaSetsQuery(scope);
  const failedCreates = failedCreateEventsQuery(scope, subject.now);
  const revisionsInUse = revisionsInUseQuery();
  const windowsNodes = windowsNodesQuery();
  const round: Query[] = [daemonSet, agentPods, ...injectors, webhooks, ...namespaces.queries, replicaSets, failedCreates];
  if (subject.revisionsInUse) round.push(revisionsInUse);
  if (hasWindows) round.push(windowsNodes);
  await api.query(round);

  const seenNamespaces = namespaces.answer();
  const seenInjectors = injectors.map(({ result: answer }) => answer);
  const closed = unobservable([daemonSet.result, agentPods.result, ...seenInjectors, seenNamespaces, replicaSets.result]);
  if (closed !== undefined) return closed;

  const seenWebhooks = mapObserved(webhooks.result, (lists) => lists.flat());
  const rules = injectionRules({ namespaces: seenNamespaces, webhooks: seenWebhooks, installedRevisions });
  const ownerOf = ownersByReplicaSet(replicaSets.result.seen ? replicaSets.result.value : []);
  const pods = podsQuery({ rules, ownerOf, ...subject });
  const isInScope = inScope(scope, rules);
  const refused = refusedWorkloadQueries(failedCreates.result, ({ namespace }) => isInScope(namespace) || (scope.isDefault && !isSystemNamespace(namespace)));
  const targets = probeTargets(seenNamespaces, scope, rules);
  const [, probes] = await Promise.all([
    api.query([pods, ...refused.queries]),
    subject.noProbe === undefined ? probeNamespaces(api, targets, rules) : noProbes(subject.noProbe),
  ]);
  // Where namespaces could not be seen, nobody knows where to probe.
  const isBlind = probes.skipReason === "" && targets.namespaces.length === 0 && !seenNamespaces.seen;

  const observation: MeshObservation = {
    daemonSet: daemonSet.result,
    agentPods: agentPods.result,
    injectors: combineObserved(seenInjectors),
    webhooks: seenWebhooks,
    namespaces: seenNamespaces,
    replicaSets: replicaSets.result,
    refusedWorkloads: refused.answer(),
    probes: isBlind ? seenNamespaces : { seen: true, value: probes },
    pods: pods.result,
    windowsNodes: hasWindows ? windowsNodes.result : { seen: true, value: [] },
    revisionsInUse: revisionsInUse.result,
  };
  return { seen: true, value: observation };
}

/** Warnings that the API server sent along. */
export function warningsOf(connection: Connection): readonly string[] {
  return connection.kind === "connected" ? [...connection.api.warnings] : [];
}
