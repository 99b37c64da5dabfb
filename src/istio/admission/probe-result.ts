/** The admission probe: which namespaces are probed, and what the API server's answer means. */
import { CNI_CHAINING, type PodState, type RedirectionMechanism } from "../../contract.ts";
import { type InjectionRules, type NamespaceInjection } from "../injection/injection-rules.ts";
import { readPod } from "../pods/pod.ts";
import { podState } from "../pods/pod-state.ts";
import { failingWebhook } from "./failing-webhook.ts";
import type { RefusalCause } from "./refusal-cause.ts";
import { readRefusal, type Refusal } from "./refusal.ts";
import { inScope, type NamespaceScope } from "../injection/namespace-scope.ts";
import { complianceOf } from "../pods/pod-compliance.ts";
import { isSystemNamespace } from "../injection/system-namespaces.ts";
import type { Right } from "../../lib/errors.ts";
import type { Observed } from "../../lib/observed.ts";
import type { NamespaceFacts } from "../kubernetes-facts.ts";

/** The result of the probe in one namespace. */
export interface ProbeFacts {
  readonly namespace: string;
  readonly outcome: ProbeOutcome;
  /** Warnings of policies in warn mode. */
  readonly warnings: readonly string[];
}

/** One round of the admission probe. */
export interface ProbeRound {
  /** Why no probe was sent, as a sentence; empty where probes were sent. With a reason the check does not apply. */
  readonly skipReason: string;
  readonly answers: readonly ProbeFacts[];
  /** How many namespaces were not probed because of {@link MAX_PROBES}. */
  readonly leftOut: number;
}

/** How many namespaces a run probes. Each probe is a request, or with a run command a part of one command line. */
export const MAX_PROBES = 50;

/** The API server's answer to the dry run. */
export type ProbeAnswer =
  | { readonly accepted: true; readonly object: unknown; readonly warnings: readonly string[] }
  | {
      readonly accepted: false;
      /** HTTP status; undefined where no answer came. */
      readonly status: number | undefined;
      readonly message: string;
      readonly remedy: string;
      /** The right whose lack is the reason. */
      readonly missing?: Right | undefined;
    };

/** The meaning of an answer. */
export type ProbeOutcome =
  /** The pod would be stored with this state; `injection` explains why a pod was not injected. */
  | { readonly kind: "admitted"; readonly state: PodState; readonly injection: NamespaceInjection }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  /** The injector did not answer: no pod of the namespace can be created. */
  | { readonly kind: "injector-failed"; readonly message: string }
  /** The identity may not create pods. */
  | { readonly kind: "not-allowed"; readonly message: string; readonly remedy: string; readonly missing?: Right | undefined }
  /** A webhook with side effects refuses dry runs. */
  | { readonly kind: "cannot-dry-run"; readonly message: string }
  /** Any other result without information about redirection, such as no answer or a namespace that is being deleted. */
  | { readonly kind: "unanswered"; readonly message: string; readonly remedy: string };

/** The namespaces to probe: those in scope that exist. Where namespaces could not be read, the ones that the input names. AKS' own are excluded. */
export function probeTargets(
  namespaces: Observed<readonly NamespaceFacts[]>,
  scope: NamespaceScope,
  rules: InjectionRules,
): { readonly namespaces: readonly string[]; readonly leftOut: number } {
  const names = namespaces.seen ? namespaces.value.map(({ name }) => name).filter(inScope(scope, rules)) : scope.named;
  const all = names.filter((name) => !isSystemNamespace(name)).sort();
  return { namespaces: all.slice(0, MAX_PROBES), leftOut: Math.max(0, all.length - MAX_PROBES) };
}

/** Reads an answer. Never throws: an answer that cannot be read is `unanswered`. */
export function readProbe(namespace: string, answer: ProbeAnswer, rules: InjectionRules): ProbeFacts {
  return { namespace, outcome: outcomeOf(namespace, answer, rules), warnings: answer.accepted ? answer.warnings : [] };
}

