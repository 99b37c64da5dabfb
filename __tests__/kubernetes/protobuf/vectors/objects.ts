/** What the vectors are made of: lists as a simulated cluster has them, one pod with a bit of everything, and refusals. Prints them as JSON. */
import { RESOURCES } from "../../../../simulator/kubernetes/resources/all-resources.ts";
import { failure, notFound } from "../../../../simulator/kubernetes/objects/status.ts";
import { scenario, type ScenarioName } from "../../../../simulator/scenarios/registry.ts";

const NOW = Date.UTC(2026, 5, 1);

function listOf(plural: string, scenarioName: ScenarioName, count: number): object {
  const resource = RESOURCES.find((candidate) => candidate.plural === plural);
  if (resource === undefined) throw new Error(`no ${plural}`);
  const world = scenario(scenarioName).create(NOW);
  const items = resource.entries(world, NOW + 600_000).filter(({ namespace }) => namespace === "shop" || namespace === "payments").map((entry) => entry.render());
  return { kind: `${resource.kind}List`, apiVersion: resource.group === "" ? "v1" : `${resource.group}/v1`, metadata: { resourceVersion: "17", continue: "eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ", remainingItemCount: 3 }, items: items.slice(0, count) };
}

const istioContainer = (name: string, more: object): object => ({
  name,
  image: "mcr.microsoft.com/oss/v2/istio/proxyv2:v1.28.2",
  resources: { limits: { cpu: "2", memory: "1Gi" }, requests: { cpu: "100m" }, claims: [{ name: "gpu" }] },
  securityContext: { allowPrivilegeEscalation: false, capabilities: { add: ["NET_ADMIN", "NET_RAW"], drop: ["ALL"] }, privileged: true, runAsUser: 1337, runAsGroup: 1337, seLinuxOptions: { level: "s0" }, seccompProfile: { type: "Localhost", localhostProfile: "p" } },
  ...more,
});

