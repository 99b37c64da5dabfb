/**
 * Who refused a pod, read from the message. Each gate of the API server has its own wording; the texts are those of
 * Kubernetes' admission plugins, of Gatekeeper, and of the policies that AKS installs.
 */
import { namesMeshCapability } from "./mesh-capability.ts";

/** Where in the API server a pod was refused. `unknown`: a wording that nobody here has met. */
type Gate =
  | "ValidatingAdmissionPolicy"
  | "Gatekeeper"
  | "PodSecurity"
  | "ResourceQuota"
  | "LimitRange"
  | "webhook"
  | "unknown";

export interface Refusal {
  readonly gate: Gate;
  /** The policy's name (of a PodSecurity refusal: the standard, of a quota: the quota); empty where the message names none. */
  readonly policy: string;
  /** The reason alone, without the wrapping; cut where it is endless. */
  readonly reason: string;
  /** Whether redirection is what was refused, rather than something that the workload or the probe brought along. */
  readonly isOfRedirection: boolean;
}

const MAX_REASON = 600;

/** Where a gate writes its name, where its policy's, and where the reason starts. */
interface Wording {
  readonly gate: Gate;
  readonly pattern: RegExp;
  readonly read: (match: RegExpExecArray) => { readonly policy: string; readonly reason: string };
}

const WORDINGS: readonly Wording[] = [
  {
    // Source: k8s.io/apiserver, plugin/policy/validating.
    gate: "ValidatingAdmissionPolicy",
    pattern: /ValidatingAdmissionPolicy '([^']*)' with binding '[^']*' denied request:?\s*([\s\S]*)/,
    read: ([, policy = "", reason = ""]) => ({ policy, reason }),
  },
  {
    // Source: open-policy-agent/gatekeeper, pkg/webhook: `[<constraint>] <message>`, one a line; older: `[denied by <constraint>]`.
    gate: "Gatekeeper",
    pattern: /admission webhook "[^"]*gatekeeper[^"]*" denied the request:?\s*([\s\S]*)/,
    read: ([, reason = ""]) => ({ policy: constraintIn(reason), reason }),
  },
  {
    // Source: k8s.io/pod-security-admission, admission.go.
    gate: "PodSecurity",
    pattern: /violates PodSecurity "([^"]*)":?\s*([\s\S]*)/,
    read: ([, policy = "", reason = ""]) => ({ policy, reason }),
  },
  {
    // Source: k8s.io/apiserver, plugin/resourcequota/controller.go.
    gate: "ResourceQuota",
    pattern: /(?:exceeded quota: |failed quota: |status unknown for quota: )([^,:\s]+)[\s\S]*/,
    read: ([reason, policy = ""]) => ({ policy, reason }),
  },
  { gate: "ResourceQuota", pattern: /insufficient quota to match these scopes[\s\S]*/, read: ([reason]) => ({ policy: "", reason }) },
  {
    // Source: kubernetes/kubernetes, plugin/pkg/admission/limitranger.
    gate: "LimitRange",
    pattern: /\[?(?:(?:minimum|maximum) [\w./-]+ usage per (?:Container|Pod)|[\w./-]+ max limit to request ratio per (?:Container|Pod)) is [\s\S]*/,
    read: ([reason]) => ({ policy: "", reason }),
  },
  {
    // Source: k8s.io/apiserver, plugin/webhook/errors.
    gate: "webhook",
    pattern: /admission webhook "([^"]*)" denied the request(?::\s*| )([\s\S]*)/,
    read: ([, policy = "", reason = ""]) => ({ policy, reason }),
  },
];

/** Reads a refusal's message, as a write or a FailedCreate event shows it. */
export function readRefusal(message: string): Refusal {
  for (const { gate, pattern, read } of WORDINGS) {
    const match = pattern.exec(message);
    if (match === null) continue;
    const { policy, reason } = read(match);
    return { gate, policy, reason: short(reason), isOfRedirection: isOfRedirection(gate, message) };
  }
  return { gate: "unknown", policy: "", reason: short(message), isOfRedirection: namesMeshCapability(message) };
}

/** `ValidatingAdmissionPolicy aks-managed-baseline-capabilities`; a quota by its own name. */
export function describeGate({ gate, policy }: Refusal): string {
  const name = policy === "" ? "" : ` ${policy}`;
  switch (gate) {
    case "webhook":
      return `the admission webhook${name}`;
    case "unknown":
      return "the API server";
    default:
      return `${gate}${name}`;
  }
}

/** Istio's containers were kept out, be it by capability or by name. Quotas and limits count resources and never that. */
function isOfRedirection(gate: Gate, message: string): boolean {
  if (gate === "ResourceQuota" || gate === "LimitRange") return false;
  return namesMeshCapability(message) || /istio-(?:validation|proxy)/.test(message);
}

/** The first constraint in square brackets; Azure Policy's rather than the kind of denial where there are both. */
function constraintIn(reason: string): string {
  const names = [...reason.matchAll(/\[([^\]\s]+|denied by [^\]\s]+)\]/g)].map(([, name = ""]) => name.replace(/^denied by /, ""));
  return names.find((name) => name.startsWith("azurepolicy-")) ?? names[0] ?? "";
}

function short(reason: string): string {
  const line = reason.replace(/\s+/g, " ").trim();
  return line.length > MAX_REASON ? `${line.slice(0, MAX_REASON)}...` : line;
}
