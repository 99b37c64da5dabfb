/** The resources that the API server serves, and the objects of each at a moment. */
import { type JsonObject, kubernetesTime, stringsAt, textAt } from "../../lib/json.ts";
import { namespaceLabelsAt, type World } from "../../world/world.ts";
import { cniDaemonSetSince, cniPods, CNI_DAEMONSET, CNI_POD_LABELS, renderCniDaemonSet } from "./cni-daemonset.ts";
import { renderDaemonSet, renderJob, renderStatefulSet } from "./stateful-sets.ts";
import { renderDeployment, renderReplicaSets } from "./deployments.ts";
import { eventsAt } from "./events.ts";
import { injectorConfigMap, MESH_NAMESPACE, meshRevisions, meshWebhooks } from "../mesh/addon.ts";
import { metadata, resourceVersion } from "../objects/metadata.ts";
import { podPhase } from "../workloads/pod-status.ts";
import { podLabels, renderPod } from "./pods.ts";
import { podsOf } from "../workloads/pod-schedule.ts";
import { exists, type Workload, type WorkloadKind } from "../../world/workload.ts";

/** One object: enough to select it by, and the object itself on demand. */
export interface Entry {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Fields that a fieldSelector can name, besides metadata.name and metadata.namespace. */
  readonly fields: Readonly<Record<string, string>>;
  /** The object without apiVersion and kind, which lists leave out. */
  readonly render: () => JsonObject;
}

export interface Resource {
  /** "" for the core group. */
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly entries: (world: World, now: number) => Entry[];
}

function namespaces(world: World, now: number): Entry[] {
  return world.kubernetes.namespaces.map(({ name, createdAt, labels: history }) => {
    const labels = namespaceLabelsAt(world, name, now) ?? {};
    const changedAt = history.findLast((entry) => entry.from <= now)?.from ?? createdAt;
    const object = { kind: "Namespace", namespace: undefined, name };
    const render = (): JsonObject => ({
      metadata: metadata(object, createdAt, labels, { resourceVersion: resourceVersion(changedAt) }),
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    });
    return { name, namespace: undefined, labels, fields: { "status.phase": "Active" }, render };
  });
}

function nodes(world: World): Entry[] {
  return world.kubernetes.nodes.map(({ name, os, pool, cordoned = false }) => {
    const labels = {
      "kubernetes.io/os": os,
      "kubernetes.io/arch": "amd64",
      "kubernetes.io/hostname": name,
      agentpool: pool,
      "kubernetes.azure.com/agentpool": pool,
    };
    const createdAt = world.startedAt - 20 * 24 * 3_600_000;
    const time = kubernetesTime(createdAt);
    const render = (): JsonObject => ({
      metadata: metadata({ kind: "Node", namespace: undefined, name }, createdAt, labels),
      spec: {
        podCIDR: "10.244.0.0/24",
        providerID: `azure:///subscriptions/${world.subscriptionId}/${name}`,
        ...(cordoned ? { unschedulable: true } : {}),
      },
      status: {
        conditions: [
          { type: "Ready", status: "True", reason: "KubeletReady", lastTransitionTime: time, lastHeartbeatTime: time },
        ],
        nodeInfo: {
          operatingSystem: os,
          kubeletVersion: "v1.33.5",
          osImage: os === "linux" ? "Ubuntu 22.04.5 LTS" : "Windows Server 2022 Datacenter",
        },
      },
    });
    return { name, namespace: undefined, labels, fields: {}, render };
  });
}

function pods(world: World, now: number): Entry[] {
  const since = cniDaemonSetSince(world, now);
  const ofCni = since === undefined ? [] : cniPods(world, since, now);
  const ofWorkloads = world.kubernetes.workloads.flatMap((workload) => podsOf(world, workload, now));
  return [
    ...ofCni.map(({ name, node, phase, render }) => ({
      name,
      namespace: MESH_NAMESPACE,
      labels: CNI_POD_LABELS,
      fields: { "spec.nodeName": node, "status.phase": phase },
      render,
    })),
    ...ofWorkloads.map((pod) => ({
      name: pod.name,
      namespace: pod.workload.namespace,
      get labels() {
        return {
          ...podLabels(pod),
          ...(pod.generation.injection === undefined ? {} : { "security.istio.io/tlsMode": "istio" }),
        };
      },
      get fields() {
        return { "spec.nodeName": pod.node, "status.phase": podPhase(pod, now) };
      },
      render: () => renderPod(pod, now),
    })),
  ];
}

