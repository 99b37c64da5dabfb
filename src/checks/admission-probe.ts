import { type CheckId, CNI_CHAINING, type PodState } from "../contract.ts";
import { disprovesRedirection, MAX_PROBES, type ProbeFacts, provesRedirection } from "../istio/admission/probe-result.ts";
import { describeFault, failingWebhook } from "../istio/admission/failing-webhook.ts";
import { describeSource } from "../istio/admission/refusal.ts";
import type { Goal } from "../istio/goal.ts";
import { describeInjection, lacksWebhook, type NamespaceInjection } from "../istio/injection/injection-rules.ts";
import { MESH_NAMESPACE } from "../istio/kubernetes-facts.ts";
import type { Snapshot } from "../istio/observation.ts";
import { podsProvingRedirection } from "../istio/pods/pod-census.ts";
import { isOfIstioInit } from "../istio/workloads/refused-by-admission.ts";
import { count } from "../lib/plural.ts";
import { type CheckInfo, type CheckResult, fail, observed, pass, skip, unobserved, unverifiable, warn } from "./check-result.ts";
import { PRIVILEGES_REMEDY } from "./remedies.ts";
import { injectorRemedy, refusalRemedy, type RefusedWith, webhookRemedy } from "./refusal-remedies.ts";

/** Whether a new pod would be admitted and redirected by the mechanism of the goal. A dry-run pod in each namespace shows it. */
export function admissionProbe(snapshot: Snapshot, goal: Goal): CheckResult {
  const isCni = goal.mechanism === CNI_CHAINING;
  const check: CheckInfo = {
    id: "admission-probe",
    title: isCni ? "Admission lets injected pods in, without istio-init" : "Admission lets injected pods in, with istio-init",
  };
  const probes = observed(snapshot, "probes");
  if (!probes.seen) return unverifiable(check, probes);
  const { skipReason, answers, leftOut } = probes.value;
  if (skipReason !== "") return unobserved(check, skipReason);
  if (answers.length === 0) return skip(check, "No namespace has injection on, so no probe was sent.");

  const disproving = answers.filter((facts) => disprovesRedirection(facts, goal.mechanism));
  const proving = answers.filter((facts) => provesRedirection(facts, goal.mechanism));
  const refused = answers.filter((facts) => facts.outcome.kind === "refused" && !disproving.includes(facts));
  const inconclusive = answers.filter((facts) => ![...disproving, ...proving, ...refused].includes(facts));
  const describe = (facts: ProbeFacts): string => describeOutcome(facts, snapshot, goal);
  const evidence = [
    ...[...disproving, ...refused, ...inconclusive].map(describe),
    ...answers.flatMap(({ namespace, warnings }) => warnings.map((warning) => `${namespace}: warning: ${oneLine(warning)}`)),
    ...(leftOut > 0 ? [`${count(leftOut, "more namespace")} not probed: a run probes at most ${MAX_PROBES}`] : []),
  ];
  const [firstDisproving] = disproving;
  if (firstDisproving !== undefined) {
    const more = disproving.length > 1 ? `; also failing: ${count(disproving.length - 1, "more namespace")}` : "";
    const result = {
      title: titleOf(disproving),
      explainedBy: disproving.map((facts) => explanationOf(facts, snapshot, goal)),
      evidence,
      remedy: remedyFor(disproving, snapshot, goal),
    };
    // A pod template can set a profile for the whole pod, which the probe does not do. Running pods show that such pods are admitted.
    if (disproving.every(lacksOnlySeccomp) && isProvenByPods(snapshot, goal)) {
      return warn(check, `${describe(firstDisproving)}${more}. Pods that set a seccompProfile for the whole pod are not refused.`, result);
    }
    return fail(check, `${describe(firstDisproving)}${more}.`, result);
  }
  const [firstRefused] = refused;
  if (firstRefused !== undefined) {
    const more = refused.length > 1 ? `; also refused: ${count(refused.length - 1, "more namespace")}` : "";
    const result = warn(check, `${describe(firstRefused)}${more}. The reason is unrelated to redirection.`, {
      title: "Admission refuses the probe for another reason than redirection",
      evidence,
      remedy: `The refused probe shows nothing about redirection.\n${remedyForUnrelated(refused, goal)}`,
    });
    return { ...result, unverifiable: proving.length === 0 && !isProvenByPods(snapshot, goal), unobserved: true };
  }
  if (proving.length > 0) {
    const injected = isCni ? "istio-validation and no istio-init" : "istio-init";
    const more = inconclusive.length > 0 ? `; ${count(inconclusive.length, "more namespace")} could not be probed` : "";
    // A finding about a namespace without an answer may still hold, so the drift issue has to stay open.
    return { ...pass(check, `Admission accepts new pods, injected with ${injected}, in ${count(proving.length, "namespace")}${more}.`, { evidence }), unobserved: inconclusive.some(({ outcome }) => outcome.kind !== "cannot-dry-run") };
  }
  const [firstInconclusive] = inconclusive;
  if (firstInconclusive === undefined) return skip(check, "No probe was sent.", { evidence });
  const why = `${describe(firstInconclusive)}.`;
  const remedy = remedyForInconclusive(firstInconclusive);
  return isProvenByPods(snapshot, goal) ? unobserved(check, why, { evidence, remedy }) : unverifiable(check, { why, remedy, missing: firstInconclusive.outcome.kind === "not-allowed" ? firstInconclusive.outcome.missing : undefined });
}

