/** Errors of Resource Manager and AKS about the cluster, its mesh, its nodes and run commands. */
import { AZURE, type ErrorRow, ON_CLUSTER } from "./row.ts";

export const CLUSTER_ROWS: readonly ErrorRow[] = [
  {
    id: "feature-gate",
    symptom: "an error that names the feature Microsoft.ContainerService/IstioCNIPreview",
    services: AZURE,
    // A missing right to register the feature names it as well, in the scope.
    pattern: /^(?!(?:Linked)?AuthorizationFailed\b|Forbidden\b|HTTP40[13]\b)(?:[\s\S]*feature[\s\S]*IstioCNIPreview|[\s\S]*IstioCNIPreview[\s\S]*feature)/i,
    remedy:
      "The subscription cannot use CNI chaining yet. Register the feature Microsoft.ContainerService/IstioCNIPreview (register-feature: auto does), wait until its state is Registered, then refresh the provider:\naz feature register --namespace Microsoft.ContainerService --name IstioCNIPreview --subscription SUBSCRIPTION\naz feature show --namespace Microsoft.ContainerService --name IstioCNIPreview --subscription SUBSCRIPTION --query properties.state\naz provider register --namespace Microsoft.ContainerService --subscription SUBSCRIPTION --wait",
    permanent: false,
  },
  {
    id: "run-command-not-started",
    symptom: "KubernetesPerformanceError: the pod of a run command did not start in time",
    services: AZURE,
    // Source: public reports (Azure/azure-cli issues 22738, 24192, 27776). Older ones have another code and the same text.
    pattern: /^KubernetesPerformanceError\b|cluster perf issue|did not start within/,
    remedy:
      "The pod of the run command did not start in time. The cluster needs a node with enough free capacity for a pod in the namespace aks-command. Its events show what is missing. Run again, or use kube-access: direct from a runner that reaches the API server.\nkubectl --namespace aks-command get events",
    permanent: false,
  },
  {
    id: "run-command-quota",
    symptom: "the pod of a run command exceeds a quota in the namespace aks-command",
    services: AZURE,
    pattern: /\b(?:KubernetesOperationError|aks-command|user-command|run ?command)\b[\s\S]*\bexceeded quota\b/i,
    remedy:
      "A quota refuses the pod of the run command. Remove it from the namespace aks-command, which belongs to AKS, or use kube-access: direct from a runner that reaches the API server.\nkubectl --namespace aks-command get resourcequota",
    permanent: true,
  },
  {
    id: "run-command-refused",
    symptom: "KubernetesOperationError: a policy refuses the pod of a run command",
    services: AZURE,
    pattern: /\b(?:KubernetesOperationError|aks-command|user-command)\b[\s\S]*\b(?:admission webhook|ValidatingAdmissionPolicy|denied the request|violates PodSecurity|forbidden)\b/i,
    remedy:
      "A policy of the cluster refuses the pod of the run command. Exempt the namespace aks-command from the policy that the message names, or use kube-access: direct from a runner that reaches the API server.",
    permanent: true,
  },
  {
    id: "run-command-disabled",
    symptom: "RunCommandDisabled: run commands are disabled for the cluster",
    services: AZURE,
    pattern: /run ?command[\s\S]*\bdisabled\b|\bdisable(?:d|s)?[\s\S]*run ?command/i,
    remedy:
      `Run commands are disabled for the cluster (apiServerAccessProfile.disableRunCommand). Enable them, or use kube-access: direct from a runner that reaches the API server.\naz aks update ${ON_CLUSTER} --enable-run-command`,
    permanent: true,
  },
  {
    id: "cluster-stopped",
    symptom: "a cluster that is stopped cannot be changed",
    services: AZURE,
    pattern: /\b(?:cluster|managedcluster)\b[^.]*\b(?:is|in) (?:a )?(?:stopped|not running|deallocated)\b|power ?state[^.]*\bstopped\b|\bClusterStopped\b/i,
    remedy:
      `The cluster is stopped. Start it, then run again:\naz aks start ${ON_CLUSTER}`,
    permanent: true,
  },
  {
    id: "revision-not-supported",
    symptom: "a revision of the mesh that AKS does not support, or not any more",
    services: AZURE,
    pattern: /\brevisions?\b[\s\S]*\b(?:not (?:allowed|supported|available|valid)|unsupported|no longer supported|deprecated|invalid)\b|\basm-\d+-\d+\b[\s\S]*\b(?:not (?:allowed|supported|available)|unsupported|no longer supported)\b/i,
    remedy:
      `AKS does not support a revision of the mesh that is in use, and refuses every change of the cluster until it is upgraded. See which revisions it can go to, then upgrade:\naz aks mesh get-upgrades ${ON_CLUSTER}\naz aks mesh upgrade start ${ON_CLUSTER} --revision REVISION`,
    permanent: true,
  },
  {
    id: "kubernetes-version-not-supported",
    symptom: "K8sVersionNotSupported: the cluster runs a Kubernetes version that AKS supports only with long-term support, or not any more",
    services: AZURE,
    pattern: /\b(?:AgentPool)?K8sVersionNotSupported\b|Long-?Term Support|\bLTS\b/i,
    remedy:
      `AKS refuses changes of a cluster whose Kubernetes version it does not support any more. Upgrade the cluster, or choose long-term support (tier Premium, --k8s-support-plan AKSLongTermSupport):\naz aks get-upgrades ${ON_CLUSTER}\naz aks upgrade ${ON_CLUSTER} --kubernetes-version VERSION`,
    permanent: true,
  },
  {
    id: "property-not-changeable",
    symptom: "PropertyChangeNotAllowed: a property that cannot be changed",
    services: AZURE,
    pattern: /\b(?:PropertyChangeNotAllowed|PropertyImmutable)\b/,
    remedy:
      "Azure takes the write for a change of a property that cannot be changed. The action sends every property back as it was read, so that another client may have changed the cluster in between, or the api-version shows the property differently. Run again. If it persists, report it with the property that the message names.",
    permanent: true,
  },
  {
    id: "invalid-parameter",
    symptom: "InvalidParameter, UnmarshalError: a property of the cluster that Azure does not accept",
    services: AZURE,
    pattern: /\b(?:InvalidParameter|InvalidParameterValue|UnmarshalError|InvalidIdentityValues)\b/,
    remedy:
      `Azure does not accept a property of the cluster, which the action sends back as it was read. See whether Azure accepts a write without changes. If not, correct the property that the message names; if so, report it as a bug, with the message.\naz aks update ${ON_CLUSTER}`,
    permanent: true,
  },
  {
    id: "quota-exceeded",
    symptom: "a quota of the subscription is used up",
    services: AZURE,
    pattern: /\bQuotaExceeded\b|\bInsufficient\w*Quota\b|\b(?:exceed\w*|insufficient|not enough)\b[\s\S]*\bquota\b|\bquota\b[\s\S]*\bexceed/i,
    remedy:
      "A quota is used up. See which, then free something or ask for more:\naz vm list-usage --location LOCATION --subscription SUBSCRIPTION --output table",
    permanent: true,
  },
  {
    id: "no-capacity",
    symptom: "AllocationFailed, SkuNotAvailable: Azure has no capacity for nodes",
    services: AZURE,
    pattern: /\b(?:Zonal)?AllocationFailed\b|\bOverconstrained\w*\b|\bSk[Uu]NotAvailable\b|\bSKUNotAvailable\b/,
    remedy:
      "Azure has no capacity for the nodes that the operation needs. Run again later, or change the size or zones of the node pool that the message names.",
    permanent: false,
  },
  {
    id: "nodes-not-drained",
    symptom: "a node could not be drained",
    services: AZURE,
    pattern: /\bPodDrainFailure\b|\b(?:drain|evict)\w*\b[\s\S]*\b(?:fail|time|budget)|\bPodDisruptionBudget/i,
    remedy:
      "A node could not be drained, usually because of a PodDisruptionBudget that allows no disruption. List them, loosen the one that stands in the way, then run again:\nkubectl get poddisruptionbudgets --all-namespaces",
    permanent: false,
  },
  {
    id: "linked-not-authorized",
    symptom: "LinkedAuthorizationFailed: the identity can write the cluster, but cannot use a resource that the cluster refers to",
    services: AZURE,
    statuses: [403],
    pattern: /^LinkedAuthorizationFailed\b/,
    remedy:
      "The cluster refers to another resource (a subnet, a managed identity, a workspace), which the identity must be allowed to use in order to write the cluster. Grant it the action that the message names, on the scope that the message names.",
    permanent: true,
  },
];
