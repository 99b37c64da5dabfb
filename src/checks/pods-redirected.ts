import { CNI_CHAINING, INIT_CONTAINERS, POD_STATES, type PodState } from "../contract.ts";
import { MESH_NAMESPACE } from "../istio/kubernetes-facts.ts";
import type { PodCensus } from "../istio/pods/pod-census.ts";
import type { Snapshot } from "../istio/observation.ts";
import { provenNamespaces } from "../istio/admission/probe-result.ts";
import { provenPods } from "../istio/pods/redirection-proof.ts";
import { complianceOf } from "../istio/pods/pod-compliance.ts";
import { count, fail, type CheckResult, observed, pass, skip, type CheckInfo, unverifiable, warn } from "./check-result.ts";
import type { Goal } from "../istio/goal.ts";

/** Whether pods are redirected the way that is wanted. Only a pod in which it works is proof; having none is not. */
export function podsRedirected(snapshot: Snapshot, goal: Goal): CheckResult {
  const isCni = goal.mechanism === CNI_CHAINING;
  const subject: CheckInfo = {
    id: "pods-redirected",
    title: isCni ? "Pods are redirected by the CNI node agent" : "Pods are redirected by istio-init",
  };
  const look = observed(snapshot, (seen) => seen.pods);
  if (!look.seen) return unverifiable(subject, look);
  const broken = findBroken(look.value, goal);
  if (broken.message !== "") {
    return fail(subject, `Redirection is broken in ${broken.message}.`, {
      evidence: broken.evidence,
      remedy: remedyFor(look.value),
    });
  }
  const proven = provenNamespaces(
    observed(snapshot, (seen) => seen.probes),
    goal.mechanism,
  );
  return isCni ? evaluateCni(subject, look.value, proven) : evaluateInitContainers(subject, look.value, proven);
}

/** What there is to say where no pod proves anything. */
function noEvidence(subject: CheckInfo, message: string, proven: readonly string[], goal: Goal["mechanism"]): CheckResult {
  if (proven.length === 0) return skip(subject, `${message} That is no evidence either way.`);
  const agent = goal === CNI_CHAINING ? ", and not the node agent" : "";
  return skip(subject, `${message} The admission probe proves injection and admission${agent}.`);
}

function evaluateCni(subject: CheckInfo, census: PodCensus, proven: readonly string[]): CheckResult {
  const { pending } = census.running;
  const effective = provenPods(census, CNI_CHAINING);
  if (effective === 0 && pending > 0) {
    return warn(subject, `${count(pending, "pod")} with CNI chaining did not get past validation yet, and none has.`, {
      remedy: "Wait for the pods to start, then check again.",
    });
  }
  if (effective === 0) {
    const old = census.byState["legacy-init"] ?? 0;
    const rest = old > 0 ? `; ${count(old, "pod")} still use istio-init` : "";
    return noEvidence(subject, `No pod uses CNI chaining yet${rest}.`, proven, CNI_CHAINING);
  }
  if (census.withoutProxy.count > 0) return warnOfMissingProxy(subject, census);
  if (census.classicWithInit.count > 0) return warnOfLostNetwork(subject, census);
  const waiting = pending > 0 ? `; ${pending} more did not get past validation yet` : "";
  return pass(subject, `Redirection works in ${count(effective, "pod")}${waiting}.`);
}

function evaluateInitContainers(subject: CheckInfo, census: PodCensus, proven: readonly string[]): CheckResult {
  const right = provenPods(census, INIT_CONTAINERS);
  if (right > 0) return pass(subject, `${count(right, "pod")} redirect with istio-init.`);
  const old = (census.byState.cni ?? 0) + (census.byState["privileged-proxy"] ?? 0);
  if (old === 0) return noEvidence(subject, "No pod uses istio-init yet.", proven, INIT_CONTAINERS);
  return warn(subject, `No pod uses istio-init yet; ${count(old, "pod")} still rely on the CNI node agent.`, {
    remedy: "Restart the workloads: see workloads-current.",
  });
}

function warnOfMissingProxy(subject: CheckInfo, { running, withoutProxy, classicWithInit }: PodCensus): CheckResult {
  const { count: affected, sample } = withoutProxy;
  const works = `Redirection works in ${count(running.effective, "pod")}`;
  const lost = classicWithInit.count;
  return warn(subject, `${works}, but istio-proxy has not been ready for minutes in ${count(affected, "pod")}: their traffic goes nowhere.`, {
    evidence: [
      ...sample.map(({ namespace, name }) => `${namespace}/${name}: istio-proxy is not ready`),
      ...(affected > sample.length ? [`and ${affected - sample.length} more pods`] : []),
      ...(lost > 0 ? [`the application's init containers of ${count(lost, "pod")} run before a classic sidecar does, and have no network`] : []),
    ],
    remedy: "Look at the proxy's log: kubectl -n <namespace> logs <pod> -c istio-proxy; often istiod cannot be reached.",
  });
}

function warnOfLostNetwork(subject: CheckInfo, { running, classicWithInit }: PodCensus): CheckResult {
  const { count: affected, sample } = classicWithInit;
  const works = `Redirection works in ${count(running.effective, "pod")}`;
  return warn(subject, `${works}, but the application's init containers of ${count(affected, "pod")} have no network.`, {
    evidence: [
      "They run before a classic sidecar does, and are redirected to it already.",
      ...sample.map(({ namespace, name, containers }) => `${namespace}/${name}: ${containers.join(", ")}`),
      ...(affected > sample.length ? [`and ${affected - sample.length} more pods`] : []),
    ],
    remedy:
      'Use native sidecars (annotation sidecar.istio.io/nativeSidecar: "true"), ' +
      "or run those init containers as user 1337.",
  });
}

function findBroken(census: PodCensus, goal: Goal): { readonly message: string; readonly evidence: readonly string[] } {
  const isCni = goal.mechanism === CNI_CHAINING;
  const states = POD_STATES.filter((state) => complianceOf(state, goal.mechanism) === "wrong");
  const parts = states
    .map((state) => ({ state, pods: census.byState[state] ?? 0 }))
    .filter(({ pods }) => pods > 0)
    .map(({ state, pods }) => `${count(pods, "pod")} (${state})`);
  if (isCni && census.running.notProgrammed > 0) {
    parts.unshift(`${count(census.running.notProgrammed, "pod")} (not-programmed)`);
  }
  const told: ReadonlySet<PodState> = new Set<PodState>(isCni ? [...states, "cni"] : states);
  const offenders = census.offenders.filter((offender) => told.has(offender.state));
  return {
    message: parts.join(", "),
    evidence: offenders.map(({ namespace, name, detail }) => `${namespace}/${name}: ${detail}`),
  };
}

/** What to do, one line for each kind of trouble. */
function remedyFor({ byState, running }: PodCensus): string {
  const steps: string[] = [];
  if (running.notProgrammed > 0) {
    const agents = `kubectl -n ${MESH_NAMESPACE} get pods -o wide`;
    steps.push(`Look at the node agent's log on the pod's node (${agents}), then delete the pod.`);
  }
  if ((byState["dangling-revision"] ?? 0) > 0) {
    steps.push("Give the namespace an installed revision: see namespaces-labelled.");
  }
  if ((byState["privileged-proxy"] ?? 0) > 0) {
    steps.push("Remove what gives Istio's containers privileges, such as interceptionMode TPROXY.");
  }
  if ((byState.conflicting ?? 0) + (byState.malformed ?? 0) + (byState.unknown ?? 0) > 0) {
    steps.push("Remove custom templates, overrides and hand-injected containers, then restart the workloads.");
  }
  return steps.join("\n");
}
