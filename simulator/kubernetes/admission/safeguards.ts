/** Deployment Safeguards: the validating admission policies of AKS that affect a mesh. */
import { type JsonObject, textAt } from "../../lib/json.ts";
import type { World } from "../../world/world.ts";
import { addedCapabilities, BASELINE_CAPABILITIES, containersOf } from "./capabilities.ts";
import { type AdmissionResult, forbidden, type Refusal } from "./refusal.ts";

/** Namespaces that AKS protects from writes, and whose pods its policies exempt. */
export const PROTECTED_NAMESPACES = new Set([
  "kube-system",
  "kube-public",
  "kube-node-lease",
  "gatekeeper-system",
  "aks-istio-system",
  "aks-istio-ingress",
  "aks-istio-egress",
  "aks-command",
  "aks-static-egress-gateway",
  "app-routing-system",
  "azappconfig-system",
  "azure-arc",
  "azure-extensions-usage-system",
  "calico-system",
  "dapr-system",
  "dataprotection-microsoft",
  "flux-system",
  "sc-system",
  "tigera-operator",
]);

function denial(policy: string, reason: string): string {
  return `ValidatingAdmissionPolicy '${policy}' with binding '${policy}-binding' denied request: ${reason}`;
}

/** Checks a pod's capabilities against the baseline policy. */
export function checkSafeguards(world: World, pod: JsonObject): AdmissionResult {
  const policy = "aks-managed-baseline-capabilities";
  const findings = containersOf(pod).flatMap((container) => {
    const disallowed = addedCapabilities(container).filter((name) => !BASELINE_CAPABILITIES.has(name));
    return disallowed.length === 0 ? [] : [`container ${textAt(container, "name") ?? ""} adds ${disallowed.join(", ")}`];
  });
  if (!world.cluster.safeguards || findings.length === 0) return { refusal: undefined, warnings: [] };
  const text = `Disallowed capabilities detected: ${findings.join("; ")}`;
  const { policyAction, policyStatus } = world.kubernetes.admission;
  if (policyAction === "Warn") {
    const warning = `Validation failed for ValidatingAdmissionPolicy '${policy}' with binding '${policy}-binding': ${text}`;
    return { refusal: undefined, warnings: [warning] };
  }
  const cause = denial(policy, text);
  const reason = policyStatus === 422 ? "Invalid" : "Forbidden";
  return { refusal: { ...forbidden(cause), status: policyStatus, reason, cause }, warnings: [] };
}

/** The refusal of a write in a namespace; undefined where writes are allowed. */
export function namespaceRefusal(world: World, namespace: string): Refusal | undefined {
  if (!world.cluster.safeguards || !PROTECTED_NAMESPACES.has(namespace)) return undefined;
  const text = `Modifying resources in the system namespace '${namespace}' is not allowed.`;
  const cause = denial("aks-managed-protect-system-namespaces", text);
  return { ...forbidden(cause), cause };
}
