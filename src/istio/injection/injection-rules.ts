/**
 * Which pods the injectors of the managed mesh select. Admission evaluates the selectors of the webhooks, and so do these
 * rules. Each revision and each revision tag has two webhooks:
 *
 * - one selects namespaces whose `istio.io/rev` is that revision or tag and that have no label `istio-injection`: on AKS
 *   `istio-injection=enabled` switches injection off;
 * - one selects pods with that `istio.io/rev` in namespaces without either label;
 * - both exclude pods labelled `sidecar.istio.io/inject=false`.
 *
 * Where the webhooks could not be read, the standard webhooks of the installed revisions are used instead. They do not
 * include revision tags, so an unknown value of `istio.io/rev` may be a tag and does not count as dangling. They also lack the
 * selectors that the admissions enforcer of AKS adds to webhooks, so namespaces that those exclude may or may not be injected.
 */
import { entry, type StringMap } from "../../lib/json.ts";
import { type LabelSelector, selectorMatches, selectorNames } from "../../lib/label-selector.ts";
import type { Observed } from "../../lib/observed.ts";
import type { InjectionWebhook, NamespaceFacts } from "../kubernetes-facts.ts";

/** The label that switches injection on, for a namespace or a pod. */
export const REVISION_LABEL = "istio.io/rev";
/** Istio's label for the default injector. AKS has no default injector, so the label switches injection off. */
export const INJECTION_LABEL = "istio-injection";
/** The label by which a namespace belongs to an ambient mesh, such as Azure Kubernetes Application Network; not to the add-on. */
export const DATAPLANE_LABEL = "istio.io/dataplane-mode";
const INJECT_LABEL = "sidecar.istio.io/inject";

/** How injection applies to the pods of a namespace that have no injection labels of their own. */
export type NamespaceInjection =
  | { readonly kind: "on"; readonly revision: string }
  /** The namespace has neither label. */
  | { readonly kind: "unlabelled" }
  /** The label `istio-injection` switches injection off; `revision` is empty where there is no `istio.io/rev`. */
  | { readonly kind: "switched-off"; readonly value: string; readonly revision: string }
  /** No webhook serves the revision: pods start without a proxy and without an error. */
  | { readonly kind: "dangling"; readonly revision: string }
  /** The revision is not installed, and the webhooks could not be read: it may be a revision tag. */
  | { readonly kind: "maybe-tag"; readonly revision: string }
  /** A webhook serves the revision, but another of its selectors excludes the namespace. */
  | { readonly kind: "excluded"; readonly revision: string }
  /** The webhooks could not be read, and the admissions enforcer of AKS excludes namespaces with this label from many of them. */
  | { readonly kind: "maybe-excluded"; readonly revision: string; readonly label: string }
  /** The namespace belongs to an ambient mesh, which the add-on is not. */
  | { readonly kind: "ambient" }
  /** The namespace does not exist. */
  | { readonly kind: "absent" }
  /** The namespaces could not be read. */
  | { readonly kind: "unseen" };

export interface InjectionRules {
  readonly injectionIn: (namespace: string) => NamespaceInjection;
  /** Whether a webhook selects a pod with these labels. */
  readonly selects: (namespace: string, podLabels: StringMap) => boolean;
  /** The revision in the namespace's label that no injector serves, or undefined. */
  readonly danglingRevision: (namespace: string) => string | undefined;
}

interface InjectionSources {
  readonly namespaces: Observed<readonly NamespaceFacts[]>;
  readonly webhooks: Observed<readonly InjectionWebhook[]>;
  /** The revisions that Azure lists. */
  readonly installedRevisions: readonly string[];
}

export function injectionRules(sources: InjectionSources): InjectionRules {
  const webhooks = sources.webhooks.seen
    ? sources.webhooks.value
    : sources.installedRevisions.flatMap(standardWebhooks);
  const namespaces = new Map<string, NamespaceRules>();
  if (sources.namespaces.seen) {
    for (const { name, labels } of sources.namespaces.value) {
      namespaces.set(name, namespaceRules(labels, webhooks, sources.webhooks.seen));
    }
  }
  const missing: NamespaceInjection = sources.namespaces.seen ? { kind: "absent" } : { kind: "unseen" };
  return {
    injectionIn: (namespace) => namespaces.get(namespace)?.injection ?? missing,
    selects: (namespace, podLabels) =>
      namespaces.get(namespace)?.podSelectors.some((selector) => selectorMatches(selector, podLabels)) ?? false,
    danglingRevision: (namespace) => namespaces.get(namespace)?.dangling,
  };
}

interface NamespaceRules {
  readonly injection: NamespaceInjection;
  /** The object selectors of the webhooks whose namespace selector matches the namespace. */
  readonly podSelectors: readonly LabelSelector[];
  readonly dangling: string | undefined;
}

