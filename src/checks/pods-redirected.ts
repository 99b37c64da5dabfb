import { type CheckId, CNI_CHAINING, INIT_CONTAINERS, POD_STATES, type PodState, type RedirectionMechanism } from "../contract.ts";
import { anyProbeProves } from "../istio/admission/probe-result.ts";
import type { Goal } from "../istio/goal.ts";
import { nodesWithReadyAgent } from "../istio/kubernetes-facts.ts";
import type { Snapshot } from "../istio/observation.ts";
import { type PodCensus, podsProvingRedirection } from "../istio/pods/pod-census.ts";
import { complianceOf } from "../istio/pods/pod-compliance.ts";
import { count } from "../lib/plural.ts";
import { type CheckInfo, type CheckResult, type Explanations, fail, observed, pass, skip, unverifiable, warn } from "./check-result.ts";
import { AGENT_LOG, POD_EVENTS, podWarnings, type PodWarning } from "./pod-warnings.ts";
import { PRIVILEGES_REMEDY } from "./remedies.ts";

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
    return fail(check, `Redirection is broken in ${broken.message}.`, {
      title: `${count(broken.pods, "pod")} ${broken.pods === 1 ? "is" : "are"} not redirected correctly`,
      explainedBy: explanationsOf(pods.value, snapshot, mechanism),
      evidence: broken.evidence,
      remedy: remedyFor(pods.value, isCni),
    });
  }
  const isProbeProof = anyProbeProves(observed(snapshot, "probes"), mechanism);
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
  const warnings = podWarnings(census, CNI_CHAINING);
  if (effective === 0 && pending + census.stuck["no-sandbox"] > 0) {
    return warn(check, `No pod with CNI chaining has passed istio-validation yet; pending: ${count(pending + census.stuck["no-sandbox"], "pod")}.`, {
      title: "No pod is redirected by the CNI agent yet",
      evidence: warnings.flatMap(({ evidence }) => evidence),
      remedy: ["Wait for the pods to start, then check again.", ...warnings.map(({ remedy }) => remedy)].join("\n"),
    });
  }
  if (effective === 0) {
    const legacy = census.byState["legacy-init"] ?? 0;
    const rest = legacy > 0 ? `; ${count(legacy, "pod")} still ${legacy === 1 ? "uses" : "use"} istio-init` : "";
    return notVerified(check, `No pod uses CNI chaining yet${rest}.`, isProbeProof, CNI_CHAINING);
  }
  if (warnings.length > 0) return warnOf(check, `Redirection works in ${count(effective, "pod")}`, warnings);
  const waiting = pending > 0 ? `; not yet past istio-validation: ${count(pending, "more pod")}` : "";
  return pass(check, `Redirection works in ${count(effective, "pod")}${waiting}.`);
}

function evaluateInitContainers(check: CheckInfo, census: PodCensus, isProbeProof: boolean): CheckResult {
  const redirected = podsProvingRedirection(census, INIT_CONTAINERS);
  if (redirected > 0) {
    const message = `Redirection works in ${count(redirected, "pod")} with istio-init`;
    const warnings = podWarnings(census, INIT_CONTAINERS);
    return warnings.length > 0 ? warnOf(check, message, warnings) : pass(check, `${message}.`);
  }
  const remaining = (census.byState.cni ?? 0) + (census.byState["privileged-proxy"] ?? 0);
  if (remaining === 0) return notVerified(check, "No pod uses istio-init yet.", isProbeProof, INIT_CONTAINERS);
  return warn(check, `No pod uses istio-init yet; ${count(remaining, "pod")} still ${remaining === 1 ? "relies" : "rely"} on the CNI agent.`, {
    title: "No pod is redirected by istio-init yet",
    remedy: "Restart the workloads: see workloads-current.",
  });
}

/** Redirection works in pods, but not all is well. */
function warnOf(check: CheckInfo, message: string, warnings: readonly PodWarning[]): CheckResult {
  return warn(check, `${message}, but ${warnings.map(({ clause }) => clause).join("; ")}.`, {
    title: `${message}, with warnings`,
    evidence: warnings.flatMap(({ evidence }) => evidence),
    remedy: warnings.map(({ remedy }) => remedy).join("\n"),
  });
}

/** The pods in which redirection is broken, counted by state; the message is empty where there are none. */
function findBroken(census: PodCensus, mechanism: RedirectionMechanism): { readonly message: string; readonly pods: number; readonly evidence: readonly string[] } {
  const isCni = mechanism === CNI_CHAINING;
  const states = POD_STATES.filter((state) => complianceOf(state, mechanism) === "broken");
  const counts = [
    ...(isCni ? brokenCni(census) : []),
    ...states.map((state) => ({ label: state, pods: census.byState[state] ?? 0 })),
  ];
  const listed: ReadonlySet<PodState> = new Set<PodState>(isCni ? [...states, "cni"] : states);
  return {
    message: counts
      .filter(({ pods }) => pods > 0)
      .map(({ label, pods }) => `${count(pods, "pod")} (${label})`)
      .join(", "),
    pods: counts.reduce((sum, { pods }) => sum + pods, 0),
    evidence: census.offenders.filter(({ state }) => listed.has(state)).map(({ namespace, name, detail }) => `${namespace}/${name}: ${detail}`),
  };
}

