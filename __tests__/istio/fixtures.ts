/** Fixtures: each function returns a healthy object, and a test overrides the part that it is about. */
import { CNI_CHAINING } from "../../src/contract.ts";
import { standardWebhooks } from "../../src/istio/injection/injection-rules.ts";
import type { MeshObservation, Snapshot } from "../../src/istio/observation.ts";
import type { PodCensus } from "../../src/istio/pods/pod-census.ts";
import { namespaceScope } from "../../src/istio/injection/namespace-scope.ts";
import type { Observed } from "../../src/lib/observed.ts";
import type { AgentPoolFacts, ClusterFacts } from "../../src/istio/cluster-facts.ts";
import type { NamespaceFacts } from "../../src/istio/kubernetes-facts.ts";
import type { ProbeFacts } from "../../src/istio/admission/probe-result.ts";
import type { Goal } from "../../src/istio/goal.ts";

export const NOW = Date.parse("2026-03-01T12:00:00Z");

/** A value that was observed. */
export function seen<T>(value: T): Observed<T> {
  return { seen: true, value };
}

/** An observation that failed for lack of a role. */
export const UNSEEN = {
  seen: false,
  why: "The API server answered 403.",
  remedy: "Grant Azure Kubernetes Service RBAC Reader.",
} as const;

export function pool(overrides: Partial<AgentPoolFacts> = {}): AgentPoolFacts {
  return {
    name: "system",
    osType: "Linux",
    osSku: "Ubuntu",
    nodeImageVersion: "AKSUbuntu-2204gen2containerd-202509.23.0",
    provisioningState: "Succeeded",
    powerState: "Running",
    orchestratorVersion: "1.32",
    currentOrchestratorVersion: "1.32.7",
    ...overrides,
  };
}

export function cluster(overrides: Partial<ClusterFacts> = {}): ClusterFacts {
  return {
    id: "/subscriptions/s/resourcegroups/mesh-rg/providers/Microsoft.ContainerService/managedClusters/shop",
    name: "shop",
    location: "westeurope",
    sku: "Automatic/Standard",
    kubernetesVersion: "1.32",
    currentKubernetesVersion: "1.32.7",
    provisioningState: "Succeeded",
    powerState: "Running",
    agentPools: [pool()],
    mesh: { mode: "Istio", revisions: ["asm-1-26"], redirectionMechanism: CNI_CHAINING },
    isPrivate: false,
    lastChange: { by: "", byType: "", at: "" },
    toolTags: [],
    hasPublicName: true,
    runCommandDisabled: false,
    usesAppRoutingIstio: false,
    usesEntra: true,
    apiServerNames: ["shop.example"],
    ...overrides,
  };
}

export function clusterWithMechanism(redirectionMechanism: string, overrides: Partial<ClusterFacts> = {}): ClusterFacts {
  return cluster({ mesh: { mode: "Istio", revisions: ["asm-1-26"], redirectionMechanism }, ...overrides });
}

export function census(overrides: Partial<PodCensus> = {}): PodCensus {
  return {
    total: 3,
    byState: { cni: 3 },
    redirection: { effective: 3, notProgrammed: 0, pending: 0 },
    stuck: { "no-sandbox": 0, "not-started": 0, "validation-fails": 0, failed: 0 },
    brokenOnNodes: [],
    failedByPlugin: 0,
    awaitingRepair: { count: 0, examples: [] },
    failedBefore: { count: 0, examples: [] },
    bypassing: { count: 0, examples: [] },
    offenders: [],
    offendersNotListed: 0,
    staleWorkloads: [],
    meshedNodes: [{ name: "node-1", pods: 3 }],
    initContainersWithoutNetwork: { count: 0, examples: [] },
    withoutReadyProxy: { count: 0, examples: [] },
    ...overrides,
  };
}

export const SHOP: NamespaceFacts = { name: "shop", labels: { "istio.io/rev": "asm-1-26" } };
/** A probe that proves redirection by CNI chaining. */
export const PROVEN: ProbeFacts = {
  namespace: "shop",
  outcome: { kind: "admitted", state: "cni", injection: { kind: "on", revision: "asm-1-26" } },
  warnings: [],
};
const AGENT_LABELS = { "k8s-app": "azure-service-mesh-istio-cni-addon-node" };

