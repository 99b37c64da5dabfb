/**
 * jq filters that keep of an object what a reader in `mesh/` looks at, in the place where it was, so that one reader reads
 * both. They are for `run-command`, whose answers are cut at 512 kB. Which one applies follows from the path that is asked,
 * so that no question can be put without one. `__tests__/kubernetes/projections.test.ts` holds them against the readers.
 *
 * Every filter is a constant, in one line, and yields exactly one value. jq 1.6 is enough.
 */

/** Leaves out absent fields. */
const PRESENT = "with_entries(select(.value != null))";

const METADATA = `.metadata | {name, namespace, labels, ownerReferences: ([.ownerReferences[]? | {kind, name, controller}] | if . == [] then null else . end), generation, creationTimestamp, deletionTimestamp} | ${PRESENT}`;

/** The injector's signature is a kilobyte of JSON of which only the presence counts. */
const POD_ANNOTATIONS =
  'with_entries(select(.key == "sidecar.istio.io/inject" or .key == "sidecar.istio.io/interceptionMode" or .key == "sidecar.istio.io/status" or .key == "kubernetes.io/config.mirror") | if .key == "sidecar.istio.io/status" then .value = "{}" else . end)';

const IS_ISTIO = '(.name == "istio-proxy" or .name == "istio-init" or .name == "istio-validation")';

const ISTIO_CONTAINER = [
  "{name, args, restartPolicy",
  "securityContext: (if .securityContext == null then null else (.securityContext | {privileged, capabilities, runAsUser}) end)",
  'env: [.env[]? | select(.name == "DISABLE_ENVOY" or .name == "ISTIO_META_INTERCEPTION_MODE") | {name, value}]}',
].join(", ");

const CONTAINER_STATUS = [
  "{name, ready, restartCount",
  "state: {terminated: (.state.terminated | if . == null then null else {exitCode, finishedAt} end)}",
  "lastState: {terminated: (.lastState.terminated | if . == null then null else {exitCode, finishedAt} end)}}",
].join(", ");

const POD = [
  `{metadata: ((${METADATA}) + {annotations: ((.metadata.annotations // {}) | ${POD_ANNOTATIONS})})`,
  [
    "spec: ({nodeName: .spec.nodeName, hostNetwork: .spec.hostNetwork",
    "securityContext: (if .spec.securityContext.runAsUser == null then null else {runAsUser: .spec.securityContext.runAsUser} end)",
    `containers: [.spec.containers[]? | select(${IS_ISTIO}) | ${ISTIO_CONTAINER} | ${PRESENT}]`,
    // An application's init container is redirected or not by its user.
    `initContainers: [.spec.initContainers[]? | if ${IS_ISTIO} then ${ISTIO_CONTAINER} else {name, securityContext: (if .securityContext.runAsUser == null then null else {runAsUser: .securityContext.runAsUser} end)} end | ${PRESENT}]} | ${PRESENT})`,
  ].join(", "),
  [
    "status: ({phase: .status.phase",
    'conditions: [.status.conditions[]? | select(.type == "Ready" or .type == "ContainersReady") | {type, status, lastTransitionTime}]',
    `initContainerStatuses: [.status.initContainerStatuses[]? | select(${IS_ISTIO}) | ${CONTAINER_STATUS}]`,
    `containerStatuses: [.status.containerStatuses[]? | select(${IS_ISTIO}) | ${CONTAINER_STATUS}]} | ${PRESENT})}`,
  ].join(", "),
].join(", ");

const REPLICA_SET = `{metadata: (${METADATA}), spec: ({replicas: .spec.replicas} | ${PRESENT}), status: ({replicas: .status.replicas, conditions: [.status.conditions[]? | {type, status, reason, message}]} | ${PRESENT})}`;

const NAMESPACE = `{metadata: (${METADATA})}`;

const NODE = `{metadata: (${METADATA})}`;

const EVENT =
  "{metadata: {name: .metadata.name, namespace: .metadata.namespace}, reason, message, involvedObject: (.involvedObject | if . == null then null else {kind, namespace, name} end), series: (.series | if . == null then null else {lastObservedTime} end), lastTimestamp, eventTime} | with_entries(select(.value != null))";

/** The chart's values are a JSON text of many kilobytes, of which one switch counts. Other config maps are kept as they are. */
const CONFIG_MAP =
  'if ((.metadata.name // "") | startswith("istio-sidecar-injector-")) then {metadata: {name: .metadata.name, namespace: .metadata.namespace}, data: {values: ((.data.values // "") | (try fromjson catch null) | if type == "object" then {pilot: {cni: {enabled: (try .pilot.cni.enabled catch null)}}} else null end | tojson)}} else del(.metadata.managedFields) end';

/** Without its authority and address, a webhook is its selectors. */
const WEBHOOKS = `{metadata: (${METADATA}), webhooks: [.webhooks[]? | {name, namespaceSelector, objectSelector} | ${PRESENT}]}`;

/** Of a workload everything but what its pods are made from. */
const WORKLOAD =
  'del(.metadata.managedFields, .metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"], .spec.template.spec, .spec.jobTemplate.spec.template.spec)';

/** What nobody thought of is kept whole, but for the bookkeeping of field managers. */
const ANYTHING = "del(.metadata.managedFields)";

const BY_RESOURCE: ReadonlyMap<string, string> = new Map([
  ["pods", POD],
  ["replicasets", REPLICA_SET],
  ["namespaces", NAMESPACE],
  ["nodes", NODE],
  ["events", EVENT],
  ["configmaps", CONFIG_MAP],
  ["mutatingwebhookconfigurations", WEBHOOKS],
  ["deployments", WORKLOAD],
  ["statefulsets", WORKLOAD],
  ["daemonsets", WORKLOAD],
  ["jobs", WORKLOAD],
  ["cronjobs", WORKLOAD],
]);

/** The filter for objects of this resource, such as `pods`. */
export function projectionOf(resource: string): string {
  return BY_RESOURCE.get(resource) ?? ANYTHING;
}
