/** Looks at everything a run judges: the cluster in Azure, the preview flag, and the mesh inside the cluster. */
import type { FeatureReading, PreviewFeature } from "./azure/feature.ts";
import { FEATURE_NAME } from "./azure/feature.ts";
import type { ClusterReading, ManagedCluster } from "./azure/managed-cluster.ts";
import type { Connection } from "./kubernetes/connect.ts";
import { type Answer, collect, Get, type KubernetesApi, List, type Question } from "./kubernetes/question.ts";
import { clusterRight, readerRight } from "./kubernetes/rights.ts";
import { readClusterFacts } from "./mesh/cluster-facts.ts";
import { entry } from "./mesh/json.ts";
import { injectionRules, REVISION_LABEL } from "./mesh/injection.ts";
import {
  CNI_DAEMONSET,
  INJECTOR_CONFIG_PREFIX,
  MESH_NAMESPACE,
  readAgentPod,
  readDaemonSet,
  readInjectionWebhooks,
  readInjector,
  readNamespace,
  readNodeName,
  readReplicaSet,
} from "./mesh/kubernetes-facts.ts";
import type { ClusterFacts, Look, MeshObservation, NamespaceFacts, RefusedWorkloads, Snapshot } from "./mesh/observation.ts";
import { PodCounter } from "./mesh/pod-census.ts";
import { ownersByReplicaSet } from "./mesh/pod-owner.ts";
import { probeTargets } from "./mesh/probe.ts";
import { confirm, type Suspect, Suspects } from "./mesh/refused-workloads.ts";
import { inScope, type NamespaceScope } from "./mesh/scope.ts";
import type { RedirectionMechanism } from "./mesh/standing.ts";
import { isSystemNamespace } from "./mesh/system-namespaces.ts";
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

/** Azure's part: the cluster and the flag, read at once. `never` leaves the flag alone. */
export async function observeAzure(
  cluster: ManagedCluster,
  feature: PreviewFeature | undefined,
): Promise<{ readonly reading: ClusterReading; readonly facts: ClusterFacts; readonly feature: FeatureReading }> {
  const unread: FeatureReading = { name: FEATURE_NAME, state: "Unknown", why: "register-feature is never." };
  const flag = feature?.read();
  // Where the cluster cannot be read, nobody waits for the flag's answer any more.
  flag?.catch(() => undefined);
  const reading = await cluster.read();
  return { reading, facts: readClusterFacts(reading.body), feature: (await flag) ?? unread };
}

/** What Azure said last of the cluster, in whatever step; undefined where it was never read. */
export function latestFacts(cluster: ManagedCluster): ClusterFacts | undefined {
  return cluster.latest === undefined ? undefined : readClusterFacts(cluster.latest.body);
}

