/** What pods-redirected warns of where redirection works: traffic that fails, that bypasses the proxy, or that may not be redirected. */
import { CNI_CHAINING, type RedirectionMechanism } from "../contract.ts";
import { CNI_DAEMONSET, MESH_NAMESPACE } from "../istio/kubernetes-facts.ts";
import type { PodCensus } from "../istio/pods/pod-census.ts";
import { count } from "../lib/plural.ts";

/** One thing to warn of: a clause that follows `but`, and what to do about it. */
export interface PodWarning {
  readonly clause: string;
  readonly evidence: readonly string[];
  readonly remedy: string;
}

/** The commands that show the agents with their nodes, and the log of one. It says why the agent did not redirect a pod. */
export const AGENT_LOG: readonly string[] = [
  `kubectl --namespace ${MESH_NAMESPACE} get pods --selector k8s-app=${CNI_DAEMONSET} --output wide`,
  `kubectl --namespace ${MESH_NAMESPACE} logs AGENT_POD --all-containers --tail 50`,
];
/** The command that shows the events of a pod, in which the kubelet reports why it could not start it. */
export const POD_EVENTS = "kubectl --namespace NAMESPACE describe pod POD";

/** All warnings about the pods, the most severe first. */
export function podWarnings(census: PodCensus, mechanism: RedirectionMechanism): readonly PodWarning[] {
  const ofAgent = mechanism === CNI_CHAINING ? [awaitingRepair(census), withoutSandbox(census), missingProxy(census), lostNetwork(census), failedBefore(census)] : [];
  return [...ofAgent, bypassing(census)].filter((warning) => warning !== undefined);
}

/** Pods that the CNI agent has not repaired yet. One look cannot tell a repair to come from pods that it deletes again and again. */
function awaitingRepair({ awaitingRepair: { count: affected, examples } }: PodCensus): PodWarning | undefined {
  if (affected === 0) return undefined;
  return {
    clause: `istio-validation has found no redirection in ${count(affected, "young pod")}`,
    evidence: [
      ...examples.map(({ namespace, name, owner }) => `${namespace}/${name} (${owner.kind} ${owner.name}): istio-validation ended with exit code 126; the CNI agent may still repair the pod`),
      ...beyond(affected, examples),
    ],
    remedy: ["Check again in some minutes. If there are such pods again, the agent deletes them again and again: read the log of the CNI agent on the pod's node.", ...AGENT_LOG].join("\n"),
  };
}

/** Without an event of Istio's plugin, the cause may be a volume, an address, or another plugin. */
function withoutSandbox({ stuck, failedByPlugin, offenders }: PodCensus): PodWarning | undefined {
  const affected = stuck["no-sandbox"];
  if (affected === 0 || failedByPlugin > 0) return undefined;
  return {
    clause: `${count(affected, "pod")} ${affected === 1 ? "has" : "have"} had no sandbox for minutes`,
    evidence: offenders.filter(({ state }) => state === "cni").map(({ namespace, name, detail }) => `${namespace}/${name}: ${detail}`),
    remedy: ["Read the events of the pod. If they name the plugin istio-cni, read the log of the CNI agent on the pod's node:", POD_EVENTS, ...AGENT_LOG].join("\n"),
  };
}

function missingProxy({ withoutReadyProxy: { count: affected, examples } }: PodCensus): PodWarning | undefined {
  if (affected === 0) return undefined;
  return {
    clause: `istio-proxy has not been ready for minutes in ${count(affected, "pod")}: traffic redirected to it fails`,
    evidence: [...examples.map(({ namespace, name }) => `${namespace}/${name}: istio-proxy is not ready`), ...beyond(affected, examples)],
    remedy: "Often istiod cannot be reached. See the proxy's log:\nkubectl --namespace NAMESPACE logs POD --container istio-proxy --tail 50",
  };
}

function lostNetwork({ initContainersWithoutNetwork: { count: affected, examples } }: PodCensus): PodWarning | undefined {
  if (affected === 0) return undefined;
  return {
    clause: `the application's init containers of ${count(affected, "pod")} have no network`,
    evidence: [
      "Traffic of init containers is redirected to a classic sidecar, which starts after them.",
      ...examples.map(({ namespace, name, containers }) => `${namespace}/${name}: ${containers.join(", ")}`),
      ...beyond(affected, examples),
    ],
    remedy: 'Use native sidecars (annotation sidecar.istio.io/nativeSidecar: "true"), or run those init containers as user 1337.',
  };
}

function failedBefore({ failedBefore: { count: affected, examples } }: PodCensus): PodWarning | undefined {
  if (affected === 0) return undefined;
  return {
    clause: `${count(affected, "pod")} failed for good before it did`,
    evidence: [
      ...examples.map(({ namespace, name }) => `${namespace}/${name}: istio-validation found no redirection; pods that started on its node later are redirected`),
      ...beyond(affected, examples),
    ],
    remedy: "Recreate the Jobs that have not run since, and delete the failed pods.",
  };
}

function bypassing({ bypassing: { count: affected, examples } }: PodCensus): PodWarning | undefined {
  if (affected === 0) return undefined;
  return {
    clause: `traffic of ${count(affected, "pod")} bypasses istio-proxy`,
    evidence: [...examples.map(({ namespace, name, why }) => `${namespace}/${name}: ${why}`), ...beyond(affected, examples)],
    remedy: "Run the application as another user and group than 1337, and remove annotations traffic.sidecar.istio.io/* that exclude all traffic.",
  };
}

function beyond(affected: number, examples: readonly unknown[]): readonly string[] {
  return affected > examples.length ? [`and ${count(affected - examples.length, "more pod")}`] : [];
}
