/** The queries that observe the cluster, one function per query. */
import type { RedirectionMechanism } from "../../contract.ts";
import { type InjectionRules, REVISION_LABEL } from "../../istio/injection/injection-rules.ts";
import type { NamespaceScope } from "../../istio/injection/namespace-scope.ts";
import { isSystemNamespace } from "../../istio/injection/system-namespaces.ts";
import { type AgentPodFacts, CNI_DAEMONSET, type DaemonSetFacts, type InjectionWebhook, INJECTOR_CONFIG_PREFIX, type InjectorFacts, MESH_NAMESPACE, type NamespaceFacts, readAgentPod, readDaemonSet, readInjectionWebhooks, readInjector, readNamespace, readNodeName, readReplicaSet, type ReplicaSetFacts } from "../../istio/kubernetes-facts.ts";
import { type PodCensus } from "../../istio/pods/pod-census.ts";
import { PodCensusBuilder } from "../../istio/pods/pod-census-builder.ts";
import { type PodFacts, readPod } from "../../istio/pods/pod.ts";
import type { OwnerLookup } from "../../istio/pods/pod-owner.ts";
import { failedValidationAt } from "../../istio/pods/pod-state.ts";
import { refusedOwners } from "../../istio/workloads/refused-for-redirection.ts";
import { confirmRefusal, MAX_CANDIDATES, type RefusalCandidate, RefusalCandidates, type RefusedWorkload, type RefusedWorkloads } from "../../istio/workloads/refused-workloads.ts";
import { readWorkload, type RefusedRollable } from "../../istio/workloads/rollout.ts";
import { collect, Get, List, type Query } from "../../kubernetes/query.ts";
import { clusterRight, readerRight } from "../../kubernetes/required-roles.ts";
import { pathSegment } from "../../kubernetes/resource-path.ts";
import { entry, textAt } from "../../lib/json.ts";
import { isObjectName } from "../../lib/object-name.ts";
import { combineObserved, mapObserved, type Observed } from "../../lib/observed.ts";

/** How many pods that failed for good, and how many pods with events about their sandbox, are kept. */
const MAX_FAILED_PODS = 500;
const MAX_SANDBOX_EVENTS = 500;
/** How much of an event's message is kept. The plugin that failed comes last in it. */
const MAX_MESSAGE = 600;

/** The DaemonSet of the CNI agent. */
export function daemonSetQuery(): Get<DaemonSetFacts> {
  const path = `/apis/apps/v1/namespaces/${MESH_NAMESPACE}/daemonsets/${CNI_DAEMONSET}`;
  return new Get({ doing: "reading the CNI DaemonSet", path, needs: readerRight("get daemonsets") }, readDaemonSet);
}

