/** Differences between the simulated API server and the real one that are known and left as they are, each with its reason. */

export interface AcceptedDifference {
  /** The questions it belongs to; undefined for every one. */
  readonly of?: RegExp;
  readonly pattern: RegExp;
  readonly why: string;
}

/** Where a pod's own containers are described, in pods and in the templates of workloads. */
const TEMPLATE = String.raw`(?:items\[\]\.)?spec\.(?:template\.(?:spec|metadata)\.)?`;

function below(path: string, ...names: readonly string[]): RegExp {
  return new RegExp(`^only (?:real|simulated): ${path}(?:${names.join("|")})(?:: \\w+)?$`);
}

export const ACCEPTED: readonly AcceptedDifference[] = [
  { pattern: /managedFields$/, why: "The simulator does not track who owns which field; the action does not read it." },
  {
    pattern: below(TEMPLATE, "creationTimestamp", "serviceAccountName", "serviceAccount", String.raw`securityContext\.runAs\w+`, String.raw`containers\[\]\.(?:livenessProbe|readinessProbe|ports|volumeMounts|securityContext\.\w+)`),
    why: "The two worlds' applications are not the same program: probes, ports and users are their authors' choice.",
  },
  {
    pattern: below(TEMPLATE, "affinity", "enableServiceLinks", "hostname", "subdomain", "preemptionPolicy", "priority", "tolerations", "dnsPolicy", "schedulerName", "restartPolicy", "terminationGracePeriodSeconds"),
    why: "Defaults of the API server and of its admission plugins that say nothing of a mesh.",
  },
  {
    pattern: below(TEMPLATE, String.raw`(?:initC|c)ontainers\[\]\.(?:imagePullPolicy|terminationMessage\w+|env\[\]\.valueFrom\.resourceFieldRef|volumeMounts\[\]\.readOnly)`, String.raw`volumes\[\]\..*`),
    why: "Defaults of containers, and volumes and variables of Istio's template that no check reads.",
  },
  { of: /pods|probe/, pattern: /metadata\.generation: number$/, why: "Pods have a generation from Kubernetes 1.33 on; the action does not read it." },
  { of: /pods/, pattern: /^only simulated: items\[\]\.status\.(?:hostIP|podIP|initContainerStatuses\[\]\.state\.terminated\.containerID): string$/, why: "The suite's nodes run no containers, so there are no addresses and no container ids." },
  { of: /Deployment|ReplicaSets/, pattern: /^only real: (?:items\[\]\.)?status\.terminatingReplicas: number$/, why: "Kubernetes counts them from 1.35 on; the action does not read it." },
  { of: /webhooks/, pattern: /clientConfig\.(?:url: string|service)$/, why: "The suite's API server reaches istiod by URL: there is no cluster network." },
  { of: /Deployment|DaemonSet/, pattern: /^only real: metadata\.annotations$/, why: "The controllers note their revision in deployment.kubernetes.io/revision and deprecated.daemonset.template.generation." },
  { of: /StatefulSet|DaemonSet/, pattern: /^only real: spec\.(?:persistentVolumeClaimRetentionPolicy|revisionHistoryLimit: number)$/, why: "Defaults that say nothing of a rollout." },
  { of: /events/, pattern: /^only real: items\[\]\.involvedObject\.resourceVersion: string$/, why: "The version of the object that an event is about; the action does not read it." },
];
