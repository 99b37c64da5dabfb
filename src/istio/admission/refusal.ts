/**
 * Reads from a message which part of admission refused a pod, and why. The patterns match the messages of Kubernetes'
 * admission plugins, of Gatekeeper, and of the policies that AKS installs.
 */

/** The part of admission that refused a pod. `unknown`: the message matches no known pattern. */
type RefusalSource =
  | "ValidatingAdmissionPolicy"
  | "Gatekeeper"
  | "PodSecurity"
  | "ResourceQuota"
  | "LimitRange"
  | "webhook"
  | "unknown";

export interface Refusal {
  readonly source: RefusalSource;
  /** The name of the policy, Pod Security Standard or quota; empty where the message names none. */
  readonly policy: string;
  /** The reason without the text around it, at most {@link MAX_REASON} characters. */
  readonly reason: string;
  /** Whether what redirection needs was refused, rather than something of the workload or of the probe. */
  readonly refusesRedirection: boolean;
}

const MAX_REASON = 600;

interface MessagePattern {
  readonly source: RefusalSource;
  readonly pattern: RegExp;
  readonly read: (match: RegExpExecArray) => { readonly policy: string; readonly reason: string };
}

const MESSAGE_PATTERNS: readonly MessagePattern[] = [
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
    pattern: /\[?(?:(?:minimum|maximum) [\w./-]+ usage per (?:Container|Pod)|[\w./-]+ max limit to request ratio per (?:Container|Pod)) is [\s\S]*/,
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
    if (match === null) continue;
    const { policy, reason } = read(match);
    return { source, policy, reason: shorten(reason), refusesRedirection: refusesRedirection(source, message) };
  }
  return { source: "unknown", policy: "", reason: shorten(message), refusesRedirection: mentionsIstioInitCapability(message) };
}

/** `ValidatingAdmissionPolicy aks-managed-baseline-capabilities`. */
export function describeSource({ source, policy }: Refusal): string {
  const name = policy === "" ? "" : ` ${policy}`;
  switch (source) {
    case "webhook":
      return `the admission webhook${name}`;
    case "unknown":
      return "the API server";
    default:
      return `${source}${name}`;
  }
}

/** Whether the refusal is about the capabilities or the names of Istio's containers. Quotas and limits only concern resources. */
function refusesRedirection(source: RefusalSource, message: string): boolean {
  if (source === "ResourceQuota" || source === "LimitRange") return false;
  return mentionsIstioInitCapability(message) || /istio-(?:validation|proxy)/.test(message);
}

/** The first constraint in square brackets. A constraint of Azure Policy takes precedence over the name of the denial. */
function constraintIn(reason: string): string {
  const names = [...reason.matchAll(/\[([^\]\s]+|denied by [^\]\s]+)\]/g)].map(([, name = ""]) => name.replace(/^denied by /, ""));
  return names.find((name) => name.startsWith("azurepolicy-")) ?? names[0] ?? "";
}

/**
 * Whether a message names what istio-init needs. Policies may also mention capabilities without naming them.
 *
 * Source: istio/istio, `injection-template.yaml`: istio-init adds NET_ADMIN and NET_RAW, istio-validation adds nothing.
 */
export function mentionsIstioInitCapability(message: string): boolean {
  if (/NET_ADMIN|NET_RAW|istio-init/.test(message)) return true;
  return /capabilit/i.test(message) && !/\b[A-Z]+_[A-Z_]+\b/.test(message);
}

function shorten(reason: string): string {
  const line = reason.replace(/\s+/g, " ").trim();
  return line.length > MAX_REASON ? `${line.slice(0, MAX_REASON)}...` : line;
}