function outcomeOf(namespace: string, answer: ProbeAnswer, rules: InjectionRules): ProbeOutcome {
  if (answer.accepted) {
    const pod = readPod(answer.object);
    if (pod === undefined) return { kind: "unanswered", message: "the answer is not a pod.", remedy: "" };
    // A projection of the answer may lack the namespace, which the rules need.
    return { kind: "admitted", state: podState({ ...pod, namespace }, rules), injection: rules.injectionIn(namespace) };
  }
  const { status, message, remedy, missing } = answer;
  if (/cannot create resource "pods"/.test(message)) return { kind: "not-allowed", message, remedy, missing };
  const failing = failingWebhook(message);
  if (failing !== undefined) return failing.isInjector ? { kind: "injector-failed", message } : { kind: "unanswered", message, remedy };
  if (status === 400) return { kind: "cannot-dry-run", message };
  const isRefusal = status === 403 || status === 422;
  return isRefusal && !isUnrelatedToPod(message) ? { kind: "refused", refusal: readRefusal(message) } : { kind: "unanswered", message, remedy };
}

/** Whether a refusal has a cause outside the pod. Source: kubernetes/kubernetes, admission of namespaces and service accounts. */
function isUnrelatedToPod(message: string): boolean {
  return /because it is being terminated|error looking up service account|no API token found/.test(message);
}

/** Whether a new pod would be redirected by the mechanism. */
export function provesRedirection({ outcome }: ProbeFacts, mechanism: RedirectionMechanism): boolean {
  return outcome.kind === "admitted" && complianceOf(outcome.state, mechanism) === "compliant";
}

/** Whether a new pod would be refused, be redirected by another mechanism, or not be redirected. */
export function disprovesRedirection({ outcome }: ProbeFacts, mechanism: RedirectionMechanism): boolean {
  switch (outcome.kind) {
    case "admitted":
      return complianceOf(outcome.state, mechanism) !== "compliant";
    case "refused":
      return outcome.refusal.refusesRedirection || isSafeguardRefusal(outcome.refusal);
    case "injector-failed":
      return true;
    case "not-allowed":
    case "cannot-dry-run":
    case "unanswered":
      return false;
  }
}

/** The probe pod satisfies these policies, so a refusal is about what was injected, unless it is about the namespace or names other containers. */
function isSafeguardRefusal({ source, policy, causes }: Refusal): boolean {
  if (causes.every((cause) => cause === "protected-namespace" || cause === "application")) return false;
  return source === "PodSecurity" || (source === "ValidatingAdmissionPolicy" && policy.startsWith("aks-managed-"));
}

/** What a switch to CNI chaining does not change. */
const LASTING_CAUSES: readonly RefusalCause[] = ["proxy-privileges", "seccomp", "image", "istio-container"];

/** Whether a failed probe may succeed soon after a switch, once the injector has reloaded its configuration. */
export function mayResolveAfterSwitch(facts: ProbeFacts, mechanism: RedirectionMechanism): boolean {
  if (!disprovesRedirection(facts, mechanism)) return false;
  const { outcome } = facts;
  // A switch changes what is injected, not the policies. Only what CNI chaining injects satisfies them.
  if (outcome.kind === "refused") return mechanism === CNI_CHAINING && !outcome.refusal.causes.some((cause) => LASTING_CAUSES.includes(cause));
  if (outcome.kind !== "admitted") return true;
  return complianceOf(outcome.state, mechanism) === "stale" || outcome.injection.kind === "on";
}

/** Whether the probe of any namespace proves injection and admission; false where the probes were not observed. */
export function anyProbeProves(round: Observed<ProbeRound>, mechanism: RedirectionMechanism): boolean {
  return round.seen && round.value.answers.some((facts) => provesRedirection(facts, mechanism));
}
