/** The state of a pod in the mesh, and whether redirection works in it. */
import type { PodState } from "../../contract.ts";
import type { InjectionRules } from "../injection/injection-rules.ts";
import { type IstioContainer, ISTIO_INIT, ISTIO_PROXY, ISTIO_VALIDATION, type PodFacts, SIDECAR } from "./pod.ts";

/** How long, in milliseconds, the CNI agent may take to repair a pod before a failed validation counts as a failure. */
export const REPAIR_GRACE_MS = 120_000;

/**
 * How long, in milliseconds, a pod on a node may take until istio-validation passes. A new node pulls the proxy's image first, which
 * takes a minute or two.
 */
export const START_GRACE_MS = 5 * 60_000;

/** How long ago, in milliseconds, a pod may have failed for good to be reported. */
const FAILURE_AGE_MS = 24 * 3_600_000;

/** The exit code of istio-validation where it finds no redirection. Source: istio/istio, `istio-iptables`. */
const VALIDATION_FAILED = 126;

/** The capabilities that a container may add under the baseline Pod Security Standard. Source: Kubernetes documentation. */
const BASELINE_CAPABILITIES: ReadonlySet<string> = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

/** How istio-proxy runs. `malformed`: as an init container that must end before the pod can start. */
type ProxyForm = "native" | "classic" | "malformed";

/**
 * The state of a pod by its specification. The first rule that matches decides:
 *
 * | rule | the pod | and | state |
 * |---|---|---|---|
 * | 1 | uses the host network | | exempt |
 * | 2 | has istio-init | has istio-validation | conflicting |
 * | | | | legacy-init |
 * | 3 | has istio-validation | has no valid proxy, does not validate, or keeps a capability | malformed |
 * | | | an Istio container has privileges beyond the baseline | privileged-proxy |
 * | | | | cni |
 * | 4 | has istio-proxy | its type is not sidecar | gateway |
 * | | | has DISABLE_ENVOY | proxyless |
 * | | | has interception mode NONE | no-interception |
 * | | | | unknown |
 * | 5 | has none of these | has an injector's status annotation | custom-template |
 * | | | has inject=false | opted-out |
 * | | | has an `inject` that injectors of different versions read differently | out-of-mesh |
 * | | | a webhook selects it | not-injected |
 * | | | no injector serves its namespace's revision | dangling-revision |
 * | | | | out-of-mesh |
 *
 * Containers are identified by name, because their order differs between versions and sidecar forms.
 */
export function podState(pod: PodFacts, rules: InjectionRules): PodState {
  if (pod.hostNetwork) return "exempt";
  const validation = initContainer(pod, ISTIO_VALIDATION);
  if (initContainer(pod, ISTIO_INIT) !== undefined) return validation === undefined ? "legacy-init" : "conflicting";
  if (validation !== undefined) {
    if (malformations(pod, validation).length > 0) return "malformed";
    return privileges(pod).length > 0 ? "privileged-proxy" : "cni";
  }
  const proxy = istioProxy(pod);
  return proxy === undefined ? stateWithoutProxy(pod, rules) : stateOfProxyAlone(pod, proxy.container);
}

function stateOfProxyAlone(pod: PodFacts, proxy: IstioContainer): PodState {
  if (proxy.proxyType !== SIDECAR) return "gateway";
  if (isGoTrue(proxy.disableEnvoy)) return "proxyless";
  const mode = pod.interceptionMode || proxy.interceptionMode || "REDIRECT";
  return mode === "NONE" ? "no-interception" : "unknown";
}

function stateWithoutProxy(pod: PodFacts, rules: InjectionRules): PodState {
  if (pod.hasInjectionStatus) return "custom-template";
  if (pod.inject === "false") return "opted-out";
  if (!requestsOrAllowsInjection(pod.inject)) return "out-of-mesh";
  if (rules.selects(pod.namespace, pod.labels)) return "not-injected";
  return rules.danglingRevision(pod.namespace) === undefined ? "out-of-mesh" : "dangling-revision";
}

/**
 * Whether injectors of all versions inject a pod with this value of `sidecar.istio.io/inject`, where a webhook selects it. Older ones
 * inject for YAML's words for true only; newer ones accept `true` and `false`, and take any other value for none.
 */
function requestsOrAllowsInjection(inject: string): boolean {
  return ["", "true", "yes", "y", "on"].includes(inject.toLowerCase());
}

/** The container istio-proxy and its form; undefined where there is none. */
export function istioProxy(
  pod: PodFacts,
): { readonly form: ProxyForm; readonly container: IstioContainer } | undefined {
  const inits = pod.initContainers.filter((container) => container.name === ISTIO_PROXY);
  const native = inits.find((container) => container.restartPolicy === "Always");
  if (native !== undefined) return { form: "native", container: native };
  const classic = pod.containers.find((container) => container.name === ISTIO_PROXY);
  if (classic !== undefined) return { form: "classic", container: classic };
  const malformed = inits[0];
  return malformed === undefined ? undefined : { form: "malformed", container: malformed };
}

/** Why the CNI agent cannot redirect a pod with istio-validation; empty where it can. */
export function malformations(pod: PodFacts, validation = initContainer(pod, ISTIO_VALIDATION)): readonly string[] {
  if (validation === undefined) return [];
  const found: string[] = [];
  const proxy = istioProxy(pod);
  if (proxy === undefined) found.push("has no istio-proxy");
  if (proxy?.form === "malformed") found.push("istio-proxy is an init container without restartPolicy Always");
  if (!validation.runsValidation) found.push("istio-validation lacks --run-validation");
  if (!validation.droppedCapabilities.includes("ALL")) found.push("istio-validation does not drop ALL capabilities");
  if (validation.addedCapabilities.length > 0) {
    found.push(`istio-validation adds ${validation.addedCapabilities.join(", ")}`);
  }
  return found;
}