/** The cluster's part, through whatever connection there is. */
export async function observeMesh(facts: ClusterFacts, connection: Connection, subject: Subject): Promise<Snapshot["observation"]> {
  if (connection.kind === "closed") return { seen: false, why: connection.why, remedy: connection.remedy };
  const { api } = connection;
  const { revisions } = facts.mesh;

  const daemonSet = new Get({ doing: "reading the CNI DaemonSet", path: `/apis/apps/v1/namespaces/${MESH_NAMESPACE}/daemonsets/${CNI_DAEMONSET}`, needs: readerRight("get daemonsets") }, readDaemonSet);
  const agentPods = new List(
    { doing: `listing the pods of ${MESH_NAMESPACE}`, paths: [`/api/v1/namespaces/${MESH_NAMESPACE}/pods`], needs: readerRight("list pods") },
    collect(readAgentPod),
  );
  const injectors = revisions.map(
    (revision) =>
      new Get(
        {
          doing: `reading the injector configuration of ${revision}`,
          path: `/api/v1/namespaces/${MESH_NAMESPACE}/configmaps/${INJECTOR_CONFIG_PREFIX}${encodeURIComponent(revision)}`,
          needs: readerRight("get configmaps"),
        },
        readInjector,
      ),
  );
  const webhooks = new List(
    {
      doing: "listing the injection webhooks",
      paths: ["/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"],
      needs: clusterRight("list mutatingwebhookconfigurations"),
    },
    collect(readInjectionWebhooks),
  );
  const namespaces = askNamespaces(subject.scope);
  const replicaSets = new List(
    { doing: "listing ReplicaSets", paths: inNamespaces("/apis/apps/v1", "replicasets", subject.scope), needs: readerRight("list replicasets") },
    collect(readReplicaSet),
  );
  const events = new List(
    {
      doing: "listing FailedCreate events",
      paths: inNamespaces("/api/v1", "events", subject.scope),
      query: "fieldSelector=reason%3DFailedCreate",
      needs: readerRight("list events"),
    },
    () => {
      const suspects = new Suspects(subject.now);
      return { add: (event) => suspects.add(event), result: () => suspects };
    },
  );
  const inUse = askRevisionsInUse();
  const windows = askWindowsNodes();
  const hasWindows = facts.agentPools.some(({ osType }) => /^windows$/i.test(osType));
  const batch: readonly Question[] = [
    daemonSet,
    agentPods,
    ...injectors,
    webhooks,
    ...namespaces.questions,
    replicaSets,
    events,
    ...(subject.revisionsInUse ? [inUse] : []),
    ...(hasWindows ? [windows] : []),
  ];
  await api.ask(batch);
  const closed = closedDoor([daemonSet.answer, agentPods.answer, ...injectors.map(({ answer }) => answer), namespaces.answer(), replicaSets.answer]);
  if (closed !== undefined) return closed;

  const seenWebhooks = mapSeen(webhooks.answer, (lists) => lists.flat());
  const seenNamespaces = namespaces.answer();
  const rules = injectionRules({ namespaces: seenNamespaces, webhooks: seenWebhooks, installedRevisions: revisions });
  const ownerOf = ownersByReplicaSet(replicaSets.answer.seen ? replicaSets.answer.value : []);
  const pods = new List({ doing: "listing pods", paths: inNamespaces("/api/v1", "pods", subject.scope), needs: readerRight("list pods") }, () => {
    const counter = new PodCounter(rules, subject.scope, subject.now, ownerOf, subject.mechanism);
    return { add: (pod) => counter.add(pod), result: () => counter.census() };
  });
  const isInScope = inScope(subject.scope, rules);
  const refused = askRefusedWorkloads(events.answer, ({ namespace }) => isInScope(namespace) || (subject.scope.isDefault && !isSystemNamespace(namespace)));
  const targets = probeTargets(seenNamespaces, subject.scope, rules);
  const [, round] = await Promise.all([api.ask([pods, ...refused.questions]), subject.noProbe === undefined ? probe(api, targets, rules) : noProbes(subject.noProbe)]);
  // Where namespaces could not be seen, nobody knows where to probe.
  const isBlind = round.notAsked === "" && targets.asked.length === 0 && !seenNamespaces.seen;

  const observation: MeshObservation = {
    daemonSet: daemonSet.answer,
    agentPods: agentPods.answer,
    injectors: together(injectors.map(({ answer }) => answer)),
    webhooks: seenWebhooks,
    namespaces: seenNamespaces,
    replicaSets: replicaSets.answer,
    refusedWorkloads: refused.answer(),
    probes: isBlind ? seenNamespaces : { seen: true, value: round },
    pods: pods.answer,
    windowsNodes: hasWindows ? windows.answer : { seen: true, value: [] },
    revisionsInUse: inUse.answer,
  };
  return { seen: true, value: observation };
}

/** Warnings that the API server sent along. */
export function warningsOf(connection: Connection): readonly string[] {
  const api: KubernetesApi | undefined = connection.kind === "connected" ? connection.api : undefined;
  return [...(api?.warnings ?? [])];
}