/** All pods in the namespace of the mesh; those of the CNI agent are among them. @param now milliseconds since the epoch */
export function agentPodsQuery(now: number): List<readonly AgentPodFacts[]> {
  const paths = [`/api/v1/namespaces/${MESH_NAMESPACE}/pods`];
  return new List({ doing: `listing the pods of ${MESH_NAMESPACE}`, paths, needs: readerRight("list pods") }, collect((json) => readAgentPod(json, now)));
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

/** Events about pods that could not be created, those of the CNI agent among them. @param now milliseconds since the epoch */
export function failedCreateEventsQuery(scope: NamespaceScope, now: number): List<RefusalCandidates> {
  const paths = [...new Set([...inNamespaces("/api/v1", "events", scope), ...(namesOnly(scope) ? [`/api/v1/namespaces/${MESH_NAMESPACE}/events`] : [])])];
  return new List({ doing: "listing FailedCreate events", paths, selectors: "fieldSelector=reason%3DFailedCreate", needs: readerRight("list events") }, () => {
    const candidates = new RefusalCandidates(now);
    return { add: (event) => candidates.add(event), result: () => candidates };
  });
}

/** What the pods are classified by: it follows from other queries. */
export interface PodRules {
  readonly rules: InjectionRules;
  readonly ownerOf: OwnerLookup;
}

/** What a census needs besides the pods. */
interface CensusOptions {
  /** Called when the first pod is received. */
  readonly podRules: () => PodRules;
  readonly scope: NamespaceScope;
  readonly now: number;
  readonly mechanism: RedirectionMechanism;
}

/** The queries for the census of the pods. */
export function podQueries(options: CensusOptions): {
  readonly queries: readonly Query[];
  /** The query for the reason why pods have no sandbox. */
  readonly sandboxEvents: Query;
  /** Whether some lack one. */
  readonly lackSandbox: () => boolean;
  readonly answer: () => Observed<PodCensus>;
} {
  const { scope, podRules, now, mechanism } = options;
  const paths = inNamespaces("/api/v1", "pods", scope);
  const pods = podsQuery(paths, () => {
    const { rules, ownerOf } = podRules();
    return new PodCensusBuilder(rules, scope, now, ownerOf, mechanism);
  });
  const failed = failedPodsQuery(paths, now);
  const events = sandboxEventsQuery(scope);
  return {
    queries: [pods, failed],
    sandboxEvents: events,
    lackSandbox: () => pods.result.seen && pods.result.value.build().stuck["no-sandbox"] > 0,
    answer: () => {
      if (!pods.result.seen) return pods.result;
      if (!failed.result.seen) return failed.result;
      const census = pods.result.value;
      for (const pod of failed.result.value) census.addFacts(pod);
      // Whoever may list pods may not be allowed to list events. The check then says where to look.
      return { seen: true, value: census.build(events.result.seen ? events.result.value : undefined) };
    },
  };
}

/** All pods that have not ended, counted while they are received. */
function podsQuery(paths: readonly string[], start: () => PodCensusBuilder): List<PodCensusBuilder> {
  // A cluster with many Jobs has many pods that have ended.
  const selectors = "fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed";
  return new List({ doing: "listing pods", paths, selectors, needs: readerRight("list pods") }, () => {
    const census = start();
    return { add: (pod) => census.add(pod), result: () => census };
  });
}

/**
 * Pods that failed for good because istio-validation found no redirection. Only pods that are not restarted do, which are those of Jobs:
 * evicted pods of other workloads are not asked for.
 */
function failedPodsQuery(paths: readonly string[], now: number): List<readonly PodFacts[]> {
  const selectors = "fieldSelector=status.phase%3DFailed%2Cspec.restartPolicy%21%3DAlways";
  return new List({ doing: "listing failed pods", paths, selectors, needs: readerRight("list pods") }, () => {
    const failed: PodFacts[] = [];
    return {
      add: (json) => {
        const pod = failed.length < MAX_FAILED_PODS ? readPod(json) : undefined;
        if (pod !== undefined && failedValidationAt(pod, now) !== undefined) failed.push(pod);
      },
      result: () => failed,
    };
  });
}

/** Messages of events about pods whose sandbox could not be made, by `namespace/pod`. */
function sandboxEventsQuery(scope: NamespaceScope): List<ReadonlyMap<string, string>> {
  const paths = inNamespaces("/api/v1", "events", scope);
  const selectors = "fieldSelector=reason%3DFailedCreatePodSandBox";
  return new List({ doing: "listing FailedCreatePodSandBox events", paths, selectors, needs: readerRight("list events") }, () => {
    const messages = new Map<string, string>();
    return {
      add: (event) => {
        const pod = `${textAt(event, "involvedObject", "namespace")}/${textAt(event, "involvedObject", "name")}`;
        if (messages.size < MAX_SANDBOX_EVENTS) messages.set(pod, textAt(event, "message").replace(/\s+/g, " ").slice(0, MAX_MESSAGE));
      },
      result: () => messages,
    };
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
  const gets = candidates.map(refusedWorkloadQuery);
  const confirmed = () => combineObserved(gets.map(({ result }) => result));
  return {
    queries: gets,
    answer: () => mapObserved(confirmed(), (workloads) => ({ workloads: workloads.map(({ refused }) => refused), notChecked })),
    rollables: () => gets.flatMap(({ result }) => (result.seen ? (result.value?.rollables ?? []) : [])),
  };
}

/** Reads a workload that an event names; undefined where it has its pods. */
export function refusedWorkloadQuery(candidate: RefusalCandidate): Get<{ readonly refused: RefusedWorkload; readonly rollables: readonly RefusedRollable[] }> {
  const { kind, namespace, name } = candidate;
  const [group, plural] = kind === "Job" ? ["batch/v1", "jobs"] : ["apps/v1", kind === "DaemonSet" ? "daemonsets" : "statefulsets"];
  const path = `/apis/${group}/namespaces/${pathSegment(namespace)}/${plural}/${pathSegment(name)}`;
  return new Get({ doing: `reading the ${kind} ${namespace}/${name}`, path, needs: readerRight(`get ${plural}`) }, (json) => {
    const refused = confirmRefusal(candidate, json);
    const facts = kind === "Job" ? undefined : readWorkload(kind, json);
    return refused === undefined ? undefined : { refused, rollables: kind === "Job" || facts === undefined ? [] : [{ namespace, kind, name, facts }] };
  });
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
