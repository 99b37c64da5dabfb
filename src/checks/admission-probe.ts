import { CNI_CHAINING } from "../contract.ts";
import type { NamespaceInjection } from "../istio/injection/injection-rules.ts";
import type { Snapshot } from "../istio/observation.ts";
import { isDisproof, isProof, MAX_PROBES, type ProbeFacts, type ProbeRound } from "../istio/admission/probe-result.ts";
import { provenPods } from "../istio/pods/redirection-proof.ts";
import { describeGate } from "../istio/admission/refusal.ts";
import { count, fail, type CheckResult, observed, pass, skip, type CheckInfo, unverifiable, warn } from "./check-result.ts";
import type { Goal } from "../istio/goal.ts";

/** Whether a pod made now would be let in, and redirected the way that is wanted: asked of admission itself with a dry run. */
export function admissionProbe(snapshot: Snapshot, goal: Goal): CheckResult {
  const isCni = goal.mechanism === CNI_CHAINING;
  const subject: CheckInfo = {
    id: "admission-probe",
    title: isCni ? "Admission lets injected pods in, without istio-init" : "Admission lets injected pods in, with istio-init",
  };
  const look = observed(snapshot, (seen) => seen.probes);
  if (!look.seen) return unverifiable(subject, look);
  const { notAsked, answers, leftOut } = look.value;
  if (notAsked !== "") return skip(subject, notAsked);
  if (answers.length === 0) return skip(subject, "No namespace has injection on, so there is nothing to ask admission about.");

  const bad = answers.filter((facts) => isDisproof(facts, goal.mechanism));
  const good = answers.filter((facts) => isProof(facts, goal.mechanism));
  const refused = answers.filter((facts) => facts.outcome.kind === "refused" && !bad.includes(facts));
  const silent = answers.filter((facts) => !bad.includes(facts) && !good.includes(facts) && !refused.includes(facts));
  const evidence = [...[...bad, ...refused, ...silent].map((facts) => describe(facts, goal)), ...warningsOf(answers), ...aside(leftOut)];
  const [worst] = bad;
  if (worst !== undefined) {
    return fail(subject, `${describe(worst, goal)}${bad.length > 1 ? `; ${count(bad.length - 1, "more namespace")} ${bad.length > 2 ? "fail" : "fails"} too` : ""}.`, {
      evidence,
      remedy: remedyFor(bad, goal),
    });
  }
  const [other] = refused;
  if (other !== undefined) {
    const checkResult = warn(subject, `${describe(other, goal)}${refused.length > 1 ? `; ${count(refused.length - 1, "more namespace")}` : ""}, for reasons other than redirection.`, {
      evidence,
      remedy: "The probe pod was refused before it could prove anything. Follow the message, or leave it: quotas and other policies are not this action's business.",
    });
    return { ...checkResult, unverifiable: good.length === 0 && !isProven(snapshot, goal) };
  }
  if (good.length > 0) {
    const rest = silent.length > 0 ? `; ${count(silent.length, "more namespace")} could not be asked` : "";
    return pass(subject, `A pod made now would be injected with ${redirector(goal)} and let in, in ${count(good.length, "namespace")}${rest}.`, { evidence });
  }
  return unasked(subject, silent, evidence, snapshot, goal);
}

/** Nothing was answered. That leaves something open only where no pod that runs proves redirection: see pods-redirected. */
function unasked(subject: CheckInfo, silent: readonly ProbeFacts[], evidence: readonly string[], snapshot: Snapshot, goal: Goal): CheckResult {
  const [first] = silent;
  if (first === undefined) return skip(subject, "Admission was not asked.", { evidence });
  const why = `${describe(first, goal)}.`;
  const remedy = remedyOf(first);
  return isProven(snapshot, goal) ? skip(subject, why, { evidence, remedy }) : unverifiable(subject, { why, remedy });
}

/** Whether pods that run prove redirection: then it does not take the probe. */
function isProven(snapshot: Snapshot, goal: Goal): boolean {
  const pods = observed(snapshot, (seen) => seen.pods);
  return pods.seen && provenPods(pods.value, goal.mechanism) > 0;
}

function redirector(goal: Goal): string {
  return goal.mechanism === CNI_CHAINING ? "istio-validation, and without istio-init," : "istio-init";
}