/** The privileges of Istio's containers beyond the baseline Pod Security Standard. */
export function privileges(pod: PodFacts): readonly string[] {
  const found: string[] = [];
  for (const { name, privileged, addedCapabilities } of [...pod.initContainers, ...pod.containers]) {
    const beyond = addedCapabilities.filter((capability) => !BASELINE_CAPABILITIES.has(capability));
    if (privileged) found.push(`${name} is privileged`);
    if (beyond.length > 0) found.push(`${name} adds ${beyond.join(", ")}`);
  }
  return found;
}

/**
 * Whether redirection works in a pod of state `cni`:
 *
 * - `effective`: istio-validation has passed;
 * - `not-programmed`: it found no redirection, and the CNI agent did not repair the pod within {@link REPAIR_GRACE_MS};
 * - `no-sandbox`: the kubelet has not made the pod's sandbox within {@link START_GRACE_MS}; the CNI plugins are part of that;
 * - `not-started`: istio-validation cannot start, or does not end, within {@link START_GRACE_MS};
 * - `validation-fails`: it has ended with another exit code, and the pod is older than {@link START_GRACE_MS};
 * - `failed`: the pod has failed for good, because it found no redirection;
 * - `pending`: none of these yet.
 */
export type Redirection = "effective" | "pending" | BrokenRedirection;
/** Why redirection does not work in a pod. */
export type BrokenRedirection = "not-programmed" | StuckReason;
/** Why a pod does not get as far as istio-validation's verdict, or not beyond it. */
export type StuckReason = "no-sandbox" | "not-started" | "validation-fails" | "failed";

/**
 * Whether redirection works in a pod of state `cni`.
 *
 * The grace period of a failed validation starts when istio-validation ended. After a restart of the container it starts at the pod's
 * creation, because each attempt has a new end. `now` is in milliseconds since the epoch.
 */
export function redirectionState(pod: PodFacts, now: number): Redirection {
  const status = validationStatus(pod);
  const exit = validationExit(pod);
  if (pod.hasFailed) return exit?.exitCode === VALIDATION_FAILED ? "failed" : "pending";
  const isOld = (since: number | undefined, grace: number): boolean => since !== undefined && now - since >= grace;
  const startedAt = pod.nodeName === "" ? undefined : (pod.scheduledAt ?? pod.createdAt);
  // A pod that worked loses its sandbox when its node restarts.
  if (pod.hasSandbox === false && isOld(startedAt, START_GRACE_MS) && isOld(pod.noSandboxSince ?? startedAt, START_GRACE_MS)) return "no-sandbox";
  if (status === undefined || exit === undefined) {
    if (pod.isRunning || !isOld(startedAt, START_GRACE_MS)) return "pending";
    return startProblem(pod.hasSandbox, status?.waitingReason);
  }
  if (exit.exitCode === 0) return "effective";
  const since = status.restartCount > 0 ? (pod.createdAt ?? exit.finishedAt) : (exit.finishedAt ?? pod.createdAt);
  if (exit.exitCode === VALIDATION_FAILED) return since === undefined || isOld(since, REPAIR_GRACE_MS) ? "not-programmed" : "pending";
  return isOld(since, START_GRACE_MS) ? "validation-fails" : "pending";
}

/** Why istio-validation of a pod that is not new has not run. */
function startProblem(hasSandbox: boolean | undefined, waitingReason: string | undefined): Redirection {
  const isWaitingForOthers = waitingReason === undefined || waitingReason === "PodInitializing" || waitingReason === "ContainerCreating";
  if (!isWaitingForOthers) return "not-started";
  // With a sandbox, an init container of the application that comes first has not ended: not a problem of the mesh.
  return hasSandbox === true ? "pending" : "no-sandbox";
}

/** Whether istio-validation of a pod has found no redirection. Within the grace period the CNI agent may still repair the pod. */
export function foundNoRedirection(pod: PodFacts): boolean {
  return validationExit(pod)?.exitCode === VALIDATION_FAILED;
}

/** When a pod failed for good because istio-validation found no redirection; undefined where it did not, or too long ago. */
export function failedValidationAt(pod: PodFacts, now: number): number | undefined {
  if (!pod.hasFailed || !foundNoRedirection(pod)) return undefined;
  const failedAt = validationExit(pod)?.finishedAt ?? pod.createdAt;
  return failedAt === undefined || now - failedAt > FAILURE_AGE_MS ? undefined : failedAt;
}

/** The status of istio-validation. */
export function validationStatus(pod: PodFacts): PodFacts["initStatuses"][number] | undefined {
  return pod.initStatuses.find((candidate) => candidate.name === ISTIO_VALIDATION);
}

/** The end of the latest run of istio-validation. */
export function validationExit(pod: PodFacts): { readonly exitCode: number; readonly finishedAt: number | undefined } | undefined {
  const status = validationStatus(pod);
  return status?.ended ?? status?.lastEnded;
}

/**
 * Whether istio-proxy has not been ready for {@link REPAIR_GRACE_MS}: traffic redirected to it then fails. `now` is in
 * milliseconds since the epoch.
 */
export function lacksReadyProxy(pod: PodFacts, now: number): boolean {
  if (pod.proxyReady !== false) return false;
  const since = pod.unreadySince ?? pod.createdAt;
  return since !== undefined && now - since >= REPAIR_GRACE_MS;
}

function initContainer(pod: PodFacts, name: string): IstioContainer | undefined {
  return pod.initContainers.find((container) => container.name === name);
}

/** The values that Go's strconv.ParseBool, which Istio uses, reads as true. */
function isGoTrue(text: string): boolean {
  return ["1", "t", "T", "true", "TRUE", "True"].includes(text);
}
