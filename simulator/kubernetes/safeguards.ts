/** Deployment Safeguards: the validating admission policies of AKS that matter to a mesh. */
import { type JsonObject, objectsAt, textAt, valueAt } from "../json.ts";
import type { World } from "../world.ts";

/** What the baseline Pod Security Standard lets a container add. */
const BASELINE_CAPABILITIES = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

/** Namespaces that AKS protects against every write. */
export const PROTECTED_NAMESPACES = new Set([
  "kube-system",
  "kube-public",
  "kube-node-lease",
  "gatekeeper-system",
  "aks-istio-system",
  "aks-istio-ingress",
  "aks-istio-egress",
  "aks-command",
  "app-routing-system",
]);

function denied(policy: string, reason: string): string {
  return `ValidatingAdmissionPolicy '${policy}' with binding '${policy}-binding' denied request: ${reason}`;
}

/** Why a pod is refused, as the admission policy words it; undefined where it is admitted. */
export function podRefusal(world: World, namespace: string, pod: JsonObject): string | undefined {
  if (!world.cluster.safeguards || PROTECTED_NAMESPACES.has(namespace)) return undefined;
  const containers = [...objectsAt(pod, "spec", "initContainers"), ...objectsAt(pod, "spec", "containers")];
  const findings = containers.flatMap((container) => {
    const added = valueAt(container, "securityContext", "capabilities", "add");
    const disallowed = (Array.isArray(added) ? added : [])
      .filter((name) => typeof name === "string")
      .filter((name) => !BASELINE_CAPABILITIES.has(name));
    return disallowed.length === 0
      ? []
      : [`container ${textAt(container, "name") ?? ""} adds ${disallowed.join(", ")}`];
  });
  if (findings.length === 0) return undefined;
  return denied("aks-managed-baseline-capabilities", `Disallowed capabilities detected: ${findings.join("; ")}`);
}

/** Why nothing may be written in a namespace; undefined where it may. */
export function namespaceRefusal(world: World, namespace: string): string | undefined {
  if (!world.cluster.safeguards || !PROTECTED_NAMESPACES.has(namespace)) return undefined;
  return denied(
    "aks-managed-protect-system-namespaces",
    `Modifying resources in the system namespace '${namespace}' is not allowed.`,
  );
}
