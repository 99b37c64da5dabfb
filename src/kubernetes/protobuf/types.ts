/**
 * The field numbers of the Kubernetes types that the action reads as protobuf. A number never changes its meaning within a version of
 * an API. Source: `generated.proto` of k8s.io/api and k8s.io/apimachinery. `__tests__/kubernetes/protobuf/reader.test.ts` compares them
 * with the output of Kubernetes' own encoder.
 */

/** The type of a field. Fields have their JSON names, so that the same readers read an object from JSON and from protobuf. */
export type FieldType =
  | "text" | "integer" | "boolean"
  /** `metav1.Time`: RFC 3339 text in JSON, a message with the seconds since the epoch in protobuf. */
  | "time"
  /** A list of texts. */
  | "texts"
  /** A map from text to text, such as labels. */
  | "map"
  | MessageType
  /** A list of messages of this type. */
  | readonly [MessageType];

export interface MessageType {
  readonly [name: string]: readonly [number: number, type: FieldType];
}

const OWNER_REFERENCE: MessageType = { kind: [1, "text"], name: [3, "text"], controller: [6, "boolean"] };

const OBJECT_META: MessageType = {
  name: [1, "text"],
  namespace: [3, "text"],
  generation: [7, "integer"],
  creationTimestamp: [8, "time"],
  deletionTimestamp: [9, "time"],
  labels: [11, "map"],
  annotations: [12, "map"],
  ownerReferences: [13, [OWNER_REFERENCE]],
};

const CAPABILITIES: MessageType = { add: [1, "texts"], drop: [2, "texts"] };
const SECURITY_CONTEXT: MessageType = { capabilities: [1, CAPABILITIES], privileged: [2, "boolean"], runAsUser: [4, "integer"], runAsGroup: [8, "integer"] };
const ENV_VAR: MessageType = { name: [1, "text"], value: [2, "text"] };

const CONTAINER: MessageType = {
  name: [1, "text"],
  args: [4, "texts"],
  env: [7, [ENV_VAR]],
  securityContext: [15, SECURITY_CONTEXT],
  restartPolicy: [24, "text"],
};

const CONTAINER_STATE: MessageType = { waiting: [1, { reason: [1, "text"] }], terminated: [3, { exitCode: [1, "integer"], finishedAt: [6, "time"] }] };

const CONTAINER_STATUS: MessageType = {
  name: [1, "text"],
  state: [2, CONTAINER_STATE],
  lastState: [3, CONTAINER_STATE],
  ready: [4, "boolean"],
  restartCount: [5, "integer"],
};

const POD_CONDITION: MessageType = { type: [1, "text"], status: [2, "text"], lastTransitionTime: [4, "time"] };

const POD: MessageType = {
  metadata: [1, OBJECT_META],
  spec: [
    2,
    {
      containers: [2, [CONTAINER]],
      nodeName: [10, "text"],
      hostNetwork: [11, "boolean"],
      securityContext: [14, { runAsUser: [2, "integer"], runAsGroup: [6, "integer"] }],
      initContainers: [20, [CONTAINER]],
    },
  ],
  status: [
    3,
    {
      phase: [1, "text"],
      conditions: [2, [POD_CONDITION]],
      podIP: [6, "text"],
      containerStatuses: [8, [CONTAINER_STATUS]],
      initContainerStatuses: [10, [CONTAINER_STATUS]],
    },
  ],
};

const REPLICA_SET_CONDITION: MessageType = { type: [1, "text"], status: [2, "text"], reason: [4, "text"], message: [5, "text"] };

const POD_TEMPLATE: MessageType = { metadata: [1, OBJECT_META], spec: [2, { initContainers: [20, [CONTAINER]] }] };

const REPLICA_SET: MessageType = {
  metadata: [1, OBJECT_META],
  spec: [2, { replicas: [1, "integer"], template: [3, POD_TEMPLATE] }],
  status: [3, { replicas: [1, "integer"], conditions: [6, [REPLICA_SET_CONDITION]] }],
};

/** The resources of which a large cluster has many objects. Lists of other resources are short and are requested as JSON. */
const BY_RESOURCE: ReadonlyMap<string, MessageType> = new Map([
  ["pods", POD],
  ["replicasets", REPLICA_SET],
]);

/** The message type of a resource, such as `pods`; undefined for a resource that is requested as JSON. */
export function messageTypeFor(resource: string): MessageType | undefined {
  return BY_RESOURCE.get(resource);
}

/** The envelope of every response, `runtime.Unknown`, after the first four bytes. */
export const UNKNOWN = { typeMeta: 1, raw: 2 } as const;
export const TYPE_META: MessageType = { apiVersion: [1, "text"], kind: [2, "text"] };

/** The fields of every list: its metadata, and the objects. */
export const LIST = { metadata: 1, items: 2 } as const;
export const LIST_META: MessageType = { continue: [3, "text"] };

/** `metav1.Status`, the body of a refusal. */
export const STATUS: MessageType = { metadata: [1, LIST_META], status: [2, "text"], message: [3, "text"], reason: [4, "text"], code: [6, "integer"] };
