import { CNI_CHAINING, INIT_CONTAINERS, POD_STATES, type PodState, type RedirectionMechanism } from "../contract.ts";
import { anyProbeProves } from "../istio/admission/probe-result.ts";
import type { Goal } from "../istio/goal.ts";
import type { Snapshot } from "../istio/observation.ts";
import { type PodCensus, podsProvingRedirection } from "../istio/pods/pod-census.ts";
import { complianceOf } from "../istio/pods/pod-compliance.ts";
import { count } from "../lib/plural.ts";
import { type CheckInfo, type CheckResult, fail, observed, pass, skip, unverifiable, warn } from "./check-result.ts";
import { AGENT_LOG, POD_EVENTS, podWarnings, type PodWarning } from "./pod-warnings.ts";

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
    return fail(check, `Redirection is broken in ${broken.message}.`, { evidence: broken.evidence, remedy: remedyFor(pods.value, isCni) });
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
      evidence: warnings.flatMap(({ evidence }) => evidence),
      remedy: ["Wait for the pods to start, then check again.", ...warnings.map(({ remedy }) => remedy)].join("\n"),
    });
  }
  if (effective === 0) {
    const legacy = census.byState["legacy-init"] ?? 0;
    const rest = legacy > 0 ? `; ${count(legacy, "pod")} still use istio-init` : "";
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
  return warn(check, `No pod uses istio-init yet; ${count(remaining, "pod")} still rely on the CNI agent.`, {
    remedy: "Restart the workloads: see workloads-current.",
  });
}

/** Redirection works in pods, but not all is well. */
function warnOf(check: CheckInfo, message: string, warnings: readonly PodWarning[]): CheckResult {
  return warn(check, `${message}, but ${warnings.map(({ clause }) => clause).join("; ")}.`, {
    evidence: warnings.flatMap(({ evidence }) => evidence),
    remedy: warnings.map(({ remedy }) => remedy).join("\n"),
  });
}

/** The pods in which redirection is broken, counted by state; the message is empty where there are none. */
function findBroken(census: PodCensus, mechanism: RedirectionMechanism): { readonly message: string; readonly evidence: readonly string[] } {
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

/** One line for each kind of finding. */
function remedyFor({ byState, redirection, stuck, failedByPlugin }: PodCensus, isCni: boolean): string {
  const steps: string[] = [];
  if (isCni && redirection.notProgrammed > 0) steps.push(`Read ${AGENT_LOG}, then delete the pod.`);
  if (isCni && failedByPlugin > 0) steps.push(`Pods without a sandbox: read ${POD_EVENTS} and ${AGENT_LOG}.`);
  if (isCni && stuck["not-started"] > 0) steps.push(`Pods whose istio-validation has not started: read ${POD_EVENTS}; often the image cannot be pulled.`);
  if (isCni && stuck["validation-fails"] > 0) {
    steps.push(`Pods whose istio-validation fails: read its log (kubectl -n NAMESPACE logs POD -c istio-validation --previous) and ${AGENT_LOG}.`);
  }
  if (isCni && stuck.failed > 0) steps.push(`Pods that failed for good: read ${AGENT_LOG}, delete the pod, and recreate its Job: the agent repairs only pods that restart.`);
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