export function observation(overrides: Partial<MeshObservation> = {}): MeshObservation {
  return {
    daemonSet: seen({
      generation: 1,
      observedGeneration: 1,
      desired: 3,
      updated: 3,
      ready: 3,
      available: 3,
      matchLabels: AGENT_LABELS,
    }),
    agentPods: seen([{ name: "agent-1", nodeName: "node-1", ready: true, labels: AGENT_LABELS }]),
    injectors: seen([{ revision: "asm-1-26", cniEnabled: true }]),
    webhooks: seen(standardWebhooks("asm-1-26")),
    namespaces: seen([SHOP]),
    replicaSets: seen([]),
    refusedWorkloads: seen({ workloads: [], notChecked: 0 }),
    refusedRollables: seen([]),
    probes: seen({ skipReason: "", answers: [PROVEN], leftOut: 0 }),
    pods: seen(census()),
    windowsNodes: seen([]),
    revisionsInUse: seen(["asm-1-26"]),
    ...overrides,
  };
}

export function snapshot(
  overrides: { cluster?: ClusterFacts; feature?: Snapshot["feature"]; observation?: Observed<MeshObservation> } = {},
): Snapshot {
  return {
    cluster: cluster(),
    feature: { name: "IstioCNIPreview", state: "Registered", why: "" },
    supportedRevisions: seen([{ revision: "asm-1-26", upgrades: ["asm-1-27"] }]),
    observation: seen(observation()),
    ...overrides,
  };
}

/** A snapshot with other observations of the cluster. */
export function showing(overrides: Partial<MeshObservation>): Snapshot {
  return snapshot({ observation: seen(observation(overrides)) });
}

export function goal(mechanism: Goal["mechanism"] = CNI_CHAINING, ...namespaces: readonly string[]): Goal {
  return { mechanism, namespaces: namespaceScope(namespaces) };
}

/** The containers of an injected pod, as the injector writes them. */
export const VALIDATION = {
  name: "istio-validation",
  args: ["istio-iptables", "-p", "15001", "--run-validation", "--skip-rule-apply"],
  securityContext: { privileged: false, capabilities: { drop: ["ALL"] } },
};
export const INIT = {
  name: "istio-init",
  args: ["istio-iptables", "-p", "15001"],
  securityContext: { privileged: false, capabilities: { add: ["NET_ADMIN", "NET_RAW"], drop: ["ALL"] } },
};
export const CLASSIC = {
  name: "istio-proxy",
  args: ["proxy", "sidecar"],
  securityContext: { privileged: false, capabilities: { drop: ["ALL"] } },
};
export const NATIVE = { ...CLASSIC, restartPolicy: "Always" };
export const APP = { name: "app" };

export interface PodShape {
  name?: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  metadata?: object;
  spec?: object;
  init?: readonly unknown[];
  containers?: readonly unknown[];
  status?: object;
}

/** A Pod object as the API returns it. */
export function podJson(shape: PodShape = {}): object {
  return {
    metadata: {
      namespace: shape.namespace ?? "shop",
      name: shape.name ?? "web-1",
      creationTimestamp: "2026-03-01T11:00:00Z",
      ...(shape.labels && { labels: shape.labels }),
      ...(shape.annotations && { annotations: shape.annotations }),
      ...shape.metadata,
    },
    spec: {
      nodeName: "node-1",
      initContainers: shape.init ?? [],
      containers: shape.containers ?? [APP],
      ...shape.spec,
    },
    status: { phase: "Running", ...shape.status },
  };
}

/** A status in which istio-validation has exited. */
export function validationExited(exitCode: number, finishedAt = "2026-03-01T11:00:05Z", restartCount = 0): object {
  return {
    initContainerStatuses: [{ name: "istio-validation", restartCount, state: { terminated: { exitCode, finishedAt } } }],
  };
}

export const CNI_POD: PodShape = {
  init: [VALIDATION, NATIVE],
  annotations: { "sidecar.istio.io/status": "{}" },
  status: validationExited(0),
};
export const LEGACY_POD: PodShape = { init: [INIT, NATIVE], annotations: { "sidecar.istio.io/status": "{}" } };
