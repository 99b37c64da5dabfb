/** What is asked of the Kubernetes API, one function a question. */
import { type Answer, collect, Get, List, type Question } from "./kubernetes/question.ts";
import { pathSegment } from "./kubernetes/resource-path.ts";
import { clusterRight, readerRight } from "./kubernetes/rights.ts";
import { allSeen, mapSeen } from "./looks.ts";
import { type InjectionRules, REVISION_LABEL } from "./mesh/injection.ts";
import { entry } from "./mesh/json.ts";
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
import type {
  AgentPodFacts,
  DaemonSetFacts,
  InjectionWebhook,
  InjectorFacts,
  Look,
  NamespaceFacts,
  RefusedWorkloads,
  ReplicaSetFacts,
} from "./mesh/observation.ts";
import { type PodCensus, PodCounter } from "./mesh/pod-census.ts";
import type { OwnerLookup } from "./mesh/pod-owner.ts";
import { confirm, type Suspect, Suspects } from "./mesh/refused-workloads.ts";
import type { NamespaceScope } from "./mesh/scope.ts";
import type { RedirectionMechanism } from "./mesh/standing.ts";
import { isSystemNamespace } from "./mesh/system-namespaces.ts";

export function askDaemonSet(): Get<DaemonSetFacts> {
  const path = `/apis/apps/v1/namespaces/${MESH_NAMESPACE}/daemonsets/${CNI_DAEMONSET}`;
  return new Get({ doing: "reading the CNI DaemonSet", path, needs: readerRight("get daemonsets") }, readDaemonSet);
}

export function askAgentPods(): List<readonly AgentPodFacts[]> {
  const paths = [`/api/v1/namespaces/${MESH_NAMESPACE}/pods`];
  return new List({ doing: `listing the pods of ${MESH_NAMESPACE}`, paths, needs: readerRight("list pods") }, collect(readAgentPod));
}

/** One question per revision: each has a configuration of its own. */
export function askInjectors(revisions: readonly string[]): readonly Get<InjectorFacts>[] {
  return revisions.map((revision) => {
    const path = `/api/v1/namespaces/${MESH_NAMESPACE}/configmaps/${INJECTOR_CONFIG_PREFIX}${pathSegment(revision)}`;
    return new Get({ doing: `reading the injector configuration of ${revision}`, path, needs: readerRight("get configmaps") }, readInjector);
  });
}

/** One answer per configuration, each with its webhooks. */
export function askWebhooks(): List<readonly (readonly InjectionWebhook[])[]> {
  const paths = ["/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"];
  return new List({ doing: "listing the injection webhooks", paths, needs: clusterRight("list mutatingwebhookconfigurations") }, collect(readInjectionWebhooks));
}

export function askReplicaSets(scope: NamespaceScope): List<readonly ReplicaSetFacts[]> {
  const paths = inNamespaces("/apis/apps/v1", "replicasets", scope);
  return new List({ doing: "listing ReplicaSets", paths, needs: readerRight("list replicasets") }, collect(readReplicaSet));
}

/** Events that tell of pods that could not be made. `now`: milliseconds since the epoch. */
export function askFailedCreates(scope: NamespaceScope, now: number): List<Suspects> {
  const paths = inNamespaces("/api/v1", "events", scope);
  return new List({ doing: "listing FailedCreate events", paths, query: "fieldSelector=reason%3DFailedCreate", needs: readerRight("list events") }, () => {
    const suspects = new Suspects(now);
    return { add: (event) => suspects.add(event), result: () => suspects };
  });
}

/** All pods, counted as they come. */
export function askPods(by: {
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
    const counter = new PodCounter(by.rules, by.scope, by.now, by.ownerOf, by.mechanism);
    return { add: (pod) => counter.add(pod), result: () => counter.census() };
  });
}

/** Named namespaces are asked for one by one, which takes no right on the whole cluster; anything else needs the list. */
export function askNamespaces(scope: NamespaceScope): { readonly questions: readonly Question[]; readonly answer: () => Look<readonly NamespaceFacts[]> } {
  if (namesOnly(scope)) {
    const gets = scope.named.map(
      (name) => new Get({ doing: `reading the namespace ${name}`, path: `/api/v1/namespaces/${pathSegment(name)}`, needs: readerRight("get namespaces") }, readNamespace),
    );
    return { questions: gets, answer: () => allSeen(gets.map(({ answer }) => answer)) };
  }
  const list = new List({ doing: "listing namespaces", paths: ["/api/v1/namespaces"], needs: readerRight("list namespaces") }, collect(readNamespace));
  return { questions: [list], answer: () => list.answer };
}

/** Which values of `istio.io/rev` namespaces have, anywhere outside AKS' own. */
export function askRevisionsInUse(): List<readonly string[]> {
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
export function askWindowsNodes(): List<readonly string[]> {
  return new List(
    { doing: "listing Windows nodes", paths: ["/api/v1/nodes"], query: "labelSelector=kubernetes.io%2Fos%3Dwindows", needs: clusterRight("list nodes") },
    collect(readNodeName),
  );
}

/** Looks at the workloads that events speak of: an event outlives its cause, and only the two together tell of a refusal. */
export function askRefusedWorkloads(
  events: Answer<Suspects>,
  isInteresting: (suspect: Suspect) => boolean,
): { readonly questions: readonly Question[]; readonly answer: () => Look<RefusedWorkloads> } {
  if (!events.seen) return { questions: [], answer: () => events };
  const { suspects, notLookedAt } = events.value.result(isInteresting);
  const gets = suspects.map((suspect) => {
    const { kind, namespace, name } = suspect;
    const [group, plural] = kind === "Job" ? ["batch/v1", "jobs"] : ["apps/v1", kind === "DaemonSet" ? "daemonsets" : "statefulsets"];
    const path = `/apis/${group}/namespaces/${pathSegment(namespace)}/${plural}/${pathSegment(name)}`;
    return new Get({ doing: `reading the ${kind} ${namespace}/${name}`, path, needs: readerRight(`get ${plural}`) }, (json) => confirm(suspect, json));
  });
  return { questions: gets, answer: () => mapSeen(allSeen(gets.map(({ answer }) => answer)), (workloads) => ({ workloads, notLookedAt })) };
}

function inNamespaces(group: string, resource: string, scope: NamespaceScope): readonly string[] {
  return namesOnly(scope) ? scope.named.map((name) => `${group}/namespaces/${pathSegment(name)}/${resource}`) : [`${group}/${resource}`];
}

function namesOnly(scope: NamespaceScope): boolean {
  return !scope.isDefault && !scope.hasGlobs;
}
