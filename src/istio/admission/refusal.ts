/**
 * Reads from a message which part of admission refused a pod, and why. The patterns match the messages of Kubernetes'
 * admission plugins, of Gatekeeper, and of the policies that AKS installs.
 */

import { failingWebhook } from "./failing-webhook.ts";
import { causesOf, isOfMesh, type RefusalCause } from "./refusal-cause.ts";
import { findingsIn } from "./refused-containers.ts";

/** The part of admission that refused a pod. `unknown`: the message matches no known pattern. */
type RefusalSource =
  | "ValidatingAdmissionPolicy"
  | "Gatekeeper"
  | "PodSecurity"
  | "ResourceQuota"
  | "LimitRange"
  | "webhook"
  | "failing-webhook"
  | "unknown";

export interface Refusal {
  readonly source: RefusalSource;
  /** The name of the policy, Pod Security Standard, quota or webhook; empty where the message names none. */
  readonly policy: string;
  /** The reason without the text around it, at most {@link MAX_REASON} characters. */
  readonly reason: string;
  /** At least one. */
  readonly causes: readonly RefusalCause[];
  /** Whether what injection adds was refused, rather than something of the workload. It takes the pod for one that injection selects. */
  readonly refusesRedirection: boolean;
}

const MAX_REASON = 600;

/**
 * The messages of each source. The group `policy` names what refuses, the group `reason` is its reason: the whole match where there is none.
 * Messages can have any length: a repetition is tried once for a row of characters, not from each of them.
 */
const MESSAGE_PATTERNS: readonly (readonly [source: RefusalSource, pattern: RegExp])[] = [
  // Source: k8s.io/apiserver, plugin/webhook/errors.
  ["failing-webhook", /failed calling (?:admission )?webhook "(?<policy>[^"]*)":?(?<reason>[\s\S]*)/],
  // Source: k8s.io/apiserver, plugin/policy/validating.
  ["ValidatingAdmissionPolicy", /ValidatingAdmissionPolicy '(?<policy>[^']*)' with binding '[^']*' denied request:?(?<reason>[\s\S]*)/],
  // Source: open-policy-agent/gatekeeper, pkg/webhook: one `[<constraint>] <message>` per line; older versions: `[denied by <constraint>]`.
  ["Gatekeeper", /admission webhook "[^"]*gatekeeper[^"]*" denied the request:?(?<reason>[\s\S]*)/],
  // Source: k8s.io/pod-security-admission, admission.go.
  ["PodSecurity", /violates PodSecurity "(?<policy>[^"]*)":?(?<reason>[\s\S]*)/],
  // Source: k8s.io/apiserver, plugin/resourcequota/controller.go.
  ["ResourceQuota", /(?:exceeded quota: |failed quota: |status unknown for quota: )(?<policy>[^,:\s]+)[\s\S]*/],
  ["ResourceQuota", /insufficient quota to match these scopes[\s\S]*/],
  // Source: kubernetes/kubernetes, plugin/pkg/admission/limitranger.
  ["LimitRange", /\[?(?:(?:minimum|maximum) [\w./-]+ usage per (?:Container|Pod)|(?<![\w./-])[\w./-]+ max limit to request ratio per (?:Container|Pod)) is [\s\S]*/],
  // Source: k8s.io/apiserver, plugin/webhook/errors.
  ["webhook", /admission webhook "(?<policy>[^"]*)" denied the request[: ](?<reason>[\s\S]*)/],
];

/** Reads the message of a refusal, from the answer to a write or from a FailedCreate event. */
export function readRefusal(message: string): Refusal {
  for (const [source, pattern] of MESSAGE_PATTERNS) {
    const match = pattern.exec(message);
    if (match === null) continue;
    const { policy = "", reason = match[0] } = match.groups ?? {};
    return refusalOf(source, message, { policy: source === "Gatekeeper" ? constraintIn(reason) : policy, reason });
  }
  return refusalOf("unknown", message, { policy: "", reason: withoutPodName(message) });
}

function refusalOf(source: RefusalSource, message: string, { policy, reason }: { readonly policy: string; readonly reason: string }): Refusal {
  const causes = causesIn(source, policy, reason, message);
  return { source, policy, reason: shorten(reason), causes, refusesRedirection: isOfMesh(causes, true) };
}

function causesIn(source: RefusalSource, policy: string, reason: string, message: string): readonly RefusalCause[] {
  if (source === "failing-webhook") return [failingWebhook(message)?.isInjector === true ? "injector" : "webhook"];
  if (source === "ResourceQuota") return ["quota"];
  if (source === "LimitRange") return ["limit-range"];
  if (source === "ValidatingAdmissionPolicy" && policy.includes("protect-system-namespaces")) return ["protected-namespace"];
  const isGatekeeper = source === "Gatekeeper";
  return causesOf(findingsIn(reason, isGatekeeper), isGatekeeper);
}

/** The message without the name of the refused pod, which may contain any word. */
function withoutPodName(message: string): string {
  return message.replace(/\b[Pp]ods? (?:"[^"]*"|\S+ in (?:StatefulSet|DaemonSet|Job) \S+)/g, "pod");
}

/** `ValidatingAdmissionPolicy aks-managed-baseline-capabilities`. */
export function describeSource({ source, policy }: Refusal): string {
  const name = policy === "" ? "" : ` ${policy}`;
  switch (source) {
    case "webhook":
      return `the admission webhook${name}`;
    case "failing-webhook":
      return `the call of the webhook${name}`;
    case "unknown":
      return "the API server";
    default:
      return `${source}${name}`;
  }
}

/** The first constraint in square brackets. A constraint of Azure Policy takes precedence over the name of the denial. */
function constraintIn(reason: string): string {
  const names = [...reason.matchAll(/\[([^[\]\s]+|denied by [^[\]\s]+)\]/g)].map(([, name = ""]) => name.replace(/^denied by /, ""));
  return names.find((name) => name.startsWith("azurepolicy-")) ?? names[0] ?? "";
}

function shorten(reason: string): string {
  const line = reason.replace(/\s+/g, " ").trim();
  return line.length > MAX_REASON ? `${line.slice(0, MAX_REASON)}...` : line;
}
