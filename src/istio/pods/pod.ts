/** A pod, reduced to what the rules look at, so that the pod itself can be forgotten. */
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

/** The type of proxy that runs beside an application. */
export const SIDECAR = "sidecar";

/** A container of Istio's. Texts are empty and lists are too where the specification is silent. */
export interface IstioContainer {
  readonly name: string;
  /** What the agent's command line, `proxy <type>`, makes of istio-proxy: a `sidecar` unless it says something else. */
  readonly proxyType: string;
  /** `--run-validation`: it checks that traffic is redirected. */
  readonly runsValidation: boolean;
  readonly restartPolicy: string;
  readonly privileged: boolean;
  readonly addedCapabilities: readonly string[];
  readonly droppedCapabilities: readonly string[];
  /** Values of the environment variables the rules ask for; absent ones are empty. */
  readonly disableEnvoy: string;
  readonly interceptionMode: string;
}

/** How a container last ended. */
interface Exit {
  readonly exitCode: number;
  /** Milliseconds since the epoch; undefined where the kubelet does not say. */
  readonly finishedAt: number | undefined;
}

/** What became of an init container so far. */
interface InitStatus {
  readonly name: string;
  /** The end of its current run; undefined while it waits or runs. */
  readonly ended: Exit | undefined;
  /** The end of the run before. */
  readonly lastEnded: Exit | undefined;
  readonly restartCount: number;
}

export interface PodFacts {
  readonly namespace: string;
  readonly name: string;
  readonly labels: StringMap;
  /** Is being deleted, has run to its end, or mirrors a static pod: nothing that admission will see again. */
  readonly isPast: boolean;
  readonly hostNetwork: boolean;
  readonly nodeName: string;
  /** Milliseconds since the epoch; undefined where it is not known. */
  readonly createdAt: number | undefined;
  readonly controller: { readonly kind: string; readonly name: string } | undefined;
  /** The annotation `sidecar.istio.io/status`, with which an injector signs its work. */
  readonly isSigned: boolean;
  /** The annotation `sidecar.istio.io/interceptionMode`; empty where absent. */
  readonly interceptionMode: string;
  /** `sidecar.istio.io/inject`, where the label beats the annotation; empty where neither is there. */
  readonly inject: string;
  /** Only Istio's own. */
  readonly containers: readonly IstioContainer[];
  /** Only Istio's own, in no meaningful order. */
  readonly initContainers: readonly IstioContainer[];
  /** Init containers of the application's that send their traffic where redirection points. */
  readonly redirectedAppInits: readonly string[];
  /** Only Istio's own. */
  readonly initStatuses: readonly InitStatus[];
  /** Whether istio-proxy is ready, in whichever form it runs; undefined where the kubelet does not say. */
  readonly proxyReady: boolean | undefined;
  /** Since when the pod has not been ready, in milliseconds since the epoch; undefined where it is, or nobody says. */
  readonly unreadySince: number | undefined;
}

/** Traffic of this user is never redirected: it is the proxy's own. Source: Istio's documentation of the CNI plugin. */
const PROXY_USER = 1337;

/** Reads a Pod (or a pod template, which has metadata and spec too); undefined for what is not an object. Never throws. */
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
    isPast:
      isBeingDeleted(json) ||
      phase === "Succeeded" ||
      phase === "Failed" ||
      textAt(annotations, "kubernetes.io/config.mirror") !== "",
    hostNetwork: booleanAt(spec, "hostNetwork") ?? false,
    nodeName: textAt(spec, "nodeName"),
    createdAt: momentAt(metadata, "creationTimestamp"),
    controller: readController(json),
    isSigned: at(annotations, "sidecar.istio.io/status") !== undefined,
    interceptionMode: textAt(annotations, "sidecar.istio.io/interceptionMode"),
    inject: entry(labels, "sidecar.istio.io/inject") ?? textAt(annotations, "sidecar.istio.io/inject"),
    containers: istioContainers(arrayAt(spec, "containers")),
    initContainers: istioContainers(initContainers),
    redirectedAppInits: redirectedAppInits(spec, initContainers),
    initStatuses: arrayAt(status, "initContainerStatuses").filter(isIstioContainer).map(readInitStatus),
    proxyReady: proxyReady(status),
    unreadySince: unreadySince(status),
  };
}

/** Whether a pod has any container of Istio's, whoever put it there. */
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
      disableEnvoy: environment(container, "DISABLE_ENVOY"),
      interceptionMode: environment(container, "ISTIO_META_INTERCEPTION_MODE"),
    };
  });
}

function environment(container: unknown, name: string): string {
  // A name that is there twice means its last value, to the kubelet and so to us.
  return textAt(
    arrayAt(container, "env").findLast((variable) => textAt(variable, "name") === name),
    "value",
  );
}

function redirectedAppInits(spec: unknown, initContainers: readonly unknown[]): readonly string[] {
  const podUser = numberAt(spec, "securityContext", "runAsUser");
  return initContainers
    .filter((container) => isRecord(container) && !isIstioContainer(container))
    .filter((container) => (numberAt(container, "securityContext", "runAsUser") ?? podUser) !== PROXY_USER)
    .map((container) => textAt(container, "name"));
}

/** A native sidecar's status is among the init containers', a classic one's among the containers'. */
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
