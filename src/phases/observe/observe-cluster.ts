/**
 * Observes the mesh inside the cluster, in two batches of queries. The second one reads the pods; how to classify them depends on the
 * answers to the first. Where pods have no sandbox, a third one reads the events that say why. A transport that answers in order, and for
 * which a batch takes seconds, gets all of these as one, with the admission probe.
 */
import type { RedirectionMechanism } from "../../contract.ts";
import { probeTargets } from "../../istio/admission/probe-result.ts";
import type { ClusterFacts } from "../../istio/cluster-facts.ts";
import { injectionRules } from "../../istio/injection/injection-rules.ts";
import { inScope, type NamespaceScope } from "../../istio/injection/namespace-scope.ts";
import { isSystemNamespace } from "../../istio/injection/system-namespaces.ts";
import type { MeshObservation, Snapshot } from "../../istio/observation.ts";
import { ownersByReplicaSet } from "../../istio/pods/pod-owner.ts";
import type { Connection } from "../../kubernetes/connect.ts";
import type { Query, WriteResult } from "../../kubernetes/query.ts";
import { combineObserved, mapObserved, unobservable } from "../../lib/observed.ts";
import { probeNamespaces, PROBES_OF_DEFAULT_SCOPE, skippedProbes } from "./admission-probe.ts";
import {
  agentPodsQuery, daemonSetQuery, failedCreateEventsQuery, injectorQueries, namespaceQueries, podQueries, type PodRules, refusedOwnerQueries,
  refusedWorkloadQueries, replicaSetsQuery, revisionsInUseQuery, webhooksQuery, windowsNodesQuery,
} from "./cluster-queries.ts";

/** What to observe. */
export interface ObserveOptions {
  readonly scope: NamespaceScope;
  /** The mechanism that pods should have. */
  readonly mechanism: RedirectionMechanism;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Waits before the first batch is sent again. */
  readonly pause: (ms: number) => Promise<void>;
  /** Why the admission probe is not sent, as a sentence; undefined to send a dry-run pod to each namespace. */
  readonly noProbeReason: string | undefined;
  /** Whether to list the revision tags in use. Only labelling needs them. */
  readonly revisionsInUse: boolean;
}

/**
 * An API server that is just starting refuses everything for about a second, until it has read its roles. Source: a real one, killed and
 * started again. In milliseconds.
 */
const STARTING_MS = 2000;

/**
 * Observes the cluster. What cannot be observed is part of the result, with the reason.
 *
 * @throws only the error that ends the run: cancelled, or out of time
 */
export async function observeCluster(facts: ClusterFacts, connection: Connection, options: ObserveOptions): Promise<Snapshot["observation"]> {
  if (connection.kind === "unavailable") return { seen: false, why: connection.why, remedy: connection.remedy, missing: connection.missing };
  const { api } = connection;
  const { scope } = options;
  const installedRevisions = facts.mesh.revisions;
  const hasWindows = facts.agentPools.some(({ osType }) => /^windows$/i.test(osType));

  const daemonSet = daemonSetQuery();
  const agentPods = agentPodsQuery(options.now);
  const injectors = injectorQueries(installedRevisions);
  const webhooks = webhooksQuery();
  const namespaces = namespaceQueries(scope);
  const replicaSets = replicaSetsQuery(scope);
  const failedCreates = failedCreateEventsQuery(scope, options.now);
  const revisionsInUse = revisionsInUseQuery();
  const windowsNodes = windowsNodesQuery();
  const firstBatch: Query[] = [daemonSet, agentPods, ...injectors, webhooks, ...namespaces.queries, replicaSets, failedCreates];
  if (options.revisionsInUse) firstBatch.push(revisionsInUse);
  if (hasWindows) firstBatch.push(windowsNodes);
  const podRules = (): PodRules => ({
    rules: injectionRules({ namespaces: namespaces.answer(), webhooks: mapObserved(webhooks.result, (lists) => lists.flat()), installedRevisions }),
    ownerOf: ownersByReplicaSet(replicaSets.result.seen ? replicaSets.result.value : []),
  });
  const pods = podQueries({ podRules, ...options });
  const isOneBatch = api.answersInOrder;
  if (isOneBatch) firstBatch.push(...pods.queries, pods.sandboxEvents);
  const isProbing = options.noProbeReason === undefined;
  const send = async (): Promise<ReadonlyMap<string, WriteResult>> => {
    if (isProbing && scope.isDefault && api.queryAndDryRun !== undefined) return api.queryAndDryRun(firstBatch, PROBES_OF_DEFAULT_SCOPE);
    await api.query(firstBatch);
    return new Map();
  };
  let probed = await send();
  if (firstBatch.every(({ refusedWith }) => refusedWith === 403)) {
    await options.pause(STARTING_MS);
    probed = await send();
  }

  const seenNamespaces = namespaces.answer();
  const seenInjectors = injectors.map(({ result }) => result);
  const unobserved = unobservable([daemonSet.result, agentPods.result, ...seenInjectors, seenNamespaces, replicaSets.result]);
  if (unobserved !== undefined) return unobserved;

  const seenWebhooks = mapObserved(webhooks.result, (lists) => lists.flat());
  const { rules } = podRules();
  const isInScope = inScope(scope, rules);
  const mayCount = ({ namespace }: { readonly namespace: string }): boolean => isInScope(namespace) || (scope.isDefault && !isSystemNamespace(namespace));
  const refused = refusedWorkloadQueries(failedCreates.result, mayCount);
  const refusedOwners = refusedOwnerQueries(replicaSets.result, mayCount);
  const targets = probeTargets(seenNamespaces, scope, rules);
  const [, probes] = await Promise.all([
    api.query([...(isOneBatch ? [] : pods.queries), ...refused.queries, ...refusedOwners.queries]),
    options.noProbeReason === undefined ? probeNamespaces(api, targets, rules, probed) : skippedProbes(options.noProbeReason),
  ]);
  if (!isOneBatch && pods.lackSandbox()) await api.query([pods.sandboxEvents]);
  // Without the list of namespaces it is not known which to probe.
  const isUnprobed = probes.skipReason === "" && targets.namespaces.length === 0 && !seenNamespaces.seen;

  const observation: MeshObservation = {
    daemonSet: daemonSet.result,
    agentPods: agentPods.result,
    injectors: combineObserved(seenInjectors),
    webhooks: seenWebhooks,
    namespaces: seenNamespaces,
    replicaSets: replicaSets.result,
    refusedWorkloads: refused.answer(),
    refusedRollables: mapObserved(refusedOwners.answer(), (owners) => [...owners, ...refused.rollables()]),
    probes: isUnprobed ? seenNamespaces : { seen: true, value: probes },
    pods: pods.answer(),
    windowsNodes: hasWindows ? windowsNodes.result : { seen: true, value: [] },
    revisionsInUse: revisionsInUse.result,
  };
  return { seen: true, value: observation };
}

/** Warnings of the API server, each text once. */
export function warningsOf(connection: Connection): readonly string[] {
  return connection.kind === "connected" ? [...connection.api.warnings] : [];
}
