/**
 * The fields of each resource that the action reads, by their place in the object. Two things are made from this description:
 * `run-command/projections.ts` makes jq filters, because the output of a run command is cut at 512 kB, and `protobuf/plan.ts` makes
 * plans for reading large lists. `__tests__/kubernetes/run-command/projections.test.ts` compares it with the readers in `istio/`.
 */

/** The part of a value that is kept. A value of another type than described is kept unchanged. */
export type Fields =
  /** The whole value. */
  | { readonly kind: "whole" }
  /** Only whether the value exists: it is replaced by 0. */
  | { readonly kind: "presence" }
  /** These properties of an object. */
  | { readonly kind: "object"; readonly of: Readonly<Record<string, Fields>> }
  /** This part of each item of a list. */
  | { readonly kind: "list"; readonly each: Fields }
  /** The first texts of a list, this many, and those of the others that are one of `values`. */
  | { readonly kind: "texts"; readonly first: number; readonly values: readonly string[] }
  /** This part of the objects in a list whose `key` is one of `values`. The other objects are left out, or reduced to `others`. */
  | { readonly kind: "selected"; readonly key: string; readonly values: readonly string[]; readonly each: Fields; readonly others?: Fields };

const WHOLE: Fields = { kind: "whole" };
const PRESENCE: Fields = { kind: "presence" };

function object(whole: readonly string[], parts: Readonly<Record<string, Fields>> = {}): Fields {
  return { kind: "object", of: { ...Object.fromEntries(whole.map((name) => [name, WHOLE])), ...parts } };
}

function list(...whole: readonly string[]): Fields {
  return { kind: "list", each: object(whole) };
}

const METADATA_PARTS = { ownerReferences: list("kind", "name", "controller") };
const METADATA_WHOLE = ["name", "namespace", "labels", "generation", "creationTimestamp", "deletionTimestamp"];
const METADATA = object(METADATA_WHOLE, METADATA_PARTS);
const NAME_ONLY: Fields = object([], { metadata: METADATA });

const ISTIO_CONTAINERS = ["istio-proxy", "istio-init", "istio-validation"];

const USER = object(["runAsUser", "runAsGroup"]);

/** Annotations that can keep traffic away from the proxy. */
const TRAFFIC_ANNOTATIONS = [
  "traffic.sidecar.istio.io/excludeInboundPorts",
  "traffic.sidecar.istio.io/excludeInterfaces",
  "traffic.sidecar.istio.io/excludeOutboundIPRanges",
  "traffic.sidecar.istio.io/excludeOutboundPorts",
  "traffic.sidecar.istio.io/includeInboundPorts",
  "traffic.sidecar.istio.io/includeOutboundIPRanges",
  "traffic.sidecar.istio.io/includeOutboundPorts",
];

const ISTIO_CONTAINER = object(["name", "restartPolicy"], {
  // The first arguments give the type of proxy. Only one of the many arguments of istio-validation is read.
  args: { kind: "texts", first: 2, values: ["--run-validation", "--run-validation=true"] },
  securityContext: object(["privileged", "capabilities", "runAsUser"]),
  env: { kind: "selected", key: "name", values: ["DISABLE_ENVOY", "ISTIO_META_INTERCEPTION_MODE"], each: object(["name", "value"]) },
});

const EXIT = object(["exitCode", "finishedAt"]);
const TERMINATED = object([], { terminated: EXIT });
const CURRENT = object([], { terminated: EXIT, waiting: object(["reason"]) });

const ISTIO_STATUSES: Fields = {
  kind: "selected",
  key: "name",
  values: ISTIO_CONTAINERS,
  each: object(["name", "ready", "restartCount"], { state: CURRENT, lastState: TERMINATED }),
};

const POD = object([], {
  metadata: object(METADATA_WHOLE, {
    ...METADATA_PARTS,
    // The injector's status is a kilobyte of JSON. Only its presence is read.
    annotations: object(["sidecar.istio.io/inject", "sidecar.istio.io/interceptionMode", "kubernetes.io/config.mirror", ...TRAFFIC_ANNOTATIONS], { "sidecar.istio.io/status": PRESENCE }),
  }),
  spec: object(["nodeName", "hostNetwork"], {
    securityContext: USER,
    // The user of an application's container decides whether its traffic is redirected.
    containers: { kind: "selected", key: "name", values: ISTIO_CONTAINERS, each: ISTIO_CONTAINER, others: object(["name"], { securityContext: USER }) },
    initContainers: { kind: "selected", key: "name", values: ISTIO_CONTAINERS, each: ISTIO_CONTAINER, others: object(["name", "restartPolicy"], { securityContext: USER }) },
  }),
  status: object(["phase", "podIP"], {
    conditions: { kind: "selected", key: "type", values: ["Ready", "ContainersReady", "PodScheduled", "PodReadyToStartContainers"], each: object(["type", "status", "lastTransitionTime"]) },
    initContainerStatuses: ISTIO_STATUSES,
    containerStatuses: ISTIO_STATUSES,
  }),
});

const REPLICA_SET = object([], {
  metadata: METADATA,
  spec: object(["replicas"], {
    template: object([], {
      metadata: object(["labels"]),
      spec: object([], { initContainers: { kind: "selected", key: "name", values: ["istio-init"], each: object(["name"]) } }),
    }),
  }),
  status: object(["replicas"], { conditions: list("type", "status", "reason", "message") }),
});

const EVENT = object(["reason", "message", "lastTimestamp", "eventTime"], {
  metadata: object(["name", "namespace"]),
  involvedObject: object(["kind", "namespace", "name"]),
  series: object(["lastObservedTime"]),
});

/** Only the selectors of a webhook are read. Its CA bundle is large. */
const WEBHOOKS = object([], { metadata: METADATA, webhooks: list("name", "namespaceSelector", "objectSelector") });

const BY_RESOURCE: ReadonlyMap<string, Fields> = new Map([
  ["pods", POD],
  ["replicasets", REPLICA_SET],
  ["namespaces", NAME_ONLY],
  ["nodes", NAME_ONLY],
  ["events", EVENT],
  ["mutatingwebhookconfigurations", WEBHOOKS],
]);

/** The fields that are read of objects of this resource, such as `pods`; undefined if there is no description. */
export function fieldsFor(resource: string): Fields | undefined {
  return BY_RESOURCE.get(resource);
}