/** Whether running pods prove redirection (see pods-redirected). Then a probe without an answer leaves nothing undecided. */
function isProvenByPods(snapshot: Snapshot, goal: Goal): boolean {
  const pods = observed(snapshot, "pods");
  return pods.seen && podsProvingRedirection(pods.value, goal.mechanism) > 0;
}

function lacksOnlySeccomp({ outcome }: ProbeFacts): boolean {
  return outcome.kind === "refused" && outcome.refusal.causes.every((cause) => cause === "seccomp");
}

/** The outcome in one namespace, as one line without a full stop. */
function describeOutcome({ namespace, outcome }: ProbeFacts, snapshot: Snapshot, goal: Goal): string {
  switch (outcome.kind) {
    case "admitted":
      return `${namespace}: ${describeAdmitted(outcome.state, outcome.injection, snapshot, goal)}`;
    case "refused":
      return `${namespace}: ${describeSource(outcome.refusal)} refuses the pod: ${oneLine(outcome.refusal.reason)}`;
    case "injector-failed":
      return `${namespace}: the injector does not answer, so no pod can be created${faultOf(outcome.message)}: ${oneLine(outcome.message)}`;
    case "not-allowed":
      return `${namespace}: the identity may not send the probe: ${oneLine(outcome.message)}`;
    case "cannot-dry-run":
      return `${namespace}: admission does not support the dry run: ${oneLine(outcome.message)}`;
    case "unanswered":
      return `${namespace}: the probe got no usable answer: ${oneLine(outcome.message)}`;
  }
}

function describeAdmitted(state: PodState, injection: NamespaceInjection, snapshot: Snapshot, goal: Goal): string {
  const isCni = goal.mechanism === CNI_CHAINING;
  switch (state) {
    case "cni":
      return isCni ? "a new pod gets istio-validation" : "a new pod still relies on the CNI agent";
    case "legacy-init":
      return isCni ? "a new pod still gets istio-init" : "a new pod gets istio-init";
    default:
      if (isBadlyInjected(state)) return `a new pod is injected in a way that does not work (${state})`;
      return `a new pod is not injected: ${whyNotInjected(injection, snapshot)}`;
  }
}

function whyNotInjected(injection: NamespaceInjection, snapshot: Snapshot): string {
  if (lacksWebhook(injection, snapshot.cluster.mesh.revisions)) return `${injectorWebhook(injection.revision)}, the webhook of the installed revision, does not exist`;
  switch (injection.kind) {
    case "on":
      return `the injector of ${injection.revision} selects the pod but did not inject it`;
    case "maybe-tag":
      // An injector that serves the label would have injected the pod.
      return describeInjection({ ...injection, kind: "dangling" });
    case "absent":
    case "unseen":
      return "no injector selects it";
    default:
      return describeInjection(injection);
  }
}

function injectorWebhook(revision: string): string {
  return `MutatingWebhookConfiguration istio-sidecar-injector-${revision}-${MESH_NAMESPACE}`;
}

function refusalsOf(answers: readonly ProbeFacts[]): readonly RefusedWith[] {
  return answers.flatMap(({ outcome }) => (outcome.kind === "refused" ? [{ refusal: outcome.refusal, causes: outcome.refusal.causes, message: outcome.refusal.reason }] : []));
}

/** `Admission refuses injected pods`, by the most severe outcome. */
function titleOf(disproving: readonly ProbeFacts[]): string {
  const outcomes = disproving.map(({ outcome }) => outcome);
  if (outcomes.some(({ kind }) => kind === "injector-failed")) return "The injector does not answer";
  if (outcomes.some(({ kind }) => kind === "refused")) return "Admission refuses injected pods";
  return outcomes.every((outcome) => outcome.kind === "admitted" && isInjected(outcome.state)) ? "New pods get the wrong redirection" : "New pods are not injected correctly";
}

