/** The facts of a pod that the rules need, so that the pod itself need not stay in memory. */
import {
  arrayAt,
  at,
  booleanAt,
  entry,
  isRecord,
  momentAt,
  numberAt,
  type StringMap,
  stringMapAt,
  textAt,
  textsAt,
} from "../../lib/json.ts";
import { bypassReasons, runsAsProxy } from "./bypass.ts";
import { isBeingDeleted, readController } from "../kubernetes-facts.ts";
import { labelsOf } from "../../lib/label-selector.ts";

export const ISTIO_PROXY = "istio-proxy";
export const ISTIO_INIT = "istio-init";
export const ISTIO_VALIDATION = "istio-validation";
const ISTIO_CONTAINERS: readonly string[] = [ISTIO_PROXY, ISTIO_INIT, ISTIO_VALIDATION];

/** The proxy type of a sidecar. */
export const SIDECAR = "sidecar";

/** A container of Istio. Texts and lists are empty where the specification does not set them. */
export interface IstioContainer {
  readonly name: string;
  /** The type in the command line `proxy <type>` of istio-proxy; `sidecar` where it has none. */
  readonly proxyType: string;
  /** Whether it has `--run-validation`, which checks that traffic is redirected. */
  readonly runsValidation: boolean;
  readonly restartPolicy: string;
  readonly privileged: boolean;
  readonly addedCapabilities: readonly string[];
  readonly droppedCapabilities: readonly string[];
  /** The values of environment variables. */
  readonly disableEnvoy: string;
  readonly interceptionMode: string;
}

/** The end of a container's run. */
interface Exit {
  readonly exitCode: number;
  /** Milliseconds since the epoch; undefined where the kubelet does not report it. */
  readonly finishedAt: number | undefined;
}

/** The status of an init container. */
interface InitStatus {
  readonly name: string;
  /** The end of its current run; undefined while it waits or runs. */
  readonly ended: Exit | undefined;
  /** The end of its previous run. */
  readonly lastEnded: Exit | undefined;
  /** Why it waits, such as `PodInitializing`; empty where it does not. */
  readonly waitingReason: string;
  readonly restartCount: number;
}

export interface PodFacts {
  readonly namespace: string;
  readonly name: string;
  readonly labels: StringMap;
  /** Whether the pod is being deleted, has finished, or mirrors a static pod. A census leaves such pods out, because admission does not see them again. */
  readonly isExcluded: boolean;
  /** Whether the pod has failed for good: Kubernetes does not start it again. It is excluded as well. */
  readonly hasFailed: boolean;
  /** Whether the phase is Running: then all init containers that end have ended. */
  readonly isRunning: boolean;
  readonly hostNetwork: boolean;
  readonly nodeName: string;
  /** Milliseconds since the epoch; undefined where it is unknown. */
  readonly createdAt: number | undefined;
  /** When the pod got its node, in milliseconds since the epoch; undefined where it is unknown. */
  readonly scheduledAt: number | undefined;
  /** Whether the kubelet has made the pod's sandbox with its network; undefined where the kubelet does not report it. */
  readonly hasSandbox: boolean | undefined;
  /** Since when the pod has no sandbox, in milliseconds since the epoch; undefined where it has one or the time is unknown. */
  readonly noSandboxSince: number | undefined;
  readonly controller: { readonly kind: string; readonly name: string } | undefined;
  /** Whether the pod has the annotation `sidecar.istio.io/status`, which injectors add to the pods that they change. */
  readonly hasInjectionStatus: boolean;
  /** The annotation `sidecar.istio.io/interceptionMode`; empty where absent. */
  readonly interceptionMode: string;
  /** `sidecar.istio.io/inject`: the label, else the annotation; empty where both are absent. */
  readonly inject: string;
  /** Only Istio's containers. */
  readonly containers: readonly IstioContainer[];
  /** Only Istio's init containers. Their order has no meaning. */
  readonly initContainers: readonly IstioContainer[];
  /** Names of the application's init containers whose traffic is redirected. */
  readonly redirectedInitContainers: readonly string[];
  /** Why traffic of the pod bypasses the proxy, one clause for each reason; empty where it does not. */
  readonly bypasses: readonly string[];
  /** The statuses of Istio's init containers. */
  readonly initStatuses: readonly InitStatus[];
  /** Whether istio-proxy is ready, as a native or a classic sidecar; undefined where the kubelet does not report it. */
  readonly proxyReady: boolean | undefined;
  /** Since when the pod has not been ready, in milliseconds since the epoch; undefined where it is ready or the time is unknown. */
  readonly unreadySince: number | undefined;
}

