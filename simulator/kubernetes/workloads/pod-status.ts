/** The status of a pod at a time: its phase, its conditions and the states of its containers. */
import { type JsonObject, kubernetesTime, objectsAt, textAt } from "../../lib/json.ts";
import { isReady, type ScheduledPod } from "./pod-schedule.ts";

/** istio-validation runs for about a second before it fails. */
const VALIDATION = 1000;
/** The kubelet waits 10 s before it restarts a failed container, then twice as long each time, at most 5 min. */
const BACK_OFF = 10_000;
const LONGEST_BACK_OFF = 300_000;

/** The phase of a pod at a time. */
export function podPhase(pod: ScheduledPod, now: number): "Pending" | "Running" | "Succeeded" {
  const { startedAt } = pod;
  if (startedAt === undefined || now < startedAt) return "Pending";
  const { completesAfter } = pod.workload;
  return completesAfter !== undefined && now >= startedAt + completesAfter ? "Succeeded" : "Running";
}

function terminated(exitCode: number, finishedAt: number): JsonObject {
  const reason = exitCode === 0 ? "Completed" : "Error";
  const time = kubernetesTime(finishedAt);
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

/** The restarts of a container that always fails, and the end of its last run. Times: ms since the epoch. */
function attemptsUntil(now: number, firstEnd: number): { readonly restarts: number; readonly lastEnd: number } {
  let lastEnd = firstEnd;
  let restarts = 0;
  for (let pause = BACK_OFF; pause < LONGEST_BACK_OFF; pause *= 2) {
    if (lastEnd + pause > now) return { restarts, lastEnd };
    lastEnd += pause;
    restarts += 1;
  }
  const more = Math.max(0, Math.floor((now - lastEnd) / LONGEST_BACK_OFF));
  return { restarts: restarts + more, lastEnd: lastEnd + more * LONGEST_BACK_OFF };
}

/** The status of istio-validation where the CNI plugin has not set up redirection: it exits with 126 each time. */
function failingValidation(container: JsonObject, createdAt: number, now: number): JsonObject {
  const { restarts, lastEnd } = attemptsUntil(now, createdAt + VALIDATION);
  if (restarts === 0) return containerStatus(container, terminated(126, Math.min(lastEnd, now)), false);
  const message = "back-off restarting failed container=istio-validation";
  const waiting = { waiting: { message, reason: "CrashLoopBackOff" } };
  return containerStatus(container, waiting, false, { lastState: terminated(126, lastEnd), restartCount: restarts });
}

/** Whether istio-validation keeps failing: the node's plugin never works, or the pod was not repaired yet. */
function lacksRedirection({ startedAt, workload }: ScheduledPod): boolean {
  return startedAt === undefined || workload.repairedAfter !== undefined;
}

function initStatus(pod: ScheduledPod, container: JsonObject, phase: string, now: number): JsonObject {
  const isSidecar = container["restartPolicy"] === "Always";
  const running = { running: { startedAt: kubernetesTime(pod.createdAt) } };
  if (phase !== "Pending") {
    if (isSidecar && phase === "Running") return containerStatus(container, running, true);
    const endedAt = pod.startedAt ?? pod.createdAt;
    const isRepaired = pod.workload.repairedAfter !== undefined && container["name"] === "istio-validation";
    const restartCount = isRepaired ? attemptsUntil(endedAt, pod.createdAt + VALIDATION).restarts : 0;
    return containerStatus(container, terminated(0, endedAt), true, { started: false, restartCount });
  }
  if (container["name"] === "istio-validation" && lacksRedirection(pod)) return failingValidation(container, pod.createdAt, now);
  return containerStatus(container, { waiting: { reason: "PodInitializing" } }, false);
}

/** The status of a container. In a pod that never becomes ready the application exits at its start, and the sidecar runs. */
function mainContainerStatus(pod: ScheduledPod, container: JsonObject, phase: string, now: number): JsonObject {
  if (phase === "Succeeded") return containerStatus(container, terminated(0, pod.createdAt), false, { started: false });
  if (phase === "Pending") return containerStatus(container, { waiting: { reason: "PodInitializing" } }, false);
  const startedAt = pod.startedAt ?? pod.createdAt;
  const isSidecar = container["name"] === "istio-proxy";
  if (isSidecar || isReady(pod, now)) {
    return containerStatus(container, { running: { startedAt: kubernetesTime(startedAt) } }, true);
  }
  const { restarts, lastEnd } = attemptsUntil(now, startedAt);
  const waiting = { waiting: { message: `back-off restarting failed container=${textAt(container, "name") ?? ""}`, reason: "CrashLoopBackOff" } };
  return containerStatus(container, waiting, false, { lastState: terminated(1, lastEnd), restartCount: restarts });
}

function condition(type: string, met: boolean, at: number): JsonObject {
  return { type, status: met ? "True" : "False", lastProbeTime: null, lastTransitionTime: kubernetesTime(at) };
}

/** The status of a pod with the specification `spec`. */
export function podStatus(pod: ScheduledPod, spec: JsonObject, now: number): JsonObject {
  const phase = podPhase(pod, now);
  const ready = phase === "Running" && isReady(pod, now);
  const startedAt = phase === "Pending" ? pod.createdAt : (pod.startedAt ?? pod.createdAt);
  const readyAt = ready ? (pod.readyAt ?? startedAt) : startedAt;
  const inits = objectsAt(spec, "initContainers");
  return {
    phase,
    conditions: [
      condition("PodScheduled", true, pod.createdAt),
      condition("Initialized", phase !== "Pending", startedAt),
      condition("ContainersReady", ready, readyAt),
      condition("Ready", ready, readyAt),
    ],
    startTime: kubernetesTime(pod.createdAt),
    hostIP: "10.224.0.4",
    podIP: "10.244.1.17",
    qosClass: "Burstable",
    ...(inits.length === 0
      ? {}
      : { initContainerStatuses: inits.map((container) => initStatus(pod, container, phase, now)) }),
    containerStatuses: objectsAt(spec, "containers").map((container) => mainContainerStatus(pod, container, phase, now)),
  };
}
