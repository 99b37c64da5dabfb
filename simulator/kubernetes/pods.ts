/** Pods as the API server returns them: specification after admission, and status at the moment. */
import { isObject, type JsonObject, kubernetesTime, objectsAt, stringsAt, textAt } from "../json.ts";
import { metadata, ownerReference } from "./metadata.ts";
import { admittedPod } from "./pod-template.ts";
import { type Generation, ownerOf, type PodSlot, templateHash } from "./timeline.ts";

/** The labels that a pod's controller adds to its template's. */
export function podLabels(pod: PodSlot): Record<string, string> {
  const { workload, generation } = pod;
  const { labels } = generation.template;
  switch (workload.kind) {
    case "Deployment":
      return { ...labels, "pod-template-hash": templateHash(workload, generation.index) };
    case "StatefulSet":
      return {
        ...labels,
        "statefulset.kubernetes.io/pod-name": pod.name,
        "controller-revision-hash": templateHash(workload, generation.index),
      };
    case "DaemonSet":
      return { ...labels, "controller-revision-hash": templateHash(workload, generation.index) };
    case "Job":
      return { ...labels, "job-name": workload.name, "batch.kubernetes.io/job-name": workload.name };
    case "Pod":
      return labels;
  }
}

/** The phase of a pod at a moment. */
export function podPhase(pod: PodSlot, now: number): "Pending" | "Running" | "Succeeded" {
  if (pod.readyAt === undefined || now < pod.readyAt) return "Pending";
  const { completesAfter } = pod.workload;
  return completesAfter !== undefined && now >= pod.readyAt + completesAfter ? "Succeeded" : "Running";
}

function terminated(exitCode: number, startedAt: number): JsonObject {
  const reason = exitCode === 0 ? "Completed" : "Error";
  const time = kubernetesTime(startedAt);
  return { terminated: { containerID: "containerd://4f1d", exitCode, finishedAt: time, reason, startedAt: time } };
}

function containerStatus(container: JsonObject, state: JsonObject, ready: boolean, more: JsonObject = {}): JsonObject {
  const image = textAt(container, "image") ?? "";
  return {
    name: textAt(container, "name") ?? "",
    image,
    imageID: `${image.replace(/:[^:]*$/, "")}@sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae`,
    lastState: {},
    ready,
    restartCount: 0,
    started: ready,
    state,
    ...more,
  };
}

/** istio-validation on a node whose CNI plugin did not program the pod exits 126, again and again. */
function notProgrammed(container: JsonObject, createdAt: number): JsonObject {
  const waiting = { waiting: { message: "back-off restarting failed container", reason: "CrashLoopBackOff" } };
  return containerStatus(container, waiting, false, { lastState: terminated(126, createdAt), restartCount: 4 });
}

function initStatus(pod: PodSlot, container: JsonObject, phase: string): JsonObject {
  const isSidecar = container["restartPolicy"] === "Always";
  const running = { running: { startedAt: kubernetesTime(pod.createdAt) } };
  if (phase !== "Pending") {
    if (isSidecar && phase === "Running") return containerStatus(container, running, true);
    return containerStatus(container, terminated(0, pod.createdAt), true, { started: false });
  }
  if (pod.readyAt === undefined && container["name"] === "istio-validation")
    return notProgrammed(container, pod.createdAt);
  return containerStatus(container, { waiting: { reason: "PodInitializing" } }, false);
}

function appStatus(pod: PodSlot, container: JsonObject, phase: string): JsonObject {
  if (phase === "Succeeded") return containerStatus(container, terminated(0, pod.createdAt), false, { started: false });
  const running = { running: { startedAt: kubernetesTime(pod.readyAt ?? pod.createdAt) } };
  return phase === "Running"
    ? containerStatus(container, running, true)
    : containerStatus(container, { waiting: { reason: "PodInitializing" } }, false);
}

function condition(type: string, met: boolean, at: number): JsonObject {
  return { type, status: met ? "True" : "False", lastProbeTime: null, lastTransitionTime: kubernetesTime(at) };
}

function status(pod: PodSlot, spec: JsonObject, phase: string): JsonObject {
  const isReady = phase === "Running";
  const at = pod.readyAt ?? pod.createdAt;
  const inits = objectsAt(spec, "initContainers");
  return {
    phase,
    conditions: [
      condition("PodScheduled", true, pod.createdAt),
      condition("Initialized", phase !== "Pending", at),
      condition("ContainersReady", isReady, at),
      condition("Ready", isReady, at),
    ],
    startTime: kubernetesTime(pod.createdAt),
    hostIP: "10.224.0.4",
    podIP: "10.244.1.17",
    qosClass: "Burstable",
    ...(inits.length === 0
      ? {}
      : { initContainerStatuses: inits.map((container) => initStatus(pod, container, phase)) }),
    containerStatuses: objectsAt(spec, "containers").map((container) => appStatus(pod, container, phase)),
  };
}

/** What the pods of one generation have in common, made once: a list may hold a hundred thousand of them. */
const admittedByGeneration = new WeakMap<Generation, JsonObject>();

function admitted(pod: PodSlot): JsonObject {
  const { workload, generation } = pod;
  const known = admittedByGeneration.get(generation);
  if (known !== undefined) return known;
  const made = admittedPod(workload, generation.template, generation.revision, generation.mechanism);
  admittedByGeneration.set(generation, made);
  return made;
}

/** Renders a pod. Parts of it are shared with other pods: do not change it. */
export function renderPod(pod: PodSlot, now: number): JsonObject {
  const { workload } = pod;
  const common = admitted(pod);
  const spec = common["spec"];
  const full: JsonObject = { ...(isObject(spec) ? spec : {}), nodeName: pod.node };
  const owner = ownerOf(pod);
  const labels = { ...stringsAt(common, "metadata", "labels"), ...podLabels(pod) };
  const annotations = stringsAt(common, "metadata", "annotations");
  const hasAnnotations = Object.keys(annotations).length > 0;
  return {
    metadata: metadata({ kind: "Pod", namespace: workload.namespace, name: pod.name }, pod.createdAt, labels, {
      ...(hasAnnotations ? { annotations } : {}),
      ...(owner === undefined ? {} : { ownerReferences: [ownerReference(owner)], generateName: `${owner.name}-` }),
    }),
    spec: full,
    status: status(pod, full, podPhase(pod, now)),
  };
}
