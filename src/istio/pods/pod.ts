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
  textAt,
  textsAt,
} from "../../lib/json.ts";
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
  readonly restartCount: number;
}

export interface PodFacts {
  readonly namespace: string;
  readonly name: string;
  readonly labels: StringMap;
  /** Whether the pod is being deleted, has finished, or mirrors a static pod. A census leaves such pods out, because admission does not see them again. */
  readonly isExcluded: boolean;
  readonly hostNetwork: boolean;
  readonly nodeName: string;
  /** Milliseconds since the epoch; undefined where it is unknown. */
  readonly createdAt: number | undefined;
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
  /** The statuses of Istio's init containers. */
  readonly initStatuses: readonly InitStatus[];
  /** Whether istio-proxy is ready, as a native or a classic sidecar; undefined where the kubelet does not report it. */
  readonly proxyReady: boolean | undefined;
  /** Since when the pod has not been ready, in milliseconds since the epoch; undefined where it is ready or the time is unknown. */
  readonly unreadySince: number | undefined;
}

/** The user of the proxy, whose traffic is never redirected. Source: Istio's documentation of the CNI plugin. */
const PROXY_USER = 1337;

/** Reads a Pod or a pod template; undefined for a value that is not an object. Never throws. */
export function readPod(json: unknown): PodFacts | undefined {
  if (!isRecord(json)) return undefined;
  const metadata = at(json, "metadata");
  const annotations = at(metadata, "annotations");
  const spec = at(json, "spec");
  const status = at(json, "status");
  const labels = labelsOf(json);
  const initContainers = arrayAt(spec, "initContainers");
  const phase = textAt(status, "phase");
  return {
    namespace: textAt(metadata, "namespace"),
    name: textAt(metadata, "name"),
    labels,
    isExcluded:
      isBeingDeleted(json) ||
      phase === "Succeeded" ||
      phase === "Failed" ||
      textAt(annotations, "kubernetes.io/config.mirror") !== "",
    hostNetwork: booleanAt(spec, "hostNetwork") ?? false,
    nodeName: textAt(spec, "nodeName"),
    createdAt: momentAt(metadata, "creationTimestamp"),
    controller: readController(json),
    hasInjectionStatus: at(annotations, "sidecar.istio.io/status") !== undefined,
    interceptionMode: textAt(annotations, "sidecar.istio.io/interceptionMode"),
    inject: entry(labels, "sidecar.istio.io/inject") ?? textAt(annotations, "sidecar.istio.io/inject"),
    containers: istioContainers(arrayAt(spec, "containers")),
    initContainers: istioContainers(initContainers),
    redirectedInitContainers: redirectedInitContainers(spec, initContainers),
    initStatuses: arrayAt(status, "initContainerStatuses").filter(isIstioContainer).map(readInitStatus),
    proxyReady: proxyReady(status),
    unreadySince: unreadySince(status),
  };
}

/** Whether a pod has a container of Istio, injected or not. */
export function hasIstioContainer(pod: PodFacts): boolean {
  return pod.containers.length > 0 || pod.initContainers.length > 0;
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
  const podUser = numberAt(spec, "securityContext", "runAsUser");
  return initContainers
    .filter((container) => isRecord(container) && !isIstioContainer(container))
    .filter((container) => (numberAt(container, "securityContext", "runAsUser") ?? podUser) !== PROXY_USER)
    .map((container) => textAt(container, "name"));
}

/** The status of a native sidecar is in initContainerStatuses, that of a classic sidecar in containerStatuses. */
function proxyReady(status: unknown): boolean | undefined {
  const isProxy = (container: unknown): boolean => textAt(container, "name") === ISTIO_PROXY;
  return booleanAt(arrayAt(status, "initContainerStatuses").find(isProxy) ?? arrayAt(status, "containerStatuses").find(isProxy), "ready");
}

function unreadySince(status: unknown): number | undefined {
  const unready = arrayAt(status, "conditions").find((condition) => textAt(condition, "type") === "ContainersReady" && textAt(condition, "status") === "False");
  return momentAt(unready, "lastTransitionTime");
}

function readInitStatus(json: unknown): InitStatus {
  return {
    name: textAt(json, "name"),
    ended: readExit(at(json, "state", "terminated")),
    lastEnded: readExit(at(json, "lastState", "terminated")),
    restartCount: numberAt(json, "restartCount") ?? 0,
  };
}

function readExit(terminated: unknown): Exit | undefined {
  const exitCode = numberAt(terminated, "exitCode");
  return exitCode === undefined ? undefined : { exitCode, finishedAt: momentAt(terminated, "finishedAt") };
}
