/** The rights that requests need, so that the remedy for a refusal can name the role. Source: the definitions of the AKS RBAC roles. */
import type { Right } from "../lib/errors.ts";

/** For reading pods, namespaces, config maps and workloads. */
export function readerRight(action: string): Right {
  return { action: `the Kubernetes right to ${action}`, scope: "the cluster", role: "Azure Kubernetes Service RBAC Reader" };
}

/** For dry runs of pods and patches of workloads, in every namespace except those of AKS. */
export function writerRight(action: string): Right {
  return { action: `the Kubernetes right to ${action}`, scope: "the cluster", role: "Azure Kubernetes Service RBAC Writer" };
}

/** For cluster-wide resources such as nodes and webhooks, which RBAC Reader does not include. */
export function clusterRight(action: string): Right {
  return { action: `the Kubernetes right to ${action}`, scope: "the cluster", role: "Azure Kubernetes Service RBAC Cluster Admin" };
}
