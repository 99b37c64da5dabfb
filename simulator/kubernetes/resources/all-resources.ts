/** All resources that the API server serves. Add a new one here, with a file of its own beside this one. */
import type { Resource } from "../objects/resource.ts";
import { configMaps } from "./config-maps.ts";
import { daemonSets } from "./daemon-sets.ts";
import { deployments } from "./deployments.ts";
import { events } from "./events.ts";
import { jobs } from "./jobs.ts";
import { namespaces } from "./namespaces.ts";
import { nodes } from "./nodes.ts";
import { pods } from "./pods.ts";
import { replicaSets } from "./replica-sets.ts";
import { statefulSets } from "./stateful-sets.ts";
import { webhooks } from "./webhooks.ts";

/** In the order of discovery. */
export const RESOURCES: readonly Resource[] = [
  { group: "", plural: "namespaces", kind: "Namespace", namespaced: false, entries: namespaces },
  { group: "", plural: "nodes", kind: "Node", namespaced: false, entries: nodes },
  { group: "", plural: "pods", kind: "Pod", namespaced: true, entries: pods },
  { group: "", plural: "configmaps", kind: "ConfigMap", namespaced: true, entries: configMaps },
  { group: "", plural: "secrets", kind: "Secret", namespaced: true, entries: () => [] },
  { group: "", plural: "events", kind: "Event", namespaced: true, entries: events },
  { group: "apps", plural: "deployments", kind: "Deployment", namespaced: true, entries: deployments },
  { group: "apps", plural: "replicasets", kind: "ReplicaSet", namespaced: true, entries: replicaSets },
  { group: "apps", plural: "statefulsets", kind: "StatefulSet", namespaced: true, entries: statefulSets },
  { group: "apps", plural: "daemonsets", kind: "DaemonSet", namespaced: true, entries: daemonSets },
  { group: "batch", plural: "jobs", kind: "Job", namespaced: true, entries: jobs },
  {
    group: "admissionregistration.k8s.io",
    plural: "mutatingwebhookconfigurations",
    kind: "MutatingWebhookConfiguration",
    namespaced: false,
    entries: webhooks,
  },
];