function configMaps(world: World, now: number): Entry[] {
  return meshRevisions(world).map((revision) => {
    const name = `istio-sidecar-injector-${revision}`;
    const labels = { "istio.io/rev": revision, release: "azure-service-mesh-istio-discovery" };
    const object = { kind: "ConfigMap", namespace: MESH_NAMESPACE, name };
    const render = (): JsonObject => ({
      data: injectorConfigMap(world, revision, now),
      metadata: metadata(object, world.startedAt - 40 * 24 * 3_600_000, labels),
    });
    return { name, namespace: MESH_NAMESPACE, labels, fields: {}, render };
  });
}

function events(world: World, now: number): Entry[] {
  return eventsAt(world, now).map(({ name, namespace, reason, involvedKind, render }) => ({
    name,
    namespace,
    labels: {},
    fields: { reason, type: "Warning", "involvedObject.kind": involvedKind },
    render,
  }));
}

function workloads(kind: WorkloadKind, render: (world: World, workload: Workload, now: number) => JsonObject) {
  return (world: World, now: number): Entry[] =>
    world.kubernetes.workloads
      .filter((workload) => workload.kind === kind && exists(workload, now))
      .map((workload) => ({
        name: workload.name,
        namespace: workload.namespace,
        labels: { app: workload.name },
        fields: {},
        render: () => render(world, workload, now),
      }));
}

function daemonSets(world: World, now: number): Entry[] {
  const since = cniDaemonSetSince(world, now);
  const cni =
    since === undefined
      ? []
      : [
          {
            name: CNI_DAEMONSET,
            namespace: MESH_NAMESPACE,
            labels: { "k8s-app": CNI_DAEMONSET },
            fields: {},
            render: () => renderCniDaemonSet(world, since, now),
          },
        ];
  return [...cni, ...workloads("DaemonSet", renderDaemonSet)(world, now)];
}

function replicaSets(world: World, now: number): Entry[] {
  return world.kubernetes.workloads
    .filter((workload) => workload.kind === "Deployment")
    .flatMap((workload) =>
      renderReplicaSets(world, workload, now).map(({ name, render }) => ({
        name,
        namespace: workload.namespace,
        labels: { app: workload.name },
        fields: {},
        render,
      })),
    );
}

function webhooks(world: World): Entry[] {
  return meshWebhooks(world).map((configuration) => ({
    name: textAt(configuration, "metadata", "name") ?? "",
    namespace: undefined,
    labels: stringsAt(configuration, "metadata", "labels"),
    fields: {},
    render: () => structuredClone(configuration),
  }));
}

/** Everything that is served. */
export const RESOURCES: readonly Resource[] = [
  { group: "", plural: "namespaces", kind: "Namespace", namespaced: false, entries: namespaces },
  { group: "", plural: "nodes", kind: "Node", namespaced: false, entries: nodes },
  { group: "", plural: "pods", kind: "Pod", namespaced: true, entries: pods },
  { group: "", plural: "configmaps", kind: "ConfigMap", namespaced: true, entries: configMaps },
  { group: "", plural: "secrets", kind: "Secret", namespaced: true, entries: () => [] },
  { group: "", plural: "events", kind: "Event", namespaced: true, entries: events },
  {
    group: "apps",
    plural: "deployments",
    kind: "Deployment",
    namespaced: true,
    entries: workloads("Deployment", renderDeployment),
  },
  { group: "apps", plural: "replicasets", kind: "ReplicaSet", namespaced: true, entries: replicaSets },
  {
    group: "apps",
    plural: "statefulsets",
    kind: "StatefulSet",
    namespaced: true,
    entries: workloads("StatefulSet", renderStatefulSet),
  },
  { group: "apps", plural: "daemonsets", kind: "DaemonSet", namespaced: true, entries: daemonSets },
  { group: "batch", plural: "jobs", kind: "Job", namespaced: true, entries: workloads("Job", renderJob) },
  {
    group: "admissionregistration.k8s.io",
    plural: "mutatingwebhookconfigurations",
    kind: "MutatingWebhookConfiguration",
    namespaced: false,
    entries: webhooks,
  },
];
