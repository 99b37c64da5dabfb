/** What apply ends as in each scenario, and what it changes. */
import type { ScenarioName } from "../../simulator/index.ts";
import { PUT, REFRESH, REGISTER } from "./world.ts";

/** How an apply ends. */
export interface ExpectedApply {
  readonly exitCode: 0 | 1;
  readonly outputs: Readonly<Record<string, string>>;
  /** Requests that change something, without PUTs refused for the feature, whose number depends on the speed. */
  readonly changes: readonly string[];
  readonly failing?: readonly string[];
  readonly warnings?: readonly string[];
  /** Parts of the error's text. */
  readonly error?: readonly string[];
  /** The status of a second apply, which has nothing to change; undefined where the first has changed nothing either. */
  readonly secondStatus?: string;
}

/** The PUT that is refused until the feature is registered. */
export const GATED = `${PUT} (400)`;
/** The write is repeated for a while, since the role assignment may be propagating. */
export const FORBIDDEN = `${PUT} (403)`;

export const APPLY: Readonly<Record<ScenarioName, ExpectedApply>> = {
  fresh: {
    exitCode: 0,
    outputs: { status: "changed", changed: "true", drift: "false", "feature-state": "Registered", "redirection-mechanism": "CNIChaining", revisions: "asm-1-30", "daemonset-ready": "5/5", "stale-workloads": "0" },
    changes: [REGISTER, REFRESH, PUT],
    // The controllers have not tried again yet.
    warnings: ["workloads-admitted"],
    secondStatus: "compliant",
  },
  compliant: {
    exitCode: 0,
    outputs: { status: "compliant", changed: "false", drift: "false", "feature-state": "Registered", "redirection-mechanism": "CNIChaining", "daemonset-ready": "5/5" },
    changes: [],
  },
  "reset-by-terraform": {
    exitCode: 0,
    outputs: { status: "changed", "redirection-mechanism": "CNIChaining" },
    changes: [PUT],
    warnings: ["workloads-current"],
    secondStatus: "compliant",
  },
  "flag-graduated": {
    exitCode: 0,
    outputs: { status: "changed", "feature-state": "NotFound", "redirection-mechanism": "CNIChaining" },
    changes: [PUT],
    secondStatus: "compliant",
  },
  "flag-pending": {
    exitCode: 1,
    outputs: { status: "failed", changed: "true", "feature-state": "Pending" },
    changes: [REGISTER],
    failing: ["cni-chaining-enabled"],
    warnings: ["feature-registered"],
    error: ["Pending", "needs approval"],
    secondStatus: "failed",
  },
  "mesh-off": {
    exitCode: 1,
    outputs: { status: "failed", changed: "false" },
    changes: [],
    failing: ["mesh-enabled"],
    error: ["az aks mesh enable"],
  },
  "revision-too-old": {
    exitCode: 1,
    outputs: { status: "failed", changed: "false", revisions: "asm-1-24" },
    changes: [],
    failing: ["revision-supported"],
    error: ["asm-1-24", "asm-1-25"],
  },
  "revision-out-of-support": {
    exitCode: 0,
    outputs: { status: "changed", revisions: "asm-1-28", "redirection-mechanism": "CNIChaining" },
    changes: [PUT],
    warnings: ["workloads-current"],
    secondStatus: "compliant",
  },
  stopped: {
    exitCode: 1,
    outputs: { status: "failed", changed: "false" },
    changes: [],
    failing: ["cluster-ready"],
    error: ["stopped", "az aks start"],
  },
  busy: {
    exitCode: 0,
    outputs: { status: "changed", "redirection-mechanism": "CNIChaining" },
    changes: [PUT],
    secondStatus: "compliant",
  },
  canary: {
    exitCode: 0,
    outputs: { status: "changed", revisions: "asm-1-29,asm-1-30" },
    changes: [PUT],
    secondStatus: "compliant",
  },
  "stale-pods": {
    exitCode: 0,
    outputs: { status: "changed", drift: "false", "stale-workloads": "5" },
    changes: [PUT],
    warnings: ["workloads-current"],
    secondStatus: "compliant",
  },
  "refused-by-safeguards": {
    exitCode: 1,
    outputs: { status: "failed", changed: "false", drift: "true", "redirection-mechanism": "CNIChaining" },
    changes: [],
    failing: ["workloads-admitted"],
    error: ["NET_ADMIN"],
  },
  forbidden: {
    exitCode: 1,
    outputs: { status: "failed", changed: "false", "feature-state": "Unknown" },
    changes: [FORBIDDEN],
    error: ["Microsoft.ContainerService/managedClusters/write", "Azure Kubernetes Service Contributor Role"],
    secondStatus: "failed",
  },
  private: {
    exitCode: 0,
    outputs: { status: "changed", "redirection-mechanism": "CNIChaining", "daemonset-ready": "5/5" },
    changes: [PUT],
    secondStatus: "compliant",
  },
  "no-run-command": {
    exitCode: 0,
    outputs: { status: "unverified", changed: "true", "redirection-mechanism": "CNIChaining", "daemonset-ready": "" },
    changes: [PUT],
    secondStatus: "unverified",
  },
  "reader-only": { exitCode: 0, outputs: { status: "compliant", changed: "false" }, changes: [] },
  "no-pods-yet": { exitCode: 0, outputs: { status: "compliant", changed: "false", "stale-workloads": "0" }, changes: [] },
  gatekeeper: {
    exitCode: 0,
    outputs: { status: "changed", drift: "false" },
    changes: [PUT],
    warnings: ["admission-probe", "workloads-admitted"],
    secondStatus: "compliant",
  },
  "two-revisions": { exitCode: 0, outputs: { status: "compliant", revisions: "asm-1-29,asm-1-30" }, changes: [] },
  "revision-tags": {
    exitCode: 1,
    outputs: { status: "failed", changed: "false", drift: "true" },
    changes: [],
    failing: ["namespaces-labelled", "admission-probe", "pods-redirected"],
    error: ["edge"],
  },
  "stuck-rollout": { exitCode: 0, outputs: { status: "compliant", changed: "false" }, changes: [], warnings: ["workloads-current"] },
  "race-126": {
    exitCode: 1,
    outputs: { status: "failed", changed: "false", "daemonset-ready": "5/6" },
    changes: [],
    failing: ["cni-daemonset-ready", "cni-covers-nodes", "pods-redirected"],
    error: ["5/6"],
  },
};