/** One namespace's answer, in a line without a full stop. */
function describe({ namespace, outcome }: ProbeFacts, goal: Goal): string {
  switch (outcome.kind) {
    case "admitted":
      return `${namespace}: ${describeAdmitted(outcome.state, outcome.injection, goal)}`;
    case "refused":
      return `${namespace}: ${describeGate(outcome.refusal)} refuses the pod: ${line(outcome.refusal.reason)}`;
    case "injector-failed":
      return `${namespace}: the injector does not answer, so no pod can be made: ${line(outcome.message)}`;
    case "not-allowed":
      return `${namespace}: the identity may not ask: ${line(outcome.message)}`;
    case "cannot-dry-run":
      return `${namespace}: admission cannot be asked with a dry run: ${line(outcome.message)}`;
    case "unanswered":
      return `${namespace}: admission gave no usable answer: ${line(outcome.message)}`;
  }
}

function describeAdmitted(state: string, injection: NamespaceInjection, goal: Goal): string {
  const isCni = goal.mechanism === CNI_CHAINING;
  switch (state) {
    case "cni":
      return isCni ? "a pod made now is injected with istio-validation" : "a pod made now still relies on the CNI node agent";
    case "legacy-init":
      return isCni ? "a pod made now still gets istio-init" : "a pod made now gets istio-init";
    case "conflicting":
    case "malformed":
    case "privileged-proxy":
      return `a pod made now is injected in a way that does not work (${state})`;
    default:
      return `a pod made now is not injected: ${whyNot(injection)}`;
  }
}

function whyNot(injection: NamespaceInjection): string {
  switch (injection.kind) {
    case "on":
      return `the injector of ${injection.revision} should take it and did not`;
    case "unlabelled":
      return "the namespace has no label istio.io/rev";
    case "switched-off":
      return `the label istio-injection=${injection.value} switches injection off`;
    case "dangling":
    case "maybe-tag":
      return `istio.io/rev=${injection.revision} is served by no injector`;
    case "excluded":
      return `the injector of ${injection.revision} leaves this namespace out by a further selector`;
    case "absent":
    case "unseen":
      return "no injector takes it";
  }
}

/** What to do, one line for each kind of trouble. */
function remedyFor(bad: readonly ProbeFacts[], goal: Goal): string {
  const kinds = bad.map(({ outcome }) => outcome);
  const isCni = goal.mechanism === CNI_CHAINING;
  const steps = [
    kinds.some((outcome) => outcome.kind === "admitted" && (outcome.state === "cni" || outcome.state === "legacy-init")) &&
      "Wait some minutes after a switch; if it stays so, see cni-chaining-enabled and injector-configured.",
    kinds.some((outcome) => outcome.kind === "admitted" && outcome.state !== "cni" && outcome.state !== "legacy-init") &&
      "Give the namespace the label that its message asks for: see namespaces-labelled.",
    kinds.some(({ kind }) => kind === "refused") &&
      (isCni
        ? "Make sure that CNI chaining is on and the injector configured: what it injects needs neither NET_ADMIN nor NET_RAW. Else exempt Istio's containers from the policy."
        : "Admission on this cluster refuses istio-init: only CNI chaining works here."),
    kinds.some(({ kind }) => kind === "injector-failed") && "Look at istiod: kubectl -n aks-istio-system get pods; its webhook must answer within seconds.",
  ];
  return steps.filter((step) => step !== false).join("\n");
}

function remedyOf({ outcome }: ProbeFacts): string {
  switch (outcome.kind) {
    case "not-allowed":
      return `${outcome.remedy} Or set probe to false.`.trim();
    case "unanswered":
      return outcome.remedy;
    case "cannot-dry-run":
      return "A webhook of this cluster refuses dry runs: give it sideEffects None, or set probe to false.";
    case "admitted":
    case "refused":
    case "injector-failed":
      return "";
  }
}

function warningsOf(answers: ProbeRound["answers"]): readonly string[] {
  return answers.flatMap(({ namespace, warnings }) => warnings.map((warning) => `${namespace}: warned: ${line(warning)}`));
}

function aside(leftOut: number): readonly string[] {
  return leftOut > 0 ? [`${count(leftOut, "more namespace")} not probed: a run probes ${MAX_PROBES}`] : [];
}

/** A message of somebody else's as part of a sentence. */
function line(message: string): string {
  return message.replace(/\s+/g, " ").trim().replace(/\.$/, "");
}