function namespaceRules(
  labels: StringMap,
  webhooks: readonly InjectionWebhook[],
  webhooksSeen: boolean,
): NamespaceRules {
  if (entry(labels, DATAPLANE_LABEL) === "ambient") return { injection: { kind: "ambient" }, podSelectors: [], dangling: undefined };
  const enforced = webhooksSeen ? undefined : enforcerLabel(labels);
  const candidates = webhooks.filter((webhook) => selectorMatches(webhook.namespaceSelector, labels));
  const podSelectors = enforced !== undefined ? [] : candidates.map((webhook) => webhook.objectSelector);
  const revision = entry(labels, REVISION_LABEL) ?? "";
  const injectionLabel = entry(labels, INJECTION_LABEL);
  const isServed = webhooks.some((webhook) => serves(webhook, revision));
  const dangling = webhooksSeen && revision !== "" && !isServed && injectionLabel !== "disabled" ? revision : undefined;

  const injecting = candidates.find((webhook) => selectorMatches(webhook.objectSelector, {}));
  return { injection: classify(), podSelectors, dangling };

  function classify(): NamespaceInjection {
    if (injecting !== undefined && enforced !== undefined) return { kind: "maybe-excluded", revision, label: enforced };
    if (injecting !== undefined) return { kind: "on", revision: revision || injecting.revision };
    if (injectionLabel !== undefined) return { kind: "switched-off", value: injectionLabel, revision };
    if (revision === "") return { kind: "unlabelled" };
    if (isServed) return { kind: "excluded", revision };
    return webhooksSeen ? { kind: "dangling", revision } : { kind: "maybe-tag", revision };
  }
}

/**
 * The label of a namespace that the admissions enforcer excludes from webhooks; undefined where it has none. Source: AKS FAQ on
 * admission webhooks, and the selectors that users found on theirs (Azure/AKS#1771).
 */
function enforcerLabel(labels: StringMap): string | undefined {
  if (entry(labels, "control-plane") !== undefined) return "control-plane";
  return entry(labels, "kubernetes.azure.com/managedby") === "aks" ? "kubernetes.azure.com/managedby" : undefined;
}

/** Whether a webhook is for a revision. Istio deactivates a webhook with a selector that no namespace matches. */
function serves(webhook: InjectionWebhook, revision: string): boolean {
  if (entry(webhook.namespaceSelector.matchLabels, "istio.io/deactivated") !== undefined) return false;
  return webhook.revision === revision || selectorNames(webhook.namespaceSelector, REVISION_LABEL, revision);
}

/** The two webhooks that Istio installs for a revision. Source: istiod's chart, `mutatingwebhook.yaml`. */
export function standardWebhooks(revision: string): readonly InjectionWebhook[] {
  const configuration = `istio-sidecar-injector-${revision}-aks-istio-system`;
  const notOptedOut = { key: INJECT_LABEL, operator: "NotIn", values: ["false"] };
  const ofRevision = { key: REVISION_LABEL, operator: "In", values: [revision] };
  const noInjectionLabel = { key: INJECTION_LABEL, operator: "DoesNotExist", values: [] };
  const noRevision = { key: REVISION_LABEL, operator: "DoesNotExist", values: [] };
  return [
    {
      configuration,
      revision,
      tag: "",
      pointsTo: revision,
      namespaceSelector: { matchLabels: {}, matchExpressions: [ofRevision, noInjectionLabel] },
      objectSelector: { matchLabels: {}, matchExpressions: [notOptedOut] },
    },
    {
      configuration,
      revision,
      tag: "",
      pointsTo: revision,
      namespaceSelector: { matchLabels: {}, matchExpressions: [noRevision, noInjectionLabel] },
      objectSelector: { matchLabels: {}, matchExpressions: [notOptedOut, ofRevision] },
    },
  ];
}

/** Whether the label names an installed revision whose webhook is missing, so that nothing injects. */
export function lacksWebhook(injection: NamespaceInjection, installedRevisions: readonly string[]): injection is Extract<NamespaceInjection, { readonly kind: "dangling" }> {
  return injection.kind === "dangling" && installedRevisions.includes(injection.revision);
}

/** Whether the labels of a namespace request injection, whether or not an injector serves it. */
export function requestsInjection(injection: NamespaceInjection): boolean {
  switch (injection.kind) {
    case "on":
    case "dangling":
    case "maybe-tag":
    case "excluded":
    case "maybe-excluded":
      return true;
    case "switched-off":
      return injection.revision !== "" && injection.value !== "disabled";
    case "unlabelled":
    case "ambient":
    case "absent":
    case "unseen":
      return false;
  }
}

/** The state of injection in a namespace, as a clause. */
export function describeInjection(injection: NamespaceInjection): string {
  switch (injection.kind) {
    case "on":
      return `injection by ${injection.revision}`;
    case "unlabelled":
      return "the namespace has no label istio.io/rev";
    case "switched-off":
      return `the label istio-injection=${injection.value} switches injection off`;
    case "dangling":
      return `no injector serves istio.io/rev=${injection.revision}`;
    case "maybe-tag":
      return `istio.io/rev=${injection.revision} is not an installed revision, and whether it is a revision tag could not be read`;
    case "excluded":
      return `another selector of the injector of istio.io/rev=${injection.revision} excludes the namespace`;
    case "maybe-excluded":
      return `AKS may exclude namespaces with the label ${injection.label} from the injector of ${injection.revision}, whose selectors could not be read`;
    case "ambient":
      return `the label ${DATAPLANE_LABEL}=ambient puts the namespace into an ambient mesh, not into the add-on's`;
    case "absent":
      return "the namespace does not exist";
    case "unseen":
      return "the namespace could not be read";
  }
}
