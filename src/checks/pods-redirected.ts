import { CNI_CHAINING, INIT_CONTAINERS, POD_STATES, type PodState, type RedirectionMechanism } from "../contract.ts";
import { namespacesProvingRedirection } from "../istio/admission/probe-result.ts";
import type { Goal } from "../istio/goal.ts";
import { MESH_NAMESPACE } from "../istio/kubernetes-facts.ts";
import type { Snapshot } from "../istio/observation.ts";
import { type PodCensus, podsProvingRedirection } from "../istio/pods/pod-census.ts";
import { complianceOf } from "../istio/pods/pod-compliance.ts";
import { count } from "../lib/plural.ts";
import { type CheckInfo, type CheckResult, fail, observed, pass, skip, unverifiable, warn } from "./check-result.ts";

/** Whether pods are redirected by the mechanism of the goal. Only a pod in which redirection works proves it: no pods, no proof. */
export function podsRedirected(snapshot: Snapshot, goal: Goal): CheckResult {
  const { mechanism } = goal;
  const isCni = mechanism === CNI_CHAINING;
  const check: CheckInfo = {
    id: "pods-redirected",
    title: isCni ? "Pods are redirected by the CNI agent" : "Pods are redirected by istio-init",
  };
  const pods = observed(snapshot, "pods");
  if (!pods.seen) return unverifiable(check, pods);
  const broken = findBroken(pods.value, mechanism);
  if (broken.message !== "") {
    return fail(check, `Redirection is broken in ${broken.message}.`, { evidence: broken.evidence, remedy: remedyFor(pods.value) });
  }
  const isProbeProof = namespacesProvingRedirection(observed(snapshot, "probes"), mechanism).length > 0;
  return isCni ? evaluateCni(check, pods.value, isProbeProof) : evaluateInitContainers(check, pods.value, isProbeProof);
}

/** The result where no pod proves redirection. */
function notVerified(check: CheckInfo, message: string, isProbeProof: boolean, mechanism: RedirectionMechanism): CheckResult {
  if (!isProbeProof) return skip(check, `${message} Redirection is not verified.`);
  const limit = mechanism === CNI_CHAINING ? ", but not that the CNI agent redirects traffic" : "";
  return skip(check, `${message} The admission probe proves injection and admission${limit}.`);
}

function evaluateCni(check: CheckInfo, census: PodCensus, isProbeProof: boolean): CheckResult {
  const { pending } = census.redirection;
  const effective = podsProvingRedirection(census, CNI_CHAINING);
  if (effective === 0 && pending > 0) {
    return warn(check, `No pod with CNI chaining has passed istio-validation yet; pending: ${count(pending, "pod")}.`, {
      remedy: "Wait for the pods to start, then check again.",
    });
  }
  if (effective === 0) {
    const legacy = census.byState["legacy-init"] ?? 0;
    const rest = legacy > 0 ? `; ${count(legacy, "pod")} still use istio-init` : "";
    return notVerified(check, `No pod uses CNI chaining yet${rest}.`, isProbeProof, CNI_CHAINING);
  }
  if (census.withoutReadyProxy.count > 0) return warnOfMissingProxy(check, census);
  if (census.initContainersWithoutNetwork.count > 0) return warnOfLostNetwork(check, census);
  const waiting = pending > 0 ? `; not yet past istio-validation: ${count(pending, "more pod")}` : "";
  return pass(check, `Redirection works in ${count(effective, "pod")}${waiting}.`);
}

function evaluateInitContainers(check: CheckInfo, census: PodCensus, isProbeProof: boolean): CheckResult {
  const redirected = podsProvingRedirection(census, INIT_CONTAINERS);
  if (redirected > 0) return pass(check, `Redirection works in ${count(redirected, "pod")} with istio-init.`);
  const remaining = (census.byState.cni ?? 0) + (census.byState["privileged-proxy"] ?? 0);
  if (remaining === 0) return notVerified(check, "No pod uses istio-init yet.", isProbeProof, INIT_CONTAINERS);
  return warn(check, `No pod uses istio-init yet; ${count(remaining, "pod")} still rely on the CNI agent.`, {
    remedy: "Restart the workloads: see workloads-current.",
  });
}

