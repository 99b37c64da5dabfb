/** What is asked of the Kubernetes API, one function a question. */
import { type Answer, collect, Get, List, type Query } from "../../kubernetes/query.ts";
import { pathSegment } from "../../kubernetes/resource-path.ts";
import { clusterRight, readerRight } from "../../kubernetes/required-roles.ts";
import { combineObserved, mapObserved, type Observed } from "../../lib/observed.ts";
import { type InjectionRules, REVISION_LABEL } from "../../istio/injection/injection-rules.ts";
import { entry } from "../../lib/json.ts";
import { type AgentPodFacts, CNI_DAEMONSET, type DaemonSetFacts, type InjectionWebhook, INJECTOR_CONFIG_PREFIX, type InjectorFacts, MESH_NAMESPACE, type NamespaceFacts, readAgentPod, readDaemonSet, readInjectionWebhooks, readInjector, readNamespace, readNodeName, readReplicaSet, type ReplicaSetFacts } from "../../istio/kubernetes-facts.ts";
import { type PodCensus, PodCensusBuilder } from "../../istio/pods/pod-census.ts";
import type { OwnerLookup } from "../../istio/pods/pod-owner.ts";
import { confirmRefusal, type RefusalCandidate, RefusalCandidates, type RefusedWorkloads } from "../../istio/workloads/refused-workloads.ts";
import type { NamespaceScope } from "../../istio/injection/namespace-scope.ts";
import { isSystemNamespace } from "../../istio/injection/system-namespaces.ts";
import type { RedirectionMechanism } from "../../contract.ts";

export function daemonSetQuery(): Get<DaemonSetFacts> {
  const path = `/apis/apps/v1/namespaces/${MESH_NAMESPACE}/daemonsets/${CNI_DAEMONSET}`;
  return new Get({ doing: "reading the CNI DaemonSet", path, needs: readerRight("get daemonsets") }, readDaemonSet);
}

export function agentPodsQuery(): List<readonly AgentPodFacts[]> {
  const paths = [`/api/v1/namespaces/${MESH_NAMESPACE}/pods`];
  return new List({ doing: `listing the pods of ${MESH_NAMESPACE}`, paths, needs: readerRight("list pods") }, collect(readAgentPod));
}

/** One question per revision: each has a configuration of its own. */
export function injectorQueries(revisions: readonly string[]): readonly Get<InjectorFacts>[] {
  return revisions.map((revision) => {
    const path = `/api/v1/namespaces/${MESH_NAMESPACE}/configmaps/${INJECTOR_CONFIG_PREFIX}${pathSegment(revision)}`;
    return new Get({ doing: `reading the injector configuration of ${revision}`, path, needs: readerRight("get configmaps") }, readInjector);
  });
}

/** One answer per configuration, each with its webhooks. */
export function webhooksQuery(): List<readonly (readonly InjectionWebhook[])[]> {
  const paths = ["/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"];
  return new List({ doing: "listing the injection webhooks", paths, needs: clusterRight("list mutatingwebhookconfigurations") }, collect(readInjectionWebhooks));
}

export function replicaSetsQuery(scope: NamespaceScope): List<readonly ReplicaSetFacts[]> {
  const paths = inNamespaces("/apis/apps/v1", "replicasets", scope);
  return new List({ doing: "listing ReplicaSets", paths, needs: readerRight("list replicasets") }, collect(readReplicaSet));
}

/** Events that tell of pods that could not be made. `now`: milliseconds since the epoch. */
export function failedCreateEventsQuery(scope: NamespaceScope, now: number): List<RefusalCandidates> {
  const paths = inNamespaces("/api/v1", "events", scope);
  return new List({ doing: "listing FailedCreate events", paths, query: "fieldSelector=reason%3DFailedCreate", needs: readerRight("list events") }, () => {
    const candidates = new RefusalCandidates(now);
    return { add: (event) => candidates.add(event), result: () => candidates };
  });
}

/** All pods, counted as they come. */
export function podsQuery(by: {
  readonly rules: InjectionRules;
  readonly scope: NamespaceScope;
  readonly now: number;
  readonly ownerOf: OwnerLookup;
  readonly mechanism: RedirectionMechanism;
}): List<PodCensus> {
  const paths = inNamespaces("/api/v1", "pods", by.scope);
  // Pods that have ended count for nothing, and a cluster with many jobs keeps many of them.
  const query = "fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed";
  return new List({ doing: "listing pods", paths, query, needs: readerRight("list pods") }, () => {
    const builder = new PodCensusBuilder(by.rules, by.scope, by.now, by.ownerOf, by.mechanism);
    return { add: (pod) => builder.add(pod), result: () => builder.build() };
  });
}

/** Named namespaces are asked for one by one, which takes no right on the whole cluster; anything else needs the list. */
export function namespaceQueries(scope: NamespaceScope): { readonly queries: readonly Query[]; readonly answer: () => Observed<readonly NamespaceFacts[]> } {
  if (namesOnly(scope)) {
    const gets = scope.named.map(
      (name) => new Get({ doing: `reading the namespace ${name}`, path: `/api/v1/namespaces/${pathSegment(name)}`, needs: readerRight("get namespaces") }, readNamespace),
    );
    return { queries: gets, answer: () => combineObserved(gets.map(({ result: answer }) => answer)) };
  }
  const list = new List({ doing: "listing namespaces", paths: ["/api/v1/namespaces"], needs: readerRight("list namespaces") }, collect(readNamespace));
  return { queries: [list], answer: () => list.result };
}

/** Which values of `istio.io/rev` namespaces have, anywhere outside AKS' own. */
export function revisionsInUseQuery(): List<readonly string[]> {
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
export function windowsNodesQuery(): List<readonly string[]> {
  return new List(
    { doing: "listing Windows nodes", paths: ["/api/v1/nodes"], query: "labelSelector=kubernetes.io%2Fos%3Dwindows", needs: clusterRight("list nodes") },
    collect(readNodeName),
  );
}

/** Looks at the workloads that events speak of: an event outlives its cause, and only the two together tell of a refusal. */
export function refusedWorkloadQueries(
  events: Answer<RefusalCandidates>,
  isInteresting: (candidate: RefusalCandidate) => boolean,
): { readonly queries: readonly Query[]; readonly answer: () => Observed<RefusedWorkloads> } {
  if (!events.seen) return { queries: [], answer: () => events };
  const { candidates, notChecked } = events.value.result(isInteresting);
  const gets = candidates.map((candidate) => {
    const { kind, namespace, name } = candidate;
    const [group, plural] = kind === "Job" ? ["batch/v1", "jobs"] : ["apps/v1", kind === "DaemonSet" ? "daemonsets" : "statefulsets"];
    const path = `/apis/${group}/namespaces/${pathSegment(namespace)}/${plural}/${pathSegment(name)}`;
    return new Get({ doing: `reading the ${kind} ${namespace}/${name}`, path, needs: readerRight(`get ${plural}`) }, (json) => confirmRefusal(candidate, json));
  });
  return { queries: gets, answer: () => mapObserved(combineObserved(gets.map(({ result: answer }) => answer)), (workloads) => ({ workloads, notChecked })) };
}

function inNamespaces(group: string, resource: string, scope: NamespaceScope): readonly string[] {
  return namesOnly(scope) ? scope.named.map((name) => `${group}/namespaces/${pathSegment(name)}/${resource}`) : [`${group}/${resource}`];
}

function namesOnly(scope: NamespaceScope): boolean {
  return !scope.isDefault && !scope.hasGlobs;
}
