/** The DaemonSet of the CNI plugin, which sets up redirection. It exists only while the mesh uses CNI chaining. */
import { fingerprint, type JsonObject, kubernetesTime } from "../../lib/json.ts";
import { linuxNodes } from "../../world/kubernetes.ts";
import { mechanismAt, type World } from "../../world/world.ts";
import { MESH_NAMESPACE, meshRevisions } from "../mesh/addon.ts";
import { cniReadyAt } from "../mesh/cni-readiness.ts";
import { nonZero } from "../objects/counts.ts";
import { metadata, ownerReference } from "../objects/metadata.ts";
import type { ObjectEntry } from "../objects/resource.ts";

const CNI_DAEMONSET = "azure-service-mesh-istio-cni-addon-node";

const NAME = { kind: "DaemonSet", namespace: MESH_NAMESPACE, name: CNI_DAEMONSET };
const IMAGE = "mcr.microsoft.com/oss/v2/istio/install-cni:v1.28.2";
const CNI_POD_LABELS = {
  "k8s-app": CNI_DAEMONSET,
  "sidecar.istio.io/inject": "false",
  "istio.io/dataplane-mode": "none",
};

/** When the DaemonSet was created, ms since the epoch; undefined: it does not exist. */
function cniDaemonSetSince(world: World, now: number): number | undefined {
  const { from, mechanism } = mechanismAt(world, now);
  return mechanism === "CNIChaining" && meshRevisions(world).length > 0 ? from : undefined;
}

/** The agent of a node that is not ready is not ready either: the node controller says so. */
function isReady(world: World, node: string, now: number): boolean {
  const at = cniReadyAt(world, node, now);
  const { notReadySince } = world.kubernetes.nodes.find(({ name }) => name === node) ?? {};
  if (notReadySince !== undefined && notReadySince <= now) return false;
  return at !== undefined && at <= now;
}

function podSpec(): JsonObject {
  return {
    nodeSelector: { "kubernetes.io/os": "linux" },
    priorityClassName: "system-node-critical",
    serviceAccountName: "istio-cni",
    hostNetwork: false,
    tolerations: [
      { operator: "Exists", effect: "NoSchedule" },
      { operator: "Exists", effect: "NoExecute" },
    ],
    containers: [
      {
        name: "install-cni",
        image: IMAGE,
        command: ["install-cni"],
        env: [
          { name: "CHAINED_CNI_PLUGIN", value: "true" },
          { name: "REPAIR_ENABLED", value: "true" },
        ],
        securityContext: {
          capabilities: { add: ["NET_ADMIN", "NET_RAW", "SYS_PTRACE", "SYS_ADMIN"], drop: ["ALL"] },
          privileged: false,
          runAsUser: 0,
        },
        readinessProbe: { httpGet: { path: "/readyz", port: 8000 } },
      },
    ],
  };
}

function renderCniDaemonSet(world: World, since: number, now: number): JsonObject {
  const nodes = linuxNodes(world.kubernetes);
  const ready = nodes.filter((node) => isReady(world, node, now)).length;
  const desired = nodes.length;
  return {
    metadata: metadata(
      NAME,
      since,
      { "app.kubernetes.io/managed-by": "Helm", "k8s-app": CNI_DAEMONSET },
      { generation: 1 },
    ),
    spec: {
      selector: { matchLabels: { "k8s-app": CNI_DAEMONSET } },
      template: { metadata: { labels: { ...CNI_POD_LABELS } }, spec: podSpec() },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
      revisionHistoryLimit: 10,
    },
    status: {
      observedGeneration: 1,
      desiredNumberScheduled: desired,
      currentNumberScheduled: desired,
      numberMisscheduled: 0,
      numberReady: ready,
      ...nonZero({ updatedNumberScheduled: desired, numberAvailable: ready, numberUnavailable: desired - ready }),
    },
  };
}

/** The DaemonSet's entry; none while it does not exist. */
export function cniDaemonSet(world: World, now: number): ObjectEntry[] {
  const since = cniDaemonSetSince(world, now);
  if (since === undefined) return [];
  const { name, namespace } = NAME;
  return [{ name, namespace, labels: { "k8s-app": name }, fields: {}, render: () => renderCniDaemonSet(world, since, now) }];
}

function renderCniPod(name: string, node: string, since: number, ready: boolean): JsonObject {
  const time = kubernetesTime(since);
  const status = ready ? "True" : "False";
  return {
    metadata: metadata({ kind: "Pod", namespace: MESH_NAMESPACE, name }, since, CNI_POD_LABELS, {
      generateName: `${CNI_DAEMONSET}-`,
      ownerReferences: [ownerReference(NAME)],
    }),
    spec: { ...podSpec(), nodeName: node },
    status: {
      phase: "Running",
      startTime: time,
      conditions: ["PodScheduled", "Initialized"]
        .map((type) => ({ type, status: "True", lastTransitionTime: time }))
        .concat(["ContainersReady", "Ready"].map((type) => ({ type, status, lastTransitionTime: time }))),
      containerStatuses: [
        {
          name: "install-cni",
          image: IMAGE,
          ready,
          restartCount: 0,
          started: true,
          state: { running: { startedAt: time } },
          lastState: {},
        },
      ],
    },
  };
}

/** The entries of the DaemonSet's pods, one per Linux node; none while the DaemonSet does not exist. */
export function cniPods(world: World, now: number): ObjectEntry[] {
  const since = cniDaemonSetSince(world, now);
  if (since === undefined) return [];
  return linuxNodes(world.kubernetes).map((node) => {
    const name = `${CNI_DAEMONSET}-${fingerprint(`${node}/${since}`, 5)}`;
    const createdAt = Math.max(since, world.kubernetes.nodes.find((candidate) => candidate.name === node)?.joinedAt ?? 0);
    return {
      name,
      namespace: MESH_NAMESPACE,
      labels: CNI_POD_LABELS,
      fields: { "spec.nodeName": node, "spec.restartPolicy": "Always", "status.phase": "Running" },
      render: () => renderCniPod(name, node, createdAt, isReady(world, node, now)),
    };
  });
}
