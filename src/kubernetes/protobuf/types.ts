/**
 * Kubernetes' protobuf, as far as anybody here reads it: the numbers that its types give to their fields. A number that was given
 * once keeps its meaning for as long as the version of the API lives. Source: `generated.proto` of k8s.io/api and
 * k8s.io/apimachinery. `__tests__/kubernetes/protobuf.test.ts` holds them against answers that Kubernetes' own encoder wrote.
 */

/** What a field holds. The names are JSON's, so that an object reads the same however it came. */
export type FieldType =
  | "text" | "integer" | "boolean"
  /** RFC 3339 text in JSON, a message with seconds since the epoch here: `metav1.Time`. */
  | "time"
  /** A list of texts. */
  | "texts"
  /** A map from text to text, such as labels. */
  | "map"
  | MessageType
  /** A list of such messages. */
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
const SECURITY_CONTEXT: MessageType = { capabilities: [1, CAPABILITIES], privileged: [2, "boolean"], runAsUser: [4, "integer"] };
const ENV_VAR: MessageType = { name: [1, "text"], value: [2, "text"] };

const CONTAINER: MessageType = {
  name: [1, "text"],
  args: [4, "texts"],
  env: [7, [ENV_VAR]],
  securityContext: [15, SECURITY_CONTEXT],
  restartPolicy: [24, "text"],
};

const CONTAINER_STATE: MessageType = { terminated: [3, { exitCode: [1, "integer"], finishedAt: [6, "time"] }] };

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
      securityContext: [14, { runAsUser: [2, "integer"] }],
      initContainers: [20, [CONTAINER]],
    },
  ],
  status: [
    3,
    {
      phase: [1, "text"],
      conditions: [2, [POD_CONDITION]],
      containerStatuses: [8, [CONTAINER_STATUS]],
      initContainerStatuses: [10, [CONTAINER_STATUS]],
    },
  ],
};

const REPLICA_SET_CONDITION: MessageType = { type: [1, "text"], status: [2, "text"], reason: [4, "text"], message: [5, "text"] };

const REPLICA_SET: MessageType = {
  metadata: [1, OBJECT_META],
  spec: [2, { replicas: [1, "integer"] }],
  status: [3, { replicas: [1, "integer"], conditions: [6, [REPLICA_SET_CONDITION]] }],
};

/** The resources of which a large cluster has many. Lists of others are short, and asked for as JSON. */
const BY_RESOURCE: ReadonlyMap<string, MessageType> = new Map([
  ["pods", POD],
  ["replicasets", REPLICA_SET],
]);

/** The type of a resource such as `pods`; undefined for one that is asked for as JSON. */
export function messageTypeOf(resource: string): MessageType | undefined {
  return BY_RESOURCE.get(resource);
}

/** What every answer is wrapped in, behind its first four bytes. */
export const UNKNOWN = { typeMeta: 1, raw: 2 } as const;
export const TYPE_META: MessageType = { apiVersion: [1, "text"], kind: [2, "text"] };

/** What every list is: its own metadata, and the objects. */
export const LIST = { metadata: 1, items: 2 } as const;
export const LIST_META: MessageType = { continue: [3, "text"] };

/** What a refusal is. */
export const STATUS: MessageType = { status: [2, "text"], message: [3, "text"], reason: [4, "text"], code: [6, "integer"] };
