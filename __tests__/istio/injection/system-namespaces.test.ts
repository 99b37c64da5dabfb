import { expect, test } from "vitest";
import { isSystemNamespace } from "../../../src/istio/injection/system-namespaces.ts";

// Source: the error of `aks-managed-protect-system-namespaces`, and the exclusions of the Deployment Safeguards assignment.
test.each([
  "kube-system", "kube-public", "kube-node-lease", "aks-command", "aks-istio-system", "aks-istio-ingress", "aks-istio-egress", "aks-periscope",
  "aks-static-egress-gateway", "acstor", "app-routing-system", "applink-system", "azappconfig-system", "azure-arc", "azure-extensions-usage-system",
  "azureml", "azuresecuritylinuxagent", "calico-system", "dapr-system", "dataprotection-microsoft", "fleet-system", "flux-system", "gatekeeper-system",
  "sc-system", "tigera-operator", "tigera-system",
])("%s belongs to AKS or to the cluster", (name) => {
  expect(isSystemNamespace(name)).toBe(true);
});

test.each(["", "default", "shop", "kube-systems", "istio-system"])("%j belongs to its users", (name) => {
  expect(isSystemNamespace(name)).toBe(false);
});
