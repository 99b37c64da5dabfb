/** Sample reports for the tests of report/ and github/. */
import type { Check, Offender, Report, StepReport } from "../../src/contract.ts";
import { NO_LINKS } from "../../src/report/links.ts";
import type { SummaryInput } from "../../src/report/summary/input.ts";

export function check(overrides: Partial<Check> = {}): Check {
  return {
    id: "cni-chaining-enabled",
    title: "CNI chaining is enabled",
    result: "pass",
    message: "Azure says CNIChaining.",
    evidence: [],
    remedy: "",
    ...overrides,
  };
}

export function step(overrides: Partial<StepReport> = {}): StepReport {
  return {
    id: "switch-redirection",
    title: "Switch the redirection mechanism",
    reason: "Azure says InitContainers, wanted is CNIChaining.",
    outcome: "done",
    durationMs: 108_000,
    ...overrides,
  };
}

export function offender(overrides: Partial<Offender> = {}): Offender {
  return {
    namespace: "shop",
    name: "cart-5d9c7b6f4-x2x4z",
    owner: { kind: "Deployment", name: "cart" },
    state: "legacy-init",
    detail: "istio-init, started 2026-04-01T08:00:00Z, before the switch",
    ...overrides,
  };
}

export function report(overrides: Partial<Report> = {}): Report {
  return {
    schemaVersion: 1,
    mode: "apply",
    status: "compliant",
    startedAt: "2026-05-04T10:00:00.000Z",
    finishedAt: "2026-05-04T10:01:48.000Z",
    cluster: {
      id: "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/demo/providers/Microsoft.ContainerService/managedClusters/demo-aks",
      name: "demo-aks",
      location: "westeurope",
      sku: "Automatic/Standard",
      kubernetesVersion: "1.33.2",
      provisioningState: "Succeeded",
      powerState: "Running",
    },
    mesh: {
      mode: "Istio",
      revisions: ["asm-1-27"],
      redirectionMechanism: { before: "CNIChaining", after: "CNIChaining" },
    },
    feature: { name: "Microsoft.ContainerService/IstioCNIPreview", before: "Registered", after: "Registered" },
    plan: [step({ outcome: "unneeded", reason: "Azure says CNIChaining already.", durationMs: 0 })],
    checks: [
      check(),
      check({ id: "cni-daemonset-ready", title: "The CNI node agent is ready", message: "3 of 3 pods are ready." }),
    ],
    pods: { total: 12, byState: { cni: 10, "out-of-mesh": 2 }, offenders: [], offendersNotListed: 0 },
    requests: { arm: 4, kubernetes: 23, retried: 1 },
    ...overrides,
  };
}

/** A drift check that found the mesh back on init containers. */
export function driftedReport(overrides: Partial<Report> = {}): Report {
  return report({
    mode: "check",
    status: "drifted",
    mesh: {
      mode: "Istio",
      revisions: ["asm-1-26", "asm-1-27"],
      redirectionMechanism: { before: "InitContainers", after: "InitContainers" },
    },
    plan: [
      step({ outcome: "planned", durationMs: 0 }),
      step({ id: "register-feature", title: "Register the preview feature", outcome: "unneeded", reason: "It is registered.", durationMs: 0 }),
    ],
    checks: [
      check({
        result: "fail",
        message: "Azure says InitContainers.",
        evidence: ["properties.serviceMeshProfile.istio.components.proxyRedirectionMechanism is InitContainers"],
        remedy: "Run the action in mode apply. Where Terraform manages the cluster, set the property there as well.",
      }),
      check({
        id: "pods-redirected",
        title: "Pods are redirected by the CNI plugin",
        result: "fail",
        message: "2 of 12 pods still have istio-init.",
        evidence: ["shop/cart-5d9c7b6f4-x2x4z: legacy-init", "shop/pay-7c5ddbdf54-abcde: legacy-init"],
        remedy: "Restart their workloads, or set restart-workloads: stale.",
      }),
      check({ id: "cni-covers-nodes", title: "Every Linux node has a CNI node agent", result: "warn", message: "Node aks-np-7 is young and has none yet." }),
      check({ id: "admission-probe", title: "Admission lets injected pods in", result: "skip", message: "Not asked: probe is false." }),
      check({ id: "cluster-ready", title: "The cluster is ready", message: "Succeeded and running." }),
      check({ id: "mesh-enabled", title: "The mesh is enabled", message: "Istio, asm-1-26 and asm-1-27." }),
    ],
    pods: {
      total: 12,
      byState: { cni: 8, "legacy-init": 2, "out-of-mesh": 2 },
      offenders: [offender(), offender({ name: "pay-7c5ddbdf54-abcde", owner: { kind: "Deployment", name: "pay" } })],
      offendersNotListed: 0,
    },
    ...overrides,
  });
}

/** A run that Azure refused. */
export function failedReport(overrides: Partial<Report> = {}): Report {
  return report({
    status: "failed",
    mesh: { mode: "Istio", revisions: ["asm-1-27"], redirectionMechanism: { before: "InitContainers", after: "InitContainers" } },
    plan: [step({ outcome: "failed", durationMs: 2_300 }), step({ id: "restart-workloads", title: "Restart stale workloads", reason: "The switch failed.", outcome: "skipped", durationMs: 0 })],
    error: {
      code: "AuthorizationFailed",
      doing: "switching the redirection mechanism",
      message: "The client 'deploy@contoso.com' does not have authorization to perform action 'Microsoft.ContainerService/managedClusters/write'.",
      remedy: "Give the identity the role Azure Kubernetes Service Contributor on the cluster.",
      correlationId: "7d4b9c6f-1111-2222-3333-444444444444",
    },
    ...overrides,
  });
}

export const DIFFERENCE = [
  {
    path: "properties.serviceMeshProfile.istio.components.proxyRedirectionMechanism",
    before: '"InitContainers"',
    after: '"CNIChaining"',
  },
] as const;

export function summaryInput(overrides: Partial<SummaryInput> = {}): SummaryInput {
  return {
    report: report(),
    accessUsed: "direct: the API server answered",
    identityUsed: "OIDC federation: client-id and tenant-id are set and GitHub offers a token",
    warnings: [],
    links: NO_LINKS,
    reportPath: "/home/runner/work/_temp/istio-cni-report.json",
    ...overrides,
  };
}
