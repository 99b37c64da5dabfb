/** The rights that questions need, so that a refusal can name them. Source: the definitions of the AKS RBAC roles. */
import type { Right } from "../lib/errors.ts";

/** Verbs on what RBAC Reader may see: pods, namespaces, config maps, workloads. */
export function readerRight(action: string): Right {
  return { action: `the Kubernetes right to ${action}`, scope: "the cluster", role: "Azure Kubernetes Service RBAC Reader" };
}

/** Dry runs of pods and patches of workloads, which RBAC Writer may do in every namespace but AKS' own. */
export function writerRight(action: string): Right {
  return { action: `the Kubernetes right to ${action}`, scope: "the cluster", role: "Azure Kubernetes Service RBAC Writer" };
}

/** Verbs on nodes, webhooks and other things of the whole cluster, which RBAC Reader may not see. */
export function clusterRight(action: string): Right {
  return { action: `the Kubernetes right to ${action}`, scope: "the cluster", role: "Azure Kubernetes Service RBAC Cluster Admin" };
}
