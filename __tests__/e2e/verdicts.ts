/** What the pages say first in every scenario and mode, and the causes with the number of findings that follow. Read and agreed to, one by one. */
import type { CheckId } from "../../src/contract.ts";
import type { ScenarioName } from "../../simulator/index.ts";

/** A cause, the number of findings that follow from it, and how the first command or remedy begins. */
type ExpectedCause = readonly [cause: CheckId, following: number, toDo: string];

/** Headlines without the cluster's name, and the causes, which do not depend on the mode. */
interface ExpectedVerdict {
  readonly check: string;
  readonly plan: string;
  readonly apply: string;
  readonly causes: readonly ExpectedCause[];
}

const SWITCH = "az aks mesh proxy-redirection-mechanism --mechanism CNIChaining";

export const VERDICTS: Readonly<Record<ScenarioName, ExpectedVerdict>> = {
  fresh: {
    check: "⚠️ CNI chaining is off",
    plan: "📝 3 changes",
    apply: "✅ CNI chaining is on",
    causes: [["cni-chaining-enabled", 5, SWITCH]],
  },
  compliant: {
    check: "✅ CNI chaining is on",
    plan: "📝 nothing to do",
    apply: "✅ CNI chaining is on",
    causes: [],
  },
  "reset-by-terraform": {
    check: "⚠️ CNI chaining is off",
    plan: "📝 1 change",
    apply: "🔄 CNI chaining is on; 1 workload needs a restart",
    causes: [["cni-chaining-enabled", 5, SWITCH]],
  },
  "flag-graduated": {
    check: "⚠️ CNI chaining is off",
    plan: "📝 1 change",
    apply: "✅ CNI chaining is on",
    causes: [["cni-chaining-enabled", 4, SWITCH]],
  },
  "flag-pending": {
    check: "⚠️ CNI chaining is off",
    plan: "📝 3 changes",
    apply: "❌ failed while registering the feature Microsoft.ContainerService/IstioCNIPreview",
    causes: [["cni-chaining-enabled", 5, SWITCH]],
  },
  "mesh-off": {
    check: "⚠️ The mesh is off",
    plan: "📝 blocked",
    apply: "❌ not switched: the mesh is off",
    causes: [["mesh-enabled", 2, "az aks mesh enable"]],
  },
  "revision-too-old": {
    check: "⚠️ The Istio revision is too old for CNI chaining, and CNI chaining is off",
    plan: "📝 blocked",
    apply: "❌ not switched: the Istio revision is too old for CNI chaining",
    causes: [["revision-supported", 1, "az aks mesh get-upgrades"], ["cni-chaining-enabled", 6, SWITCH]],
  },
  "revision-out-of-support": {
    check: "⚠️ CNI chaining is off",
    plan: "📝 1 change",
    apply: "🔄 CNI chaining is on; 3 workloads need a restart",
    causes: [["cni-chaining-enabled", 5, SWITCH]],
  },
  stopped: {
    check: "⚠️ The cluster is stopped, and CNI chaining is off",
    plan: "📝 blocked",
    apply: "❌ not switched: the cluster is stopped",
    causes: [["cluster-ready", 8, "az aks start"], ["cni-chaining-enabled", 0, SWITCH]],
  },
  busy: {
    check: "⚠️ CNI chaining is off",
    plan: "📝 1 change",
    apply: "✅ CNI chaining is on",
    causes: [["cni-chaining-enabled", 4, SWITCH]],
  },
  canary: {
    check: "⚠️ CNI chaining is off",
    plan: "📝 1 change",
    apply: "✅ CNI chaining is on",
    causes: [["cni-chaining-enabled", 4, SWITCH]],
  },
  "stale-pods": {
    check: "⚠️ CNI chaining is off",
    plan: "📝 1 change",
    apply: "🔄 CNI chaining is on; 5 workloads need a restart",
    causes: [["cni-chaining-enabled", 5, SWITCH]],
  },
  "refused-by-safeguards": {
    check: "⚠️ Admission refuses the pods of 1 workload",
    plan: "📝 nothing that apply could change; admission refuses the pods of 1 workload",
    apply: "❌ Admission refuses the pods of 1 workload",
    causes: [["workloads-admitted", 0, "The pod template of Deployment shop/legacy-search has istio-"]],
  },
  forbidden: {
    check: "⚠️ CNI chaining is off",
    plan: "📝 1 change",
    apply: "❌ failed while switching proxyRedirectionMechanism of the cluster demo to CNIChaining",
    causes: [["cni-chaining-enabled", 0, SWITCH], ["injector-configured", 7, "az role assignment create --role \"Azure Kubernetes Service Cluster Use"]],
  },
  private: {
    check: "⚠️ CNI chaining is off",
    plan: "📝 1 change",
    apply: "✅ CNI chaining is on",
    causes: [["cni-chaining-enabled", 4, SWITCH]],
  },
  "no-run-command": {
    check: "⚠️ CNI chaining is off",
    plan: "📝 1 change",
    apply: "❓ CNI chaining is on in Azure; the cluster could not be looked into",
    causes: [["cni-chaining-enabled", 0, SWITCH], ["injector-configured", 7, "az aks update"]],
  },
  "reader-only": {
    check: "✅ CNI chaining is on",
    plan: "📝 nothing to do",
    apply: "✅ CNI chaining is on",
    causes: [],
  },
  "no-pods-yet": {
    check: "✅ CNI chaining is on",
    plan: "📝 nothing to do",
    apply: "✅ CNI chaining is on",
    causes: [],
  },
  gatekeeper: {
    check: "⚠️ CNI chaining is off",
    plan: "📝 1 change",
    apply: "✅ CNI chaining is on",
    causes: [["cni-chaining-enabled", 4, SWITCH]],
  },
  "two-revisions": {
    check: "✅ CNI chaining is on",
    plan: "📝 nothing to do",
    apply: "✅ CNI chaining is on",
    causes: [],
  },
  "revision-tags": {
    check: "⚠️ Namespaces without working injection",
    plan: "📝 nothing that apply could change; namespaces without working injection",
    apply: "❌ Namespaces without working injection",
    causes: [["namespaces-labelled", 2, "kubectl label namespace edge istio.io/rev=asm-1-30 --overwrite"]],
  },
  "stuck-rollout": {
    check: "🔄 CNI chaining is on; 5 workloads need a restart",
    plan: "📝 nothing to do",
    apply: "🔄 CNI chaining is on; 5 workloads need a restart",
    causes: [],
  },
  "race-126": {
    check: "⚠️ CNI agent is not ready",
    plan: "📝 nothing that apply could change; CNI agent is not ready",
    apply: "❌ CNI agent is not ready",
    causes: [["cni-daemonset-ready", 2, "kubectl --namespace aks-istio-system describe daemonset azure-service-"]],
  },
};