/** Named namespaces are asked for one by one, which takes no right on the whole cluster; anything else needs the list. */
function askNamespaces(scope: NamespaceScope): { readonly questions: readonly Question[]; readonly answer: () => Look<readonly NamespaceFacts[]> } {
  if (namesOnly(scope)) {
    const gets = scope.named.map(
      (name) => new Get({ doing: `reading the namespace ${name}`, path: `/api/v1/namespaces/${encodeURIComponent(name)}`, needs: readerRight("get namespaces") }, readNamespace),
    );
    return { questions: gets, answer: () => together(gets.map(({ answer }) => answer)) };
  }
  const list = new List({ doing: "listing namespaces", paths: ["/api/v1/namespaces"], needs: readerRight("list namespaces") }, collect(readNamespace));
  return { questions: [list], answer: () => list.answer };
}

/** Which values of `istio.io/rev` namespaces have, anywhere outside AKS' own. */
function askRevisionsInUse(): List<readonly string[]> {
  return new List(
    { doing: "listing the revisions in use", paths: ["/api/v1/namespaces"], query: "labelSelector=istio.io%2Frev", needs: readerRight("list namespaces") },
    () => {
      const revisions = new Set<string>();
      return {
        add: (json) => {
          const namespace = readNamespace(json);
          const revision = namespace === undefined || isSystemNamespace(namespace.name) ? undefined : entry(namespace.labels, REVISION_LABEL);
          if (revision !== undefined) revisions.add(revision);
        },
        result: () => [...revisions].sort(),
      };
    },
  );
}

/** Asked only where Azure lists a Windows pool: few may list nodes. */
function askWindowsNodes(): List<readonly string[]> {
  return new List(
    { doing: "listing Windows nodes", paths: ["/api/v1/nodes"], query: "labelSelector=kubernetes.io%2Fos%3Dwindows", needs: clusterRight("list nodes") },
    collect(readNodeName),
  );
}

/** Looks at the workloads that events speak of: an event outlives its cause, and only the two together tell of a refusal. */
function askRefusedWorkloads(
  events: Answer<Suspects>,
  isInteresting: (suspect: Suspect) => boolean,
): { readonly questions: readonly Question[]; readonly answer: () => Look<RefusedWorkloads> } {
  if (!events.seen) return { questions: [], answer: () => events };
  const { suspects, notLookedAt } = events.value.result(isInteresting);
  const gets = suspects.map((suspect) => {
    const { kind, namespace, name } = suspect;
    const [group, plural] = kind === "Job" ? ["batch/v1", "jobs"] : ["apps/v1", kind === "DaemonSet" ? "daemonsets" : "statefulsets"];
    const path = `/apis/${group}/namespaces/${encodeURIComponent(namespace)}/${plural}/${encodeURIComponent(name)}`;
    return new Get({ doing: `reading the ${kind} ${namespace}/${name}`, path, needs: readerRight(`get ${plural}`) }, (json) => confirm(suspect, json));
  });
  return { questions: gets, answer: () => mapSeen(together(gets.map(({ answer }) => answer)), (workloads) => ({ workloads, notLookedAt })) };
}

function inNamespaces(group: string, resource: string, scope: NamespaceScope): readonly string[] {
  return namesOnly(scope) ? scope.named.map((name) => `${group}/namespaces/${encodeURIComponent(name)}/${resource}`) : [`${group}/${resource}`];
}

function namesOnly(scope: NamespaceScope): boolean {
  return !scope.isDefault && !scope.hasGlobs;
}

/** Where no question at all was answered, the cluster as a whole could not be looked into: said once, not per check. */
function closedDoor(answers: readonly Answer<unknown>[]): Snapshot["observation"] | undefined {
  const [first] = answers;
  return first !== undefined && !first.seen && answers.every(({ seen }) => !seen) ? first : undefined;
}

function mapSeen<T, U>(answer: Answer<T>, make: (value: T) => U): Look<U> {
  return answer.seen ? { seen: true, value: make(answer.value) } : answer;
}

/** All of them, without those that are not there; not seen as soon as one was not. */
function together<T>(answers: readonly Answer<T | undefined>[]): Look<readonly T[]> {
  const values: T[] = [];
  for (const answer of answers) {
    if (!answer.seen) return answer;
    if (answer.value !== undefined) values.push(answer.value);
  }
  return { seen: true, value: values };
}