/** Pods of state `cni` that are not redirected. Only with an event of Istio's plugin is a missing sandbox known to be the mesh's doing. */
function brokenCni({ redirection, stuck, failedByPlugin }: PodCensus): readonly { readonly label: string; readonly pods: number }[] {
  return [
    { label: "not-programmed", pods: redirection.notProgrammed },
    { label: "no sandbox", pods: failedByPlugin > 0 ? stuck["no-sandbox"] : 0 },
    { label: "istio-validation not started", pods: stuck["not-started"] },
    { label: "istio-validation fails", pods: stuck["validation-fails"] },
    { label: "failed for good", pods: stuck.failed },
  ];
}

/**
 * The checks that explain each kind of broken pod. Where the agent is not ready on the nodes of all pods that it should have redirected,
 * that explains them, unless no node of theirs is known; pods whose image cannot be pulled have another cause.
 */
function explanationsOf(census: PodCensus, snapshot: Snapshot, mechanism: RedirectionMechanism): Explanations {
  const { redirection, stuck, failedByPlugin, brokenOnNodes, byState } = census;
  const broken = redirection.notProgrammed + stuck["validation-fails"] + stuck.failed + (failedByPlugin > 0 ? stuck["no-sandbox"] : 0);
  const others = POD_STATES.filter((state) => complianceOf(state, mechanism) === "broken" && state !== "dangling-revision");
  const parts: (readonly CheckId[])[] = [];
  const isOfAgent = brokenOnNodes.length > 0 && brokenOnNodes.every(lacksAgent(snapshot));
  if (mechanism === CNI_CHAINING && broken > 0) parts.push(isOfAgent ? ["cni-daemonset-ready", "cni-covers-nodes", "cni-chaining-enabled"] : []);
  if (mechanism === CNI_CHAINING && stuck["not-started"] > 0) parts.push([]);
  if ((byState["dangling-revision"] ?? 0) > 0) parts.push(["namespaces-labelled"]);
  if (others.some((state) => (byState[state] ?? 0) > 0)) parts.push([]);
  return parts;
}

/** Whether the agent is not ready on a node; false where that could not be observed. */
function lacksAgent(snapshot: Snapshot): (node: string) => boolean {
  const daemonSet = observed(snapshot, "daemonSet");
  const pods = observed(snapshot, "agentPods");
  const ready = daemonSet.seen && pods.seen ? nodesWithReadyAgent(daemonSet.value, pods.value) : undefined;
  return (node) => ready !== undefined && !ready.has(node);
}

/** One line for each kind of finding. */
function remedyFor({ byState, redirection, stuck, failedByPlugin }: PodCensus, isCni: boolean): string {
  const steps: string[] = [];
  if (isCni && redirection.notProgrammed > 0) steps.push(`Read the log of the CNI agent on the pod's node, then delete the pod.`, ...AGENT_LOG);
  if (isCni && failedByPlugin > 0) steps.push("Pods without a sandbox: read the events of the pod, and the log of the CNI agent on its node:", POD_EVENTS, ...AGENT_LOG);
  if (isCni && stuck["not-started"] > 0) steps.push("Pods whose istio-validation has not started: read the events of the pod. Often the image cannot be pulled.", POD_EVENTS);
  if (isCni && stuck["validation-fails"] > 0) {
    steps.push("Pods whose istio-validation fails: read its log, and that of the CNI agent on the pod's node:", "kubectl --namespace NAMESPACE logs POD --container istio-validation --previous", ...AGENT_LOG);
  }
  if (isCni && stuck.failed > 0) steps.push("Pods that failed for good: read the log of the CNI agent on the pod's node, delete the pod, and recreate its Job: the agent repairs only pods that restart.", ...AGENT_LOG);
  if ((byState["dangling-revision"] ?? 0) > 0) {
    steps.push("Label the namespace with an installed revision: see namespaces-labelled.");
  }
  if ((byState["privileged-proxy"] ?? 0) > 0) {
    steps.push(PRIVILEGES_REMEDY);
  }
  if ((byState.conflicting ?? 0) + (byState.malformed ?? 0) + (byState.unknown ?? 0) > 0) {
    steps.push("Remove custom templates, overrides and manually injected containers, then restart the workloads.");
  }
  return [...new Set(steps)].join("\n");
}
