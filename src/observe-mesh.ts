/** Looks at the mesh inside the cluster, in two rounds: what there is, and then the pods, which the first round tells how to read. */
import type { Connection } from "./kubernetes/connect.ts";
import type { Question } from "./kubernetes/question.ts";
import { injectionRules } from "./mesh/injection.ts";
import type { ClusterFacts, MeshObservation, Snapshot } from "./mesh/observation.ts";
import { ownersByReplicaSet } from "./mesh/pod-owner.ts";
import { probeTargets } from "./mesh/probe.ts";
import { inScope, type NamespaceScope } from "./mesh/scope.ts";
import type { RedirectionMechanism } from "./mesh/standing.ts";
import { isSystemNamespace } from "./mesh/system-namespaces.ts";
import { allSeen, closedDoor, mapSeen } from "./looks.ts";
import {
  askAgentPods,
  askDaemonSet,
  askFailedCreates,
  askInjectors,
  askNamespaces,
  askPods,
  askRefusedWorkloads,
  askReplicaSets,
  askRevisionsInUse,
  askWebhooks,
  askWindowsNodes,
} from "./mesh-questions.ts";
import { noProbes, probe } from "./probe.ts";

/** What a look at the mesh is about. */
export interface Subject {
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
export async function observeMesh(facts: ClusterFacts, connection: Connection, subject: Subject): Promise<Snapshot["observation"]> {
  if (connection.kind === "closed") return { seen: false, why: connection.why, remedy: connection.remedy };
  const { api } = connection;
  const { scope } = subject;
  const installedRevisions = facts.mesh.revisions;
  const hasWindows = facts.agentPools.some(({ osType }) => /^windows$/i.test(osType));

  const daemonSet = askDaemonSet();
  const agentPods = askAgentPods();
  const injectors = askInjectors(installedRevisions);
  const webhooks = askWebhooks();
  const namespaces = askNamespaces(scope);
  const replicaSets = askReplicaSets(scope);
  const failedCreates = askFailedCreates(scope, subject.now);
  const revisionsInUse = askRevisionsInUse();
  const windowsNodes = askWindowsNodes();
  const round: Question[] = [daemonSet, agentPods, ...injectors, webhooks, ...namespaces.questions, replicaSets, failedCreates];
  if (subject.revisionsInUse) round.push(revisionsInUse);
  if (hasWindows) round.push(windowsNodes);
  await api.ask(round);

  const seenNamespaces = namespaces.answer();
  const seenInjectors = injectors.map(({ answer }) => answer);
  const closed = closedDoor([daemonSet.answer, agentPods.answer, ...seenInjectors, seenNamespaces, replicaSets.answer]);
  if (closed !== undefined) return closed;

  const seenWebhooks = mapSeen(webhooks.answer, (lists) => lists.flat());
  const rules = injectionRules({ namespaces: seenNamespaces, webhooks: seenWebhooks, installedRevisions });
  const ownerOf = ownersByReplicaSet(replicaSets.answer.seen ? replicaSets.answer.value : []);
  const pods = askPods({ rules, ownerOf, ...subject });
  const isInScope = inScope(scope, rules);
  const refused = askRefusedWorkloads(failedCreates.answer, ({ namespace }) => isInScope(namespace) || (scope.isDefault && !isSystemNamespace(namespace)));
  const targets = probeTargets(seenNamespaces, scope, rules);
  const [, probes] = await Promise.all([
    api.ask([pods, ...refused.questions]),
    subject.noProbe === undefined ? probe(api, targets, rules) : noProbes(subject.noProbe),
  ]);
  // Where namespaces could not be seen, nobody knows where to probe.
  const isBlind = probes.notAsked === "" && targets.asked.length === 0 && !seenNamespaces.seen;

  const observation: MeshObservation = {
    daemonSet: daemonSet.answer,
    agentPods: agentPods.answer,
    injectors: allSeen(seenInjectors),
    webhooks: seenWebhooks,
    namespaces: seenNamespaces,
    replicaSets: replicaSets.answer,
    refusedWorkloads: refused.answer(),
    probes: isBlind ? seenNamespaces : { seen: true, value: probes },
    pods: pods.answer,
    windowsNodes: hasWindows ? windowsNodes.answer : { seen: true, value: [] },
    revisionsInUse: revisionsInUse.answer,
  };
  return { seen: true, value: observation };
}

/** Warnings that the API server sent along. */
export function warningsOf(connection: Connection): readonly string[] {
  return connection.kind === "connected" ? [...connection.api.warnings] : [];
}
