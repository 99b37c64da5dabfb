/**
 * Decodes objects of the Kubernetes API into the facts that the checks evaluate. Decoders never throw; they return undefined
 * for a value that is not an object with a name. Pods are decoded in `pods/pod.ts`.
 */
import { arrayAt, at, booleanAt, entry, isRecord, momentAt, numberAt, parseJson, type StringMap, stringMapAt, textAt } from "../lib/json.ts";
import { type LabelSelector, labelsOf, readLabelSelector, selectorMatches } from "../lib/label-selector.ts";

/** The DaemonSet of the CNI agent. */
export interface DaemonSetFacts {
  readonly generation: number;
  readonly observedGeneration: number;
  readonly desired: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  readonly matchLabels: Readonly<Record<string, string>>;
}

/** A pod of `aks-istio-system`, which may be a CNI agent. */
export interface AgentPodFacts {
  readonly name: string;
  readonly nodeName: string;
  readonly ready: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether it was created within the last minutes, on a node that has just joined or after a change of the DaemonSet; false if left out. */
  readonly isNew?: boolean;
}

/** The configuration of a revision's injector. `cniEnabled` is undefined where the configuration does not set it. */
export interface InjectorFacts {
  readonly revision: string;
  readonly cniEnabled: boolean | undefined;
}

/** One webhook of an injector's MutatingWebhookConfiguration, and the namespaces and pods that it selects. */
export interface InjectionWebhook {
  readonly configuration: string;
  /** The value of `istio.io/rev` that the webhook serves: a revision or a revision tag. */
  readonly revision: string;
  /** The revision tag that the webhook belongs to; empty for the webhook of a revision. */
  readonly tag: string;
  /** The revision whose injector answers: for a tag, the revision that it points to. Empty where the labels do not name it. */
  readonly pointsTo: string;
  readonly namespaceSelector: LabelSelector;
  readonly objectSelector: LabelSelector;
}

export interface NamespaceFacts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What admission sees of the pods of a workload before injection. */
export interface PodTemplateFacts {
  readonly labels: StringMap;
  /** Whether the template itself has istio-init: it was injected by hand, for example with `istioctl kube-inject`. */
  readonly hasIstioInit: boolean;
}

/** A ReplicaSet: its owner, and whether it failed to create pods. */
export interface ReplicaSetFacts {
  readonly namespace: string;
  readonly name: string;
  /** The controlling owner, usually a Deployment; undefined for a bare ReplicaSet. */
  readonly owner: { readonly kind: string; readonly name: string } | undefined;
  /** The message of a ReplicaFailure condition that is true; undefined where there is none. */
  readonly failure: string | undefined;
  /** Only read where there is a failure. */
  readonly template: PodTemplateFacts | undefined;
  /** The number of pods in its specification. A ReplicaSet scaled to 0 belongs to a former rollout. */
  readonly desired: number;
}

/** The namespace in which AKS runs the managed mesh. */
export const MESH_NAMESPACE = "aks-istio-system";
/** The DaemonSet of the CNI agent in {@link MESH_NAMESPACE}. Source: AKS documentation of the Istio add-on's CNI. */
export const CNI_DAEMONSET = "azure-service-mesh-istio-cni-addon-node";
/** The name of an injector's ConfigMap is this prefix and the revision. */
export const INJECTOR_CONFIG_PREFIX = "istio-sidecar-injector-";

const INJECTOR_WEBHOOK_PREFIX = "istio-sidecar-injector-";
const TAG_WEBHOOK_PREFIX = "istio-revision-tag-";
const WEBHOOK_SUFFIX = `-${MESH_NAMESPACE}`;

export function readDaemonSet(json: unknown): DaemonSetFacts | undefined {
  if (nameOf(json) === "") return undefined;
  return {
    generation: numberAt(json, "metadata", "generation") ?? 0,
    observedGeneration: numberAt(json, "status", "observedGeneration") ?? 0,
    desired: numberAt(json, "status", "desiredNumberScheduled") ?? 0,
    updated: numberAt(json, "status", "updatedNumberScheduled") ?? 0,
    ready: numberAt(json, "status", "numberReady") ?? 0,
    available: numberAt(json, "status", "numberAvailable") ?? 0,
    matchLabels: stringMapAt(json, "spec", "selector", "matchLabels"),
  };
}

/** How long a pod of the agent may take to get ready, in milliseconds: node autoscaling adds nodes all the time. */
const NEW_AGENT_MS = 5 * 60_000;

/**
 * A pod of {@link MESH_NAMESPACE}. A pod that is being deleted is not ready, even where its condition is still true.
 *
 * @param now milliseconds since the epoch; without it no pod is new
 */
export function readAgentPod(json: unknown, now = Number.POSITIVE_INFINITY): AgentPodFacts | undefined {
  const name = nameOf(json);
  if (name === "") return undefined;
  const createdAt = momentAt(json, "metadata", "creationTimestamp");
  return {
    name,
    nodeName: textAt(json, "spec", "nodeName"),
    ready: !isBeingDeleted(json) && trueCondition(json, "Ready") !== undefined,
    labels: labelsOf(json),
    isNew: createdAt !== undefined && now - createdAt < NEW_AGENT_MS,
  };
}