function warnOfMissingProxy(check: CheckInfo, { redirection, withoutReadyProxy, initContainersWithoutNetwork }: PodCensus): CheckResult {
  const { count: affected, examples } = withoutReadyProxy;
  const withoutNetwork = initContainersWithoutNetwork.count;
  return warn(check, `${worksIn(redirection)}, but istio-proxy has not been ready for minutes in ${count(affected, "pod")}: traffic redirected to it fails.`, {
    evidence: [
      ...examples.map(({ namespace, name }) => `${namespace}/${name}: istio-proxy is not ready`),
      ...beyond(affected, examples),
      ...(withoutNetwork > 0 ? [`init containers of the application in ${count(withoutNetwork, "pod")} run before the classic sidecar and have no network`] : []),
    ],
    remedy: "Often istiod cannot be reached. See the proxy's log: kubectl -n <namespace> logs <pod> -c istio-proxy",
  });
}

function warnOfLostNetwork(check: CheckInfo, { redirection, initContainersWithoutNetwork }: PodCensus): CheckResult {
  const { count: affected, examples } = initContainersWithoutNetwork;
  return warn(check, `${worksIn(redirection)}, but the application's init containers of ${count(affected, "pod")} have no network.`, {
    evidence: [
      "Their traffic is redirected to a classic sidecar, which starts after them.",
      ...examples.map(({ namespace, name, containers }) => `${namespace}/${name}: ${containers.join(", ")}`),
      ...beyond(affected, examples),
    ],
    remedy:
      'Use native sidecars (annotation sidecar.istio.io/nativeSidecar: "true"), ' +
      "or run those init containers as user 1337.",
  });
}

function worksIn({ effective }: PodCensus["redirection"]): string {
  return `Redirection works in ${count(effective, "pod")}`;
}

function beyond(affected: number, examples: readonly unknown[]): readonly string[] {
  return affected > examples.length ? [`and ${count(affected - examples.length, "more pod")}`] : [];
}

/** The pods in which redirection is broken, counted by state; the message is empty where there are none. */
function findBroken(census: PodCensus, mechanism: RedirectionMechanism): { readonly message: string; readonly evidence: readonly string[] } {
  const isCni = mechanism === CNI_CHAINING;
  const states = POD_STATES.filter((state) => complianceOf(state, mechanism) === "broken");
  const counts = [
    { label: "not-programmed", pods: isCni ? census.redirection.notProgrammed : 0 },
    ...states.map((state) => ({ label: state, pods: census.byState[state] ?? 0 })),
  ];
  const listed: ReadonlySet<PodState> = new Set<PodState>(isCni ? [...states, "cni"] : states);
  return {
    message: counts
      .filter(({ pods }) => pods > 0)
      .map(({ label, pods }) => `${count(pods, "pod")} (${label})`)
      .join(", "),
    evidence: census.offenders.filter(({ state }) => listed.has(state)).map(({ namespace, name, detail }) => `${namespace}/${name}: ${detail}`),
  };
}

/** One line for each kind of finding. */
function remedyFor({ byState, redirection }: PodCensus): string {
  const steps: string[] = [];
  if (redirection.notProgrammed > 0) {
    const agents = `kubectl -n ${MESH_NAMESPACE} get pods -o wide`;
    steps.push(`Read the log of the CNI agent on the pod's node (${agents}), then delete the pod.`);
  }
  if ((byState["dangling-revision"] ?? 0) > 0) {
    steps.push("Label the namespace with an installed revision: see namespaces-labelled.");
  }
  if ((byState["privileged-proxy"] ?? 0) > 0) {
    steps.push("Remove the setting that gives Istio's containers privileges, such as interceptionMode TPROXY.");
  }
  if ((byState.conflicting ?? 0) + (byState.malformed ?? 0) + (byState.unknown ?? 0) > 0) {
    steps.push("Remove custom templates, overrides and manually injected containers, then restart the workloads.");
  }
  return steps.join("\n");
}
