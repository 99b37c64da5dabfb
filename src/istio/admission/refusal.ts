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

interface MessagePattern {
  readonly source: RefusalSource;
  readonly pattern: RegExp;
  readonly read: (match: RegExpExecArray) => { readonly policy: string; readonly reason: string };
}

/** Messages can have any length: a repetition is tried once for a row of characters, not from each of them. */
const MESSAGE_PATTERNS: readonly MessagePattern[] = [
  {
    // Source: k8s.io/apiserver, plugin/webhook/errors.
    source: "failing-webhook",
    pattern: /failed calling (?:admission )?webhook "([^"]*)":?\s*([\s\S]*)/,
    read: ([, policy = "", reason = ""]) => ({ policy, reason }),
  },
  {
    // Source: k8s.io/apiserver, plugin/policy/validating.
    source: "ValidatingAdmissionPolicy",
    pattern: /ValidatingAdmissionPolicy '([^']*)' with binding '[^']*' denied request:?\s*([\s\S]*)/,
    read: ([, policy = "", reason = ""]) => ({ policy, reason }),
  },
  {
    // Source: open-policy-agent/gatekeeper, pkg/webhook: one `[<constraint>] <message>` per line; older versions: `[denied by <constraint>]`.
    source: "Gatekeeper",
    pattern: /admission webhook "[^"]*gatekeeper[^"]*" denied the request:?\s*([\s\S]*)/,
    read: ([, reason = ""]) => ({ policy: constraintIn(reason), reason }),
  },
  {
    // Source: k8s.io/pod-security-admission, admission.go.
    source: "PodSecurity",
    pattern: /violates PodSecurity "([^"]*)":?\s*([\s\S]*)/,
    read: ([, policy = "", reason = ""]) => ({ policy, reason }),
  },
  {
    // Source: k8s.io/apiserver, plugin/resourcequota/controller.go.
    source: "ResourceQuota",
    pattern: /(?:exceeded quota: |failed quota: |status unknown for quota: )([^,:\s]+)[\s\S]*/,
    read: ([reason, policy = ""]) => ({ policy, reason }),
  },
  { source: "ResourceQuota", pattern: /insufficient quota to match these scopes[\s\S]*/, read: ([reason]) => ({ policy: "", reason }) },
  {
    // Source: kubernetes/kubernetes, plugin/pkg/admission/limitranger.
    source: "LimitRange",
    pattern: /\[?(?:(?:minimum|maximum) [\w./-]+ usage per (?:Container|Pod)|(?<![\w./-])[\w./-]+ max limit to request ratio per (?:Container|Pod)) is [\s\S]*/,
    read: ([reason]) => ({ policy: "", reason }),
  },
  {
    // Source: k8s.io/apiserver, plugin/webhook/errors.
    source: "webhook",
    pattern: /admission webhook "([^"]*)" denied the request(?::\s*| )([\s\S]*)/,
    read: ([, policy = "", reason = ""]) => ({ policy, reason }),
  },
];

/** Reads the message of a refusal, from the answer to a write or from a FailedCreate event. */
export function readRefusal(message: string): Refusal {
  for (const { source, pattern, read } of MESSAGE_PATTERNS) {
    const match = pattern.exec(message);
    if (match !== null) return refusalOf(source, message, read(match));
  }
  return refusalOf("unknown", message, { policy: "", reason: withoutPodName(message) });
}

function refusalOf(source: RefusalSource, message: string, { policy, reason }: { readonly policy: string; readonly reason: string }): Refusal {
  const causes = causesIn(source, policy, reason, message);
  return { source, policy, reason: shorten(reason), causes, refusesRedirection: isOfMesh(causes, true) };
}

function causesIn(source: RefusalSource, policy: string, reason: string, message: string): readonly RefusalCause[] {
  switch (source) {
    case "failing-webhook":
      return [failingWebhook(message)?.isInjector === true ? "injector" : "webhook"];
    case "ResourceQuota":
      return ["quota"];
    case "LimitRange":
      return ["limit-range"];
    case "ValidatingAdmissionPolicy":
      if (policy.includes("protect-system-namespaces")) return ["protected-namespace"];
      break;
    default:
      break;
  }
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