/** The pods of the CNI agent among those of its namespace. The DaemonSet's own selector identifies them, because documents disagree on their labels. */
export function agentsOf(daemonSet: DaemonSetFacts | undefined, pods: readonly AgentPodFacts[]): readonly AgentPodFacts[] {
  const own = daemonSet?.matchLabels ?? {};
  const matchLabels = Object.keys(own).length > 0 ? own : { "k8s-app": CNI_DAEMONSET };
  return pods.filter(({ labels }) => selectorMatches({ matchLabels, matchExpressions: [] }, labels));
}

/** The nodes on which a pod of the CNI agent is ready. */
export function nodesWithReadyAgent(daemonSet: DaemonSetFacts | undefined, pods: readonly AgentPodFacts[]): ReadonlySet<string> {
  return new Set(agentsOf(daemonSet, pods).filter(({ ready }) => ready).map(({ nodeName }) => nodeName));
}

/**
 * The ConfigMap `istio-sidecar-injector-<revision>`. Its key `values` holds the values of the chart as JSON.
 * `pilot.cni.enabled` decides whether the injector adds istio-validation or istio-init.
 */
export function readInjector(json: unknown): InjectorFacts | undefined {
  const name = nameOf(json);
  if (!name.startsWith(INJECTOR_CONFIG_PREFIX)) return undefined;
  return {
    revision: name.slice(INJECTOR_CONFIG_PREFIX.length),
    cniEnabled: booleanAt(parseJson(textAt(json, "data", "values")), "pilot", "cni", "enabled"),
  };
}

/**
 * The webhooks of a MutatingWebhookConfiguration that belongs to the managed mesh: a revision's injector
 * (`istio-sidecar-injector-<revision>-aks-istio-system`) or a revision tag (`istio-revision-tag-<tag>-aks-istio-system`,
 * labelled `istio.io/tag`). Empty for any other configuration, such as that of a self-managed Istio.
 */
export function readInjectionWebhooks(json: unknown): readonly InjectionWebhook[] {
  const configuration = nameOf(json);
  if (!configuration.endsWith(WEBHOOK_SUFFIX)) return [];
  const isTag = configuration.startsWith(TAG_WEBHOOK_PREFIX);
  if (!isTag && !configuration.startsWith(INJECTOR_WEBHOOK_PREFIX)) return [];

  const labels = labelsOf(json);
  const tag = isTag ? entry(labels, "istio.io/tag") || between(TAG_WEBHOOK_PREFIX, configuration) : "";
  const ownRevision = entry(labels, "istio.io/rev") ?? "";
  const revision = isTag ? tag : ownRevision || between(INJECTOR_WEBHOOK_PREFIX, configuration);
  return arrayAt(json, "webhooks")
    .filter(isRecord)
    .map((webhook) => ({
      configuration,
      revision,
      tag,
      pointsTo: isTag ? ownRevision : revision,
      namespaceSelector: readLabelSelector(at(webhook, "namespaceSelector")),
      objectSelector: readLabelSelector(at(webhook, "objectSelector")),
    }));
}

function between(prefix: string, configuration: string): string {
  return configuration.slice(prefix.length, -WEBHOOK_SUFFIX.length);
}

export function readNamespace(json: unknown): NamespaceFacts | undefined {
  const name = nameOf(json);
  return name === "" ? undefined : { name, labels: labelsOf(json) };
}

export function readNodeName(json: unknown): string | undefined {
  return nameOf(json) || undefined;
}

export function readReplicaSet(json: unknown): ReplicaSetFacts | undefined {
  const name = nameOf(json);
  if (name === "") return undefined;
  const failure = trueCondition(json, "ReplicaFailure");
  return {
    namespace: textAt(json, "metadata", "namespace"),
    name,
    owner: readController(json),
    failure: failure === undefined ? undefined : textAt(failure, "message") || textAt(failure, "reason"),
    template: failure === undefined ? undefined : readPodTemplate(json),
    // The API server's default.
    desired: numberAt(json, "spec", "replicas") ?? 1,
  };
}

/** The pod template of a workload. */
export function readPodTemplate(json: unknown): PodTemplateFacts {
  const template = at(json, "spec", "template");
  return {
    labels: labelsOf(template),
    hasIstioInit: arrayAt(template, "spec", "initContainers").some((container) => textAt(container, "name") === "istio-init"),
  };
}

/** The owner that controls an object, or undefined. Other owners do not count. */
export function readController(json: unknown): { readonly kind: string; readonly name: string } | undefined {
  for (const owner of arrayAt(json, "metadata", "ownerReferences")) {
    const kind = textAt(owner, "kind");
    const name = textAt(owner, "name");
    if (booleanAt(owner, "controller") === true && kind !== "" && name !== "") return { kind, name };
  }
  return undefined;
}

/** Whether an object has a deletionTimestamp, valid or not: a text in JSON, a number from the protobuf reader. */
export function isBeingDeleted(json: unknown): boolean {
  const since = at(json, "metadata", "deletionTimestamp");
  return typeof since === "number" || (typeof since === "string" && since !== "");
}

function nameOf(json: unknown): string {
  return textAt(json, "metadata", "name");
}

/** The condition of a type in the status, where it is true; else undefined. */
export function trueCondition(json: unknown, type: string): unknown {
  return arrayAt(json, "status", "conditions").find(
    (condition) => textAt(condition, "type") === type && textAt(condition, "status") === "True",
  );
}
