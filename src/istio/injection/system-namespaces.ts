/**
 * Namespaces that belong to AKS, its add-ons and extensions. The action never writes to them, and checks them only where
 * the input `namespaces` names them in full. Deployment Safeguards exclude them, and on AKS Automatic
 * `aks-managed-protect-system-namespaces` refuses every write to most of them.
 *
 * Source: the protected namespaces of AKS Automatic, the exclusions of the Deployment Safeguards policy assignment, and
 * the namespaces that Kubernetes, Calico and Azure Arc create.
 */
export const SYSTEM_NAMESPACES: readonly string[] = [
  "kube-system",
  "kube-public",
  "kube-node-lease",
  "aks-command",
  "aks-istio-system",
  "aks-istio-ingress",
  "aks-istio-egress",
  "aks-periscope",
  "aks-static-egress-gateway",
  "acstor",
  "app-routing-system",
  "applink-system",
  "azappconfig-system",
  "azure-arc",
  "azure-extensions-usage-system",
  "azureml",
  "azuresecuritylinuxagent",
  "calico-system",
  "dapr-system",
  "dataprotection-microsoft",
  "fleet-system",
  "flux-system",
  "gatekeeper-system",
  "sc-system",
  "tigera-operator",
  "tigera-system",
];

const NAMES: ReadonlySet<string> = new Set(SYSTEM_NAMESPACES);

export function isSystemNamespace(name: string): boolean {
  return NAMES.has(name);
}
