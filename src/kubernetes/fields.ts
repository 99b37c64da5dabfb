/**
 * What of each resource anybody here reads, in the place where it is: one description for both ways of leaving out the rest.
 * `projections.ts` makes jq filters of it for `run-command`, whose answers are cut at 512 kB; `protobuf-plan.ts` makes plans of it,
 * by which large lists are read. `__tests__/kubernetes/projections.test.ts` holds it against the readers in `mesh/`.
 */

/** What is kept of a value. What is of another type than described is kept as it is. */
export type Fields =
  /** All of it. */
  | { readonly kind: "whole" }
  /** That it is there: 0 takes its place. */
  | { readonly kind: "presence" }
  /** Of an object, these properties. */
  | { readonly kind: "object"; readonly of: Readonly<Record<string, Fields>> }
  /** Of a list, this of each item. */
  | { readonly kind: "list"; readonly each: Fields }
  /** Of a list of texts, the first so many, and of the others those that are one of `values`. */
  | { readonly kind: "texts"; readonly first: number; readonly values: readonly string[] }
  /** Of a list of objects, this of those whose `key` is one of `values`; of the others nothing, or `others`. */
  | { readonly kind: "some"; readonly key: string; readonly values: readonly string[]; readonly each: Fields; readonly others?: Fields };

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

const USER = object(["runAsUser"]);

const ISTIO_CONTAINER = object(["name", "restartPolicy"], {
  // What kind of proxy it is stands first; of the two dozen arguments of istio-validation one counts.
  args: { kind: "texts", first: 2, values: ["--run-validation", "--run-validation=true"] },
  securityContext: object(["privileged", "capabilities", "runAsUser"]),
  env: { kind: "some", key: "name", values: ["DISABLE_ENVOY", "ISTIO_META_INTERCEPTION_MODE"], each: object(["name", "value"]) },
});

const ENDED = object([], { terminated: object(["exitCode", "finishedAt"]) });

const ISTIO_STATUSES: Fields = {
  kind: "some",
  key: "name",
  values: ISTIO_CONTAINERS,
  each: object(["name", "ready", "restartCount"], { state: ENDED, lastState: ENDED }),
};

const POD = object([], {
  metadata: object(METADATA_WHOLE, {
    ...METADATA_PARTS,
    // The injector's signature is a kilobyte of JSON of which only the presence counts.
    annotations: object(["sidecar.istio.io/inject", "sidecar.istio.io/interceptionMode", "kubernetes.io/config.mirror"], { "sidecar.istio.io/status": PRESENCE }),
  }),
  spec: object(["nodeName", "hostNetwork"], {
    securityContext: USER,
    containers: { kind: "some", key: "name", values: ISTIO_CONTAINERS, each: ISTIO_CONTAINER },
    // An application's init container is redirected or not by its user.
    initContainers: { kind: "some", key: "name", values: ISTIO_CONTAINERS, each: ISTIO_CONTAINER, others: object(["name"], { securityContext: USER }) },
  }),
  status: object(["phase"], {
    conditions: { kind: "some", key: "type", values: ["Ready", "ContainersReady"], each: object(["type", "status", "lastTransitionTime"]) },
    initContainerStatuses: ISTIO_STATUSES,
    containerStatuses: ISTIO_STATUSES,
  }),
});

const REPLICA_SET = object([], {
  metadata: METADATA,
  spec: object(["replicas"]),
  status: object(["replicas"], { conditions: list("type", "status", "reason", "message") }),
});

const EVENT = object(["reason", "message", "lastTimestamp", "eventTime"], {
  metadata: object(["name", "namespace"]),
  involvedObject: object(["kind", "namespace", "name"]),
  series: object(["lastObservedTime"]),
});

/** Without its authority and address, a webhook is its selectors. */
const WEBHOOKS = object([], { metadata: METADATA, webhooks: list("name", "namespaceSelector", "objectSelector") });

const BY_RESOURCE: ReadonlyMap<string, Fields> = new Map([
  ["pods", POD],
  ["replicasets", REPLICA_SET],
  ["namespaces", NAME_ONLY],
  ["nodes", NAME_ONLY],
  ["events", EVENT],
  ["mutatingwebhookconfigurations", WEBHOOKS],
]);

/** What is read of objects of this resource, such as `pods`; undefined where no description says so. */
export function fieldsOf(resource: string): Fields | undefined {
  return BY_RESOURCE.get(resource);
}
