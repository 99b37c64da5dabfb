/** The queries that observe the cluster, one function per query. */
import type { RedirectionMechanism } from "../../contract.ts";
import { type InjectionRules, REVISION_LABEL } from "../../istio/injection/injection-rules.ts";
import type { NamespaceScope } from "../../istio/injection/namespace-scope.ts";
import { isSystemNamespace } from "../../istio/injection/system-namespaces.ts";
import { type AgentPodFacts, CNI_DAEMONSET, type DaemonSetFacts, type InjectionWebhook, INJECTOR_CONFIG_PREFIX, type InjectorFacts, MESH_NAMESPACE, type NamespaceFacts, readAgentPod, readDaemonSet, readInjectionWebhooks, readInjector, readNamespace, readNodeName, readReplicaSet, type ReplicaSetFacts } from "../../istio/kubernetes-facts.ts";
import { type PodCensus, PodCensusBuilder } from "../../istio/pods/pod-census.ts";
import type { OwnerLookup } from "../../istio/pods/pod-owner.ts";
import { refusedOwners } from "../../istio/workloads/refused-for-redirection.ts";
import { confirmRefusal, MAX_CANDIDATES, type RefusalCandidate, RefusalCandidates, type RefusedWorkloads } from "../../istio/workloads/refused-workloads.ts";
import { readWorkload, type RefusedRollable } from "../../istio/workloads/rollout.ts";
import { collect, Get, List, type Query } from "../../kubernetes/query.ts";
import { clusterRight, readerRight } from "../../kubernetes/required-roles.ts";
import { pathSegment } from "../../kubernetes/resource-path.ts";
import { entry } from "../../lib/json.ts";
import { isObjectName } from "../../lib/object-name.ts";
import { combineObserved, mapObserved, type Observed } from "../../lib/observed.ts";

/** The DaemonSet of the CNI agent. */
export function daemonSetQuery(): Get<DaemonSetFacts> {
  const path = `/apis/apps/v1/namespaces/${MESH_NAMESPACE}/daemonsets/${CNI_DAEMONSET}`;
  return new Get({ doing: "reading the CNI DaemonSet", path, needs: readerRight("get daemonsets") }, readDaemonSet);
}

/** All pods in the namespace of the mesh; those of the CNI agent are among them. */
export function agentPodsQuery(): List<readonly AgentPodFacts[]> {
  const paths = [`/api/v1/namespaces/${MESH_NAMESPACE}/pods`];
  return new List({ doing: `listing the pods of ${MESH_NAMESPACE}`, paths, needs: readerRight("list pods") }, collect(readAgentPod));
}

/** One query per revision, because each revision has its own injector configuration. */
export function injectorQueries(revisions: readonly string[]): readonly Get<InjectorFacts>[] {
  return revisions.map((revision) => {
    const path = `/api/v1/namespaces/${MESH_NAMESPACE}/configmaps/${INJECTOR_CONFIG_PREFIX}${pathSegment(revision)}`;
    return new Get({ doing: `reading the injector configuration of ${revision}`, path, needs: readerRight("get configmaps") }, readInjector);
  });
}

/** One item per webhook configuration: its injection webhooks. */
export function webhooksQuery(): List<readonly (readonly InjectionWebhook[])[]> {
  const paths = ["/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"];
  return new List({ doing: "listing the injection webhooks", paths, needs: clusterRight("list mutatingwebhookconfigurations") }, collect(readInjectionWebhooks));
}

/** ReplicaSets, which link pods to Deployments. */
export function replicaSetsQuery(scope: NamespaceScope): List<readonly ReplicaSetFacts[]> {
  const paths = inNamespaces("/apis/apps/v1", "replicasets", scope);
  return new List({ doing: "listing ReplicaSets", paths, needs: readerRight("list replicasets") }, collect(readReplicaSet));
}

/** Events about pods that could not be created. @param now milliseconds since the epoch */
export function failedCreateEventsQuery(scope: NamespaceScope, now: number): List<RefusalCandidates> {
  const paths = inNamespaces("/api/v1", "events", scope);
  return new List({ doing: "listing FailedCreate events", paths, selectors: "fieldSelector=reason%3DFailedCreate", needs: readerRight("list events") }, () => {
    const candidates = new RefusalCandidates(now);
    return { add: (event) => candidates.add(event), result: () => candidates };
  });
}

/** All pods that have not ended, counted while they are received. */
export function podsQuery(options: {
  readonly rules: InjectionRules;
  readonly scope: NamespaceScope;
  readonly now: number;
  readonly ownerOf: OwnerLookup;
  readonly mechanism: RedirectionMechanism;
}): List<PodCensus> {
  const paths = inNamespaces("/api/v1", "pods", options.scope);
  // Pods that have ended are not counted, and a cluster with many Jobs has many of them.
  const selectors = "fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed";
  return new List({ doing: "listing pods", paths, selectors, needs: readerRight("list pods") }, () => {
    const census = new PodCensusBuilder(options.rules, options.scope, options.now, options.ownerOf, options.mechanism);
    return { add: (pod) => census.add(pod), result: () => census.build() };
  });
}