/** Reads a Pod or a pod template; undefined for a value that is not an object. Never throws. */
export function readPod(json: unknown): PodFacts | undefined {
  if (!isRecord(json)) return undefined;
  const metadata = at(json, "metadata");
  const annotations = at(metadata, "annotations");
  const isLeaving = isBeingDeleted(json) || textAt(annotations, "kubernetes.io/config.mirror") !== "";
  const spec = at(json, "spec");
  const status = at(json, "status");
  const labels = labelsOf(json);
  const initContainers = arrayAt(spec, "initContainers");
  const phase = textAt(status, "phase");
  return {
    namespace: textAt(metadata, "namespace"),
    name: textAt(metadata, "name"),
    labels,
    isExcluded: isLeaving || phase === "Succeeded" || phase === "Failed",
    hasFailed: !isLeaving && phase === "Failed",
    isRunning: phase === "Running",
    hostNetwork: booleanAt(spec, "hostNetwork") ?? false,
    nodeName: textAt(spec, "nodeName"),
    createdAt: momentAt(metadata, "creationTimestamp"),
    scheduledAt: conditionSince(status, "PodScheduled", "True"),
    hasSandbox: hasSandbox(status),
    noSandboxSince: conditionSince(status, "PodReadyToStartContainers", "False"),
    controller: readController(json),
    hasInjectionStatus: at(annotations, "sidecar.istio.io/status") !== undefined,
    interceptionMode: textAt(annotations, "sidecar.istio.io/interceptionMode"),
    inject: entry(labels, "sidecar.istio.io/inject") ?? textAt(annotations, "sidecar.istio.io/inject"),
    containers: istioContainers(arrayAt(spec, "containers")),
    initContainers: istioContainers(initContainers),
    redirectedInitContainers: redirectedInitContainers(spec, initContainers),
    bypasses: bypassReasons(spec, stringMapAt(metadata, "annotations"), isIstioContainer),
    initStatuses: arrayAt(status, "initContainerStatuses").filter(isIstioContainer).map(readInitStatus),
    proxyReady: proxyReady(status),
    unreadySince: conditionSince(status, "ContainersReady", "False"),
  };
}

/** Whether a pod has a container of Istio, injected or not. */
export function hasIstioContainer(pod: PodFacts): boolean {
  return pod.containers.length > 0 || pod.initContainers.length > 0;
}

/** Whether a pod has the init container by which it is redirected, or checked to be. */
export function hasRedirectingContainer({ initContainers }: PodFacts): boolean {
  return initContainers.some(({ name }) => name === ISTIO_INIT || name === ISTIO_VALIDATION);
}

function isIstioContainer(json: unknown): boolean {
  return ISTIO_CONTAINERS.includes(textAt(json, "name"));
}

function istioContainers(containers: readonly unknown[]): readonly IstioContainer[] {
  return containers.filter(isIstioContainer).map((container) => {
    const args = textsAt(container, "args");
    const securityContext = at(container, "securityContext");
    return {
      name: textAt(container, "name"),
      proxyType: args[0] === "proxy" ? (args[1] ?? SIDECAR) : SIDECAR,
      runsValidation: args.includes("--run-validation") || args.includes("--run-validation=true"),
      restartPolicy: textAt(container, "restartPolicy"),
      privileged: booleanAt(securityContext, "privileged") ?? false,
      addedCapabilities: textsAt(securityContext, "capabilities", "add"),
      droppedCapabilities: textsAt(securityContext, "capabilities", "drop"),
      disableEnvoy: environmentValue(container, "DISABLE_ENVOY"),
      interceptionMode: environmentValue(container, "ISTIO_META_INTERCEPTION_MODE"),
    };
  });
}

function environmentValue(container: unknown, name: string): string {
  // Where a name occurs twice, the kubelet uses the last value.
  return textAt(
    arrayAt(container, "env").findLast((variable) => textAt(variable, "name") === name),
    "value",
  );
}

function redirectedInitContainers(spec: unknown, initContainers: readonly unknown[]): readonly string[] {
  return initContainers
    .filter((container) => isRecord(container) && !isIstioContainer(container) && !runsAsProxy(container, spec))
    .map((container) => textAt(container, "name"));
}

/** The status of a native sidecar is in initContainerStatuses, that of a classic sidecar in containerStatuses. */
function proxyReady(status: unknown): boolean | undefined {
  const isProxy = (container: unknown): boolean => textAt(container, "name") === ISTIO_PROXY;
  return booleanAt(arrayAt(status, "initContainerStatuses").find(isProxy) ?? arrayAt(status, "containerStatuses").find(isProxy), "ready");
}

function condition(status: unknown, type: string): unknown {
  return arrayAt(status, "conditions").find((candidate) => textAt(candidate, "type") === type);
}

/** Since when a condition has this status, in milliseconds since the epoch; undefined where it has another. */
function conditionSince(status: unknown, type: string, wanted: "True" | "False"): number | undefined {
  const found = condition(status, type);
  return textAt(found, "status") === wanted ? momentAt(found, "lastTransitionTime") : undefined;
}

/** A pod gets its IP address with its sandbox. Kubernetes before 1.29 does not set the condition. */
function hasSandbox(status: unknown): boolean | undefined {
  const reported = textAt(condition(status, "PodReadyToStartContainers"), "status");
  if (reported === "False") return false;
  return reported === "True" || textAt(status, "podIP") !== "" ? true : undefined;
}

function readInitStatus(json: unknown): InitStatus {
  return {
    name: textAt(json, "name"),
    ended: readExit(at(json, "state", "terminated")),
    lastEnded: readExit(at(json, "lastState", "terminated")),
    waitingReason: textAt(json, "state", "waiting", "reason"),
    restartCount: numberAt(json, "restartCount") ?? 0,
  };
}

function readExit(terminated: unknown): Exit | undefined {
  const exitCode = numberAt(terminated, "exitCode");
  return exitCode === undefined ? undefined : { exitCode, finishedAt: momentAt(terminated, "finishedAt") };
}
