/** The objects that expectations are made of: workloads whose pods satisfy Deployment Safeguards by themselves. */
import type { JsonObject } from "../../simulator/lib/json.ts";

export interface PodTraits {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** What becomes of the pod; see control-plane/nodes/status.go. */
  readonly becomes?: string;
  /** Merged into the pod's spec. */
  readonly spec?: JsonObject;
  /** Merged into its one container. */
  readonly container?: JsonObject;
}

interface Named {
  readonly namespace: string;
  readonly name: string;
}

const IMAGE = "mcr.microsoft.com/oss/kubernetes/pause:3.9";

/** On every namespace that the suite makes: those of a former run are removed by it. */
export const MADE_BY_SUITE = { "conformance/made-by": "suite" } as const;

/** A namespace; with a revision, one whose pods are injected. */
export function namespace(name: string, labels: Readonly<Record<string, string>> = {}): JsonObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels: { ...MADE_BY_SUITE, ...labels } } };
}

/** Labels of a namespace on a cluster without Deployment Safeguards. */
export const WITHOUT_SAFEGUARDS = { "conformance/safeguards": "off" } as const;

function podParts(name: string, traits: PodTraits): { metadata: JsonObject; spec: JsonObject } {
  const annotations = { ...traits.annotations, ...(traits.becomes === undefined ? {} : { "conformance/becomes": traits.becomes }) };
  return {
    metadata: { labels: { app: name, ...traits.labels }, annotations },
    spec: {
      securityContext: { runAsNonRoot: true, runAsUser: 65535, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "app",
          image: IMAGE,
          resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "20m", memory: "32Mi" } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          ...traits.container,
        },
      ],
      ...traits.spec,
    },
  };
}

export function pod({ namespace: within, name, ...traits }: Named & PodTraits): JsonObject {
  const { metadata, spec } = podParts(name, traits);
  return { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, namespace: within, name }, spec };
}

interface Replicated extends Named, PodTraits {
  readonly replicas?: number;
  /** Merged into the workload's spec. */
  readonly more?: JsonObject;
}

function replicated(kind: string, { namespace: within, name, replicas = 1, more = {}, ...traits }: Replicated): JsonObject {
  const selector = { matchLabels: { app: name } };
  const spec = { replicas, selector, template: podParts(name, traits), ...more };
  return { apiVersion: "apps/v1", kind, metadata: { namespace: within, name, labels: { app: name } }, spec };
}

export function deployment(traits: Replicated): JsonObject {
  return replicated("Deployment", traits);
}

export function replicaSet(traits: Replicated): JsonObject {
  return replicated("ReplicaSet", traits);
}

export function statefulSet(traits: Replicated): JsonObject {
  return replicated("StatefulSet", { ...traits, more: { serviceName: traits.name, ...traits.more } });
}

export function daemonSet({ namespace: within, name, more = {}, ...traits }: Named & PodTraits & { readonly more?: JsonObject }): JsonObject {
  const spec = { selector: { matchLabels: { app: name } }, template: podParts(name, traits), ...more };
  return { apiVersion: "apps/v1", kind: "DaemonSet", metadata: { namespace: within, name, labels: { app: name } }, spec };
}

function jobSpec(name: string, traits: PodTraits): JsonObject {
  const { metadata, spec } = podParts(name, traits);
  return { backoffLimit: 3, template: { metadata, spec: { ...spec, restartPolicy: "Never" } } };
}

export function job({ namespace: within, name, ...traits }: Named & PodTraits): JsonObject {
  return { apiVersion: "batch/v1", kind: "Job", metadata: { namespace: within, name }, spec: jobSpec(name, traits) };
}

/** Due every minute. */
export function cronJob({ namespace: within, name, ...traits }: Named & PodTraits): JsonObject {
  const spec = { schedule: "* * * * *", concurrencyPolicy: "Forbid", jobTemplate: { spec: jobSpec(name, traits) } };
  return { apiVersion: "batch/v1", kind: "CronJob", metadata: { namespace: within, name }, spec };
}

export function quota(within: string, hard: Readonly<Record<string, string>>): JsonObject {
  return { apiVersion: "v1", kind: "ResourceQuota", metadata: { namespace: within, name: "quota" }, spec: { hard: { ...hard } } };
}