/** Every kind of field, non-ASCII texts, a negative code, numbers of more than 32 bits. */
const everything = {
  metadata: {
    name: "ünïcode-\u{1f600}",
    generateName: "x-",
    namespace: "shop",
    uid: "5a1c",
    resourceVersion: "9007199254740993",
    generation: 9_007_199_254_740_991,
    creationTimestamp: "2026-05-31T23:59:59Z",
    deletionTimestamp: "1969-12-31T23:59:58Z",
    deletionGracePeriodSeconds: 30,
    labels: { "istio.io/rev": "asm-1-28", "": "", z: "ü", constructor: "c", "sidecar.istio.io/inject": "true" },
    annotations: { "sidecar.istio.io/status": "{}", "sidecar.istio.io/interceptionMode": "TPROXY", "sidecar.istio.io/injected": "no", "kubernetes.io/config.mirror": "m", b: "x".repeat(300) },
    ownerReferences: [
      { apiVersion: "v1", kind: "Bystander", name: "b", uid: "1" },
      { apiVersion: "apps/v1", kind: "ReplicaSet", name: "x", uid: "2", controller: true, blockOwnerDeletion: false },
    ],
    finalizers: ["f"],
    managedFields: [{ manager: "kubelet", operation: "Update", apiVersion: "v1", time: "2026-05-31T23:59:59Z", fieldsType: "FieldsV1", fieldsV1: { "f:status": { 'k:{"type":"Ready"}': { ".": {} } } }, subresource: "status" }],
  },
  spec: {
    volumes: [
      { name: "a", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } },
      { name: "b", projected: { defaultMode: 420, sources: [{ serviceAccountToken: { path: "token", expirationSeconds: 3607, audience: "a" } }, { configMap: { name: "c", items: [{ key: "k", path: "p", mode: 256 }] } }, { downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } }] } },
      { name: "c", csi: { driver: "d", volumeAttributes: { k: "v" } } },
      { name: "d", persistentVolumeClaim: { claimName: "p", readOnly: true } },
    ],
    initContainers: [
      istioContainer("istio-validation", { args: ["istio-iptables", "-p", "15001", "--run-validation", "--skip-rule-apply"] }),
      { name: "migrate", image: "registry.example/migrate:1.0.0", resources: {}, securityContext: { runAsUser: 4_294_967_296, runAsNonRoot: true } },
      istioContainer("istio-proxy", { restartPolicy: "Always", args: [] }),
    ],
    containers: [
      istioContainer("istio-proxy", {
        args: ["proxy", "router", "", "--run-validation=true"],
        env: [
          { name: "DISABLE_ENVOY", value: "true" },
          { name: "POD_NAME", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } } },
          { name: "ISTIO_META_INTERCEPTION_MODE", value: "NONE" },
          { name: "CPU", valueFrom: { resourceFieldRef: { containerName: "istio-proxy", resource: "limits.cpu", divisor: "1" } } },
        ],
        envFrom: [{ prefix: "P_", secretRef: { name: "s", optional: true } }],
        ports: [{ name: "http", containerPort: 15090, protocol: "TCP" }],
        lifecycle: { preStop: { exec: { command: ["drain"] } }, postStart: { sleep: { seconds: 5 } } },
        startupProbe: { httpGet: { path: "/ready", port: 15021, scheme: "HTTP", httpHeaders: [{ name: "X", value: "y" }] }, failureThreshold: 600, periodSeconds: 1, timeoutSeconds: 3, successThreshold: 1 },
        readinessProbe: { tcpSocket: { port: "http" }, terminationGracePeriodSeconds: 9 },
        livenessProbe: { grpc: { port: 15020, service: "s" }, initialDelaySeconds: 1 },
        volumeMounts: [{ name: "a", mountPath: "/a", readOnly: true, subPath: "s", recursiveReadOnly: "Disabled" }],
        terminationMessagePath: "/dev/termination-log",
        terminationMessagePolicy: "File",
        imagePullPolicy: "IfNotPresent",
      }),
    ],
    ephemeralContainers: [{ name: "debug", image: "registry.example/debug:1.0.0", resources: {}, targetContainerName: "istio-proxy", stdin: true, tty: true }],
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    nodeSelector: { "kubernetes.io/os": "linux" },
    nodeName: "aks-userpool-27182818-vmss000000",
    hostNetwork: true,
    securityContext: { runAsUser: 1000, fsGroup: 1337, supplementalGroups: [1, 2], sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }] },
    affinity: {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: "k", operator: "In", values: ["v"] }] }] } },
      podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "x" } } } }] },
    },
    tolerations: [{ key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 }],
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway", labelSelector: { matchExpressions: [{ key: "app", operator: "Exists" }] }, minDomains: 2 }],
    overhead: { cpu: "250m" },
    readinessGates: [{ conditionType: "example.com/ready" }],
    hostAliases: [{ ip: "127.0.0.1", hostnames: ["h"] }],
    dnsConfig: { options: [{ name: "ndots", value: "2" }] },
    priority: -10,
    enableServiceLinks: false,
  },
  status: {
    phase: "Running",
    conditions: [
      { type: "Ready", status: "False", lastProbeTime: null, lastTransitionTime: "2026-05-31T23:59:59Z", reason: "ContainersNotReady", message: "containers with unready status: [istio-proxy]" },
      { type: "ContainersReady", status: "False", lastProbeTime: null, lastTransitionTime: null },
    ],
    podIPs: [{ ip: "10.0.0.1" }, { ip: "fd00::1" }],
    hostIPs: [{ ip: "10.224.0.4" }],
    startTime: "2026-05-31T23:59:59Z",
    qosClass: "Burstable",
    initContainerStatuses: [
      { name: "istio-validation", state: { waiting: { reason: "CrashLoopBackOff", message: "back-off" } }, lastState: { terminated: { exitCode: -1, signal: 9, reason: "Error", message: "iptables validation failed", startedAt: "2026-05-31T23:59:58Z", finishedAt: "2026-05-31T23:59:59Z", containerID: "containerd://1" } }, ready: false, restartCount: 7, image: "i", imageID: "d", containerID: "c", started: false },
      { name: "istio-proxy", state: { running: { startedAt: "2026-05-31T23:59:59Z" } }, lastState: {}, ready: false, restartCount: 0, image: "i", imageID: "d", allocatedResources: { cpu: "100m" }, resources: { requests: { cpu: "100m" } }, user: { linux: { uid: 1337, gid: 1337 } } },
    ],
    containerStatuses: [{ name: "istio-proxy", state: { terminated: { exitCode: 126, startedAt: null, finishedAt: null } }, lastState: {}, ready: true, restartCount: 2_147_483_647, image: "i", imageID: "d" }],
  },
};

const barest = { metadata: { name: "bare" }, spec: { containers: null }, status: {} };

const objects: readonly (readonly [name: string, object: unknown])[] = [
  ["pods of a compliant cluster", listOf("pods", "compliant", 3)],
  ["pods that predate the switch", listOf("pods", "stale-pods", 3)],
  ["a pod with everything, and one with nothing", { kind: "PodList", apiVersion: "v1", metadata: {}, items: [everything, barest] }],
  ["no pods", { kind: "PodList", apiVersion: "v1", metadata: { resourceVersion: "1" }, items: null }],
  ["ReplicaSets whose pods are refused", listOf("replicasets", "refused-by-safeguards", 4)],
  ["a refusal", failure(403, "Forbidden", 'pods is forbidden: User "x" cannot list resource "pods"', { kind: "pods" }).body],
  ["an expired token", failure(410, "Expired", "The provided continue parameter is too old").body],
  ["an absent object", notFound("deployments", "apps", "shop").body],
];

process.stdout.write(JSON.stringify(objects.map(([name, object]) => ({ name, object }))));
