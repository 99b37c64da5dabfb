/** The DaemonSet of the mesh add-on that programs redirection; it exists only while CNI chaining is in force. */
import { fingerprint, type JsonObject, kubernetesTime } from "../../lib/json.ts";
import { mechanismAt, type World } from "../../world/world.ts";
import { cniReadyAt } from "../mesh/cni-readiness.ts";
import { MESH_NAMESPACE, meshRevisions } from "../mesh/addon.ts";
import { metadata, ownerReference } from "../objects/metadata.ts";
import { linuxNodes } from "../workloads/pod-schedule.ts";

export const CNI_DAEMONSET = "azure-service-mesh-istio-cni-addon-node";

const NAME = { kind: "DaemonSet", namespace: MESH_NAMESPACE, name: CNI_DAEMONSET };
export const CNI_POD_LABELS = {
  "k8s-app": CNI_DAEMONSET,
  "sidecar.istio.io/inject": "false",
  "istio.io/dataplane-mode": "none",
};

/** Since when the DaemonSet exists, ms since the epoch; undefined: it does not. */
export function cniDaemonSetSince(world: World, now: number): number | undefined {
  const { from, mechanism } = mechanismAt(world, now);
  return mechanism === "CNIChaining" && meshRevisions(world).length > 0 ? from : undefined;
}

function isReady(world: World, node: string, now: number): boolean {
  const at = cniReadyAt(world, node, now);
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
        image: "mcr.microsoft.com/oss/v2/istio/install-cni:v1.28.2",
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

/** The DaemonSet at a moment at which it exists since `since`. */
export function renderCniDaemonSet(world: World, since: number, now: number): JsonObject {
  const nodes = linuxNodes(world);
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
      updatedNumberScheduled: desired,
      numberMisscheduled: 0,
      numberReady: ready,
      numberAvailable: ready,
      ...(ready < desired ? { numberUnavailable: desired - ready } : {}),
    },
  };
}

/** The pods of the DaemonSet: name, node, phase, and how to render each. */
export function cniPods(
  world: World,
  since: number,
  now: number,
): { name: string; node: string; phase: string; render: () => JsonObject }[] {
  return linuxNodes(world).map((node) => {
    const name = `${CNI_DAEMONSET}-${fingerprint(`${node}/${since}`, 5)}`;
    const ready = isReady(world, node, now);
    const time = kubernetesTime(since);
    const status = ready ? "True" : "False";
    return {
      name,
      node,
      phase: "Running",
      render: () => ({
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
              image: "mcr.microsoft.com/oss/v2/istio/install-cni:v1.28.2",
              ready,
              restartCount: 0,
              started: true,
              state: { running: { startedAt: time } },
              lastState: {},
            },
          ],
        },
      }),
    };
  });
}