/** Namespaces that are named in full are read one by one, which needs no role on the whole cluster; otherwise all are listed. */
export function namespaceQueries(scope: NamespaceScope): { readonly queries: readonly Query[]; readonly answer: () => Observed<readonly NamespaceFacts[]> } {
  if (namesOnly(scope)) {
    const gets = scope.named.map(
      (name) => new Get({ doing: `reading the namespace ${name}`, path: `/api/v1/namespaces/${pathSegment(name)}`, needs: readerRight("get namespaces") }, readNamespace),
    );
    return { queries: gets, answer: () => combineObserved(gets.map(({ result }) => result)) };
  }
  const list = new List({ doing: "listing namespaces", paths: ["/api/v1/namespaces"], needs: readerRight("list namespaces") }, collect(readNamespace));
  return { queries: [list], answer: () => list.result };
}

/** The values of `istio.io/rev` on all namespaces except those of AKS. */
export function revisionsInUseQuery(): List<readonly string[]> {
  return new List(
    { doing: "listing the revisions in use", paths: ["/api/v1/namespaces"], selectors: "labelSelector=istio.io%2Frev", needs: readerRight("list namespaces") },
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

/** Names of the Windows nodes. Sent only if Azure lists a Windows node pool, because few identities may list nodes. */
export function windowsNodesQuery(): List<readonly string[]> {
  return new List(
    { doing: "listing Windows nodes", paths: ["/api/v1/nodes"], selectors: "labelSelector=kubernetes.io%2Fos%3Dwindows", needs: clusterRight("list nodes") },
    collect(readNodeName),
  );
}

/**
 * Reads the workloads that the events name. An event remains after its cause is gone, so that a refusal is confirmed only by the event
 * and the workload together.
 */
export function refusedWorkloadQueries(
  events: Observed<RefusalCandidates>,
  isInScope: (candidate: RefusalCandidate) => boolean,
): { readonly queries: readonly Query[]; readonly answer: () => Observed<RefusedWorkloads>; readonly rollables: () => readonly RefusedRollable[] } {
  if (!events.seen) return { queries: [], answer: () => events, rollables: () => [] };
  const { candidates, notChecked } = events.value.result(isInScope);
  const gets = candidates.map((candidate) => {
    const { kind, namespace, name } = candidate;
    const [group, plural] = kind === "Job" ? ["batch/v1", "jobs"] : ["apps/v1", kind === "DaemonSet" ? "daemonsets" : "statefulsets"];
    const path = `/apis/${group}/namespaces/${pathSegment(namespace)}/${plural}/${pathSegment(name)}`;
    return new Get({ doing: `reading the ${kind} ${namespace}/${name}`, path, needs: readerRight(`get ${plural}`) }, (json) => {
      const refused = confirmRefusal(candidate, json);
      const facts = kind === "Job" ? undefined : readWorkload(kind, json);
      return refused === undefined ? undefined : { refused, rollables: kind === "Job" || facts === undefined ? [] : [{ namespace, kind, name, facts }] };
    });
  });
  const confirmed = () => combineObserved(gets.map(({ result }) => result));
  return {
    queries: gets,
    answer: () => mapObserved(confirmed(), (workloads) => ({ workloads: workloads.map(({ refused }) => refused), notChecked })),
    rollables: () => gets.flatMap(({ result }) => (result.seen ? (result.value?.rollables ?? []) : [])),
  };
}

/** Reads the Deployments whose ReplicaSets are refused because of istio-init, at most {@link MAX_CANDIDATES}. */
export function refusedOwnerQueries(
  replicaSets: Observed<readonly ReplicaSetFacts[]>,
  isInScope: (workload: { readonly namespace: string }) => boolean,
): { readonly queries: readonly Query[]; readonly answer: () => Observed<readonly RefusedRollable[]> } {
  const owners = refusedOwners(replicaSets).filter((owner) => isInScope(owner) && isObjectName(owner.namespace) && isObjectName(owner.name));
  const gets = owners.slice(0, MAX_CANDIDATES).map(({ namespace, kind, name }) => {
    const plural = `${kind.toLowerCase()}s`;
    const path = `/apis/apps/v1/namespaces/${pathSegment(namespace)}/${plural}/${pathSegment(name)}`;
    return new Get({ doing: `reading the ${kind} ${namespace}/${name}`, path, needs: readerRight(`get ${plural}`) }, (json) => {
      const facts = readWorkload(kind, json);
      return facts === undefined ? undefined : { namespace, kind, name, facts };
    });
  });
  return { queries: gets, answer: () => combineObserved(gets.map(({ result }) => result)) };
}

function inNamespaces(group: string, resource: string, scope: NamespaceScope): readonly string[] {
  return namesOnly(scope) ? scope.named.map((name) => `${group}/namespaces/${pathSegment(name)}/${resource}`) : [`${group}/${resource}`];
}

function namesOnly(scope: NamespaceScope): boolean {
  return !scope.isDefault && !scope.hasGlobs;
}
