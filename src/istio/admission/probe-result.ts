/** The admission probe: in which namespaces it is asked, and what an answer means. */
import { CNI_CHAINING, type PodState, type RedirectionMechanism } from "../../contract.ts";
import { type InjectionRules, type NamespaceInjection } from "../injection/injection-rules.ts";
import { readPod } from "../pods/pod.ts";
import { podState } from "../pods/pod-state.ts";
import { readRefusal, type Refusal } from "./refusal.ts";
import { inScope, type NamespaceScope } from "../injection/namespace-scope.ts";
import { complianceOf } from "../pods/pod-compliance.ts";
import { isSystemNamespace } from "../injection/system-namespaces.ts";
import type { Observed } from "../../lib/observed.ts";
import type { NamespaceFacts } from "../kubernetes-facts.ts";

/** What admission said to the probe in one namespace. */
export interface ProbeFacts {
  readonly namespace: string;
  readonly outcome: ProbeOutcome;
  /** What policies in warn mode said. */
  readonly warnings: readonly string[];
}

/** One round of the admission probe. */
export interface ProbeRound {
  /** Why admission was not asked, as a sentence; empty where it was. There is nothing to judge then, and nothing left open. */
  readonly notAsked: string;
  readonly answers: readonly ProbeFacts[];
  /** Namespaces that were not probed because there were too many. */
  readonly leftOut: number;
}

/** How many namespaces a run probes: each is a request, and through a run command part of one long command line. */
export const MAX_PROBES = 50;

/** What the API server said to the dry run. */
export type ProbeAnswer =
  | { readonly accepted: true; readonly object: unknown; readonly warnings: readonly string[] }
  | {
      readonly accepted: false;
      /** HTTP status; undefined where no answer came. */
      readonly status: number | undefined;
      readonly message: string;
      readonly remedy: string;
    };

/** What an answer means. */
export type ProbeOutcome =
  /** The pod would be stored, and this is what it would be; `injection` tells why where it was not injected. */
  | { readonly kind: "admitted"; readonly state: PodState; readonly injection: NamespaceInjection }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  /** The injector itself did not answer: no pod of the namespace can be made. */
  | { readonly kind: "injector-failed"; readonly message: string }
  /** The identity may not create pods. */
  | { readonly kind: "not-allowed"; readonly message: string; readonly remedy: string }
  /** A webhook that has side effects keeps dry runs out. */
  | { readonly kind: "cannot-dry-run"; readonly message: string }
  /** Anything else that says nothing about redirection: no answer, a namespace that is going away, and the like. */
  | { readonly kind: "unanswered"; readonly message: string; readonly remedy: string };

/** Where to probe: namespaces in scope that exist, never AKS' own. Where namespaces could not be seen, the ones named. */
export function probeTargets(
  namespaces: Observed<readonly NamespaceFacts[]>,
  scope: NamespaceScope,
  rules: InjectionRules,
): { readonly asked: readonly string[]; readonly leftOut: number } {
  const candidates = namespaces.seen ? namespaces.value.map(({ name }) => name).filter(inScope(scope, rules)) : scope.named;
  const all = candidates.filter((name) => !isSystemNamespace(name)).sort();
  return { asked: all.slice(0, MAX_PROBES), leftOut: Math.max(0, all.length - MAX_PROBES) };
}

/** Reads an answer. Pure, and total: any answer has a meaning. */
export function readProbe(namespace: string, answer: ProbeAnswer, rules: InjectionRules): ProbeFacts {
  return { namespace, outcome: outcomeOf(namespace, answer, rules), warnings: answer.accepted ? answer.warnings : [] };
}

function outcomeOf(namespace: string, answer: ProbeAnswer, rules: InjectionRules): ProbeOutcome {
  if (answer.accepted) {
    const pod = readPod(answer.object);
    if (pod === undefined) return { kind: "unanswered", message: "the answer was no pod.", remedy: "" };
    // A projection of the answer may have lost the namespace; the rules need it.
    return { kind: "admitted", state: podState({ ...pod, namespace }, rules), injection: rules.injectionIn(namespace) };
  }
  const { status, message, remedy } = answer;
  if (/cannot create resource "pods"/.test(message)) return { kind: "not-allowed", message, remedy };
  const failing = /failed calling webhook "([^"]*)"/.exec(message);
  if (failing !== null) {
    return /sidecar-injector\.istio\.io$/.test(failing[1] ?? "") ? { kind: "injector-failed", message } : { kind: "unanswered", message, remedy };
  }
  if (status === 400) return { kind: "cannot-dry-run", message };
  const isRefusal = status === 403 || status === 422;
  return isRefusal && !saysNothing(message) ? { kind: "refused", refusal: readRefusal(message) } : { kind: "unanswered", message, remedy };
}

/** Refusals that have nothing to do with the pod. Source: kubernetes/kubernetes, admission of namespaces and service accounts. */
function saysNothing(message: string): boolean {
  return /because it is being terminated|error looking up service account|no API token found/.test(message);
}

/** Whether a pod made now would be redirected the way that is wanted. */
export function isProof({ outcome }: ProbeFacts, mechanism: RedirectionMechanism): boolean {
  return outcome.kind === "admitted" && outcome.state === (mechanism === CNI_CHAINING ? "cni" : "legacy-init");
}

/** Whether a pod made now would be kept out, or would be redirected in another way or not at all. */
export function isDisproof({ outcome }: ProbeFacts, mechanism: RedirectionMechanism): boolean {
  switch (outcome.kind) {
    case "admitted":
      return outcome.state !== (mechanism === CNI_CHAINING ? "cni" : "legacy-init");
    case "refused":
      return outcome.refusal.isOfRedirection || isOfSafeguards(outcome.refusal);
    case "injector-failed":
      return true;
    case "not-allowed":
    case "cannot-dry-run":
    case "unanswered":
      return false;
  }
}

/** The probe satisfies these by itself, so it can only be what was injected that they refuse. */
function isOfSafeguards({ gate, policy }: Refusal): boolean {
  return gate === "PodSecurity" || (gate === "ValidatingAdmissionPolicy" && policy.startsWith("aks-managed-"));
}

/** Whether a disproof may go away by itself soon after a switch: the injector reads its configuration anew. */
export function maySettle(facts: ProbeFacts, mechanism: RedirectionMechanism): boolean {
  if (!isDisproof(facts, mechanism)) return false;
  const { outcome } = facts;
  // Policies stay; only what is injected changes, and only CNI chaining makes it something that they let in.
  if (outcome.kind === "refused") return mechanism === CNI_CHAINING;
  if (outcome.kind !== "admitted") return true;
  return complianceOf(outcome.state, mechanism) === "stale" || outcome.injection.kind === "on";
}

/** The namespaces whose probe proves injection and admission. */
export function provenNamespaces(round: Observed<ProbeRound>, mechanism: RedirectionMechanism): readonly string[] {
  return round.seen ? round.value.answers.filter((facts) => isProof(facts, mechanism)).map(({ namespace }) => namespace) : [];
}