/** The checks of which an outcome is a consequence while they fail. */
function explanationOf({ outcome }: ProbeFacts, snapshot: Snapshot, { mechanism }: Goal): readonly CheckId[] {
  if (outcome.kind === "refused") {
    // Another mechanism adds other containers: with CNI chaining, nothing of istio-init is left to refuse.
    const { causes } = outcome.refusal;
    const isOfMechanism = causes.some(isOfIstioInit) && causes.every((cause) => isOfIstioInit(cause) || cause === "application");
    return mechanism === CNI_CHAINING && isOfMechanism ? ["injector-configured", "cni-chaining-enabled"] : [];
  }
  if (outcome.kind !== "admitted") return [];
  if (isInjected(outcome.state)) return ["injector-configured", "cni-chaining-enabled"];
  if (lacksWebhook(outcome.injection, snapshot.cluster.mesh.revisions)) return ["injector-configured"];
  return ["not-injected", "dangling-revision", "out-of-mesh"].includes(outcome.state) ? ["namespaces-labelled"] : [];
}

/** Whether a pod was injected as one of the two mechanisms does it. */
function isInjected(state: PodState): boolean {
  return state === "cni" || state === "legacy-init";
}

/** Whether an injector changed a pod, but not so that redirection works. Its namespace has the right labels. */
function isBadlyInjected(state: PodState): boolean {
  return state === "conflicting" || state === "malformed" || state === "privileged-proxy";
}

/** What to do about refusals that say nothing about redirection. The probe has a container of its own, which a policy may refuse. */
function remedyForUnrelated(refused: readonly ProbeFacts[], { mechanism }: Goal): string {
  const isOfProbe = refused.every(({ outcome }) => outcome.kind === "refused" && outcome.refusal.causes.every((cause) => cause === "application"));
  return isOfProbe ? "The policy refuses the container of the probe itself. Allow its image, or set probe to false." : refusalRemedy(refusalsOf(refused), mechanism, "");
}

/** One line for each kind of outcome. */
function remedyFor(disproving: readonly ProbeFacts[], snapshot: Snapshot, goal: Goal): string {
  const outcomes = disproving.map(({ outcome }) => outcome);
  const steps: string[] = [];
  if (outcomes.some((outcome) => outcome.kind === "admitted" && isInjected(outcome.state))) {
    steps.push("Wait some minutes after a switch. If it does not change, see cni-chaining-enabled and injector-configured.");
  }
  const notInjected = outcomes.filter((outcome) => outcome.kind === "admitted").filter(({ state }) => !isInjected(state));
  if (notInjected.some(({ injection }) => lacksWebhook(injection, snapshot.cluster.mesh.revisions))) {
    steps.push("The webhook of an installed revision is missing: see injector-configured.");
  }
  if (notInjected.some(({ state, injection }) => !isBadlyInjected(state) && !lacksWebhook(injection, snapshot.cluster.mesh.revisions))) {
    steps.push("Correct the labels of the namespace: see namespaces-labelled.");
  }
  if (notInjected.some(({ state }) => state === "privileged-proxy")) steps.push(PRIVILEGES_REMEDY);
  if (notInjected.some(({ state }) => state === "conflicting" || state === "malformed")) steps.push("Remove custom templates and overrides of the injector.");
  const refusals = refusalsOf(disproving);
  if (refusals.length > 0) steps.push(refusalRemedy(refusals, goal.mechanism, "Otherwise exempt Istio's containers from the policy."));
  const unanswered = outcomes.flatMap((outcome) => (outcome.kind === "injector-failed" ? [outcome.message] : []));
  if (unanswered.length > 0) steps.push(injectorRemedy(unanswered));
  return steps.join("\n");
}

function remedyForInconclusive({ outcome }: ProbeFacts): string {
  switch (outcome.kind) {
    case "not-allowed":
      return `${outcome.remedy} Or set probe to false.`.trim();
    case "unanswered":
      return webhookRemedy([outcome.message]) || outcome.remedy;
    case "cannot-dry-run":
      return "A webhook of this cluster does not support dry runs. Set its sideEffects to None, or set probe to false.";
    case "admitted":
    case "refused":
    case "injector-failed":
      return "";
  }
}

/** ` (its service does not exist)`; empty where the message does not say why. */
function faultOf(message: string): string {
  const webhook = failingWebhook(message);
  return webhook === undefined || webhook.fault === "unknown" ? "" : ` (${describeFault(webhook)})`;
}

/** A message of the API server as part of a sentence. */
function oneLine(message: string): string {
  return message.replace(/\s+/g, " ").trim().replace(/\.$/, "");
}
