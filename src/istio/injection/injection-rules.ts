/**
 * Which pods the managed mesh's injectors take. Admission decides by the webhooks' selectors, and so do these rules:
 *
 * - a namespace's webhook takes pods where the namespace's `istio.io/rev` is the revision (or revision tag) it serves and
 *   the namespace has no `istio-injection` label: on AKS `istio-injection=enabled` switches injection off;
 * - a pod's webhook takes pods with that label themselves, where the namespace has neither label;
 * - both leave out pods labelled `sidecar.istio.io/inject=false`.
 *
 * Where the webhooks could not be seen, the ones that every revision brings along stand in for them. They know nothing of
 * revision tags, so an unknown revision may be a tag and is not held against anybody.
 */
import { entry, type StringMap } from "../../lib/json.ts";
import { type LabelSelector, selectorMatches, selectorNames } from "../../lib/label-selector.ts";
import type { Observed } from "../../lib/observed.ts";
import type { InjectionWebhook, NamespaceFacts } from "../kubernetes-facts.ts";

/** The label that switches injection on, for a namespace or for a pod. */
export const REVISION_LABEL = "istio.io/rev";
/** Istio's own label for the default injector; on AKS, which has none, it switches injection off. */
export const INJECTION_LABEL = "istio-injection";
const INJECT_LABEL = "sidecar.istio.io/inject";

/** What injection does to a namespace's pods that say nothing themselves. */
export type NamespaceInjection =
  | { readonly kind: "on"; readonly revision: string }
  /** Neither label is there. */
  | { readonly kind: "unlabelled" }
  /** An `istio-injection` label keeps the injectors away; `revision` is empty where there is no `istio.io/rev`. */
  | { readonly kind: "switched-off"; readonly value: string; readonly revision: string }
  /** No webhook serves the revision: pods start without a proxy, and nobody says so. */
  | { readonly kind: "dangling"; readonly revision: string }
  /** Not an installed revision, and the webhooks could not be seen: may be a revision tag. */
  | { readonly kind: "maybe-tag"; readonly revision: string }
  /** The revision is served, but further selectors leave this namespace out. */
  | { readonly kind: "excluded"; readonly revision: string }
  /** The namespace does not exist. */
  | { readonly kind: "absent" }
  /** Namespaces could not be seen. */
  | { readonly kind: "unseen" };

export interface InjectionRules {
  readonly injectionIn: (namespace: string) => NamespaceInjection;
  /** Whether a webhook's selectors take a pod with these labels. */
  readonly selects: (namespace: string, podLabels: StringMap) => boolean;
  /** The revision that a namespace asks for and nobody serves, or undefined. */
  readonly danglingRevision: (namespace: string) => string | undefined;
}

/** What the rules are made from. */
interface InjectionSources {
  readonly namespaces: Observed<readonly NamespaceFacts[]>;
  readonly webhooks: Observed<readonly InjectionWebhook[]>;
  /** As Azure lists them. */
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
  /** The object selectors of the webhooks whose namespace selector takes this namespace. */
  readonly podSelectors: readonly LabelSelector[];
  readonly dangling: string | undefined;
}

function namespaceRules(
  labels: StringMap,
  webhooks: readonly InjectionWebhook[],
  webhooksSeen: boolean,
): NamespaceRules {
  const candidates = webhooks.filter((webhook) => selectorMatches(webhook.namespaceSelector, labels));
  const podSelectors = candidates.map((webhook) => webhook.objectSelector);
  const revision = entry(labels, REVISION_LABEL) ?? "";
  const injectionLabel = entry(labels, INJECTION_LABEL);
  const served = webhooks.some((webhook) => serves(webhook, revision));
  const dangling = webhooksSeen && revision !== "" && !served && injectionLabel !== "disabled" ? revision : undefined;

  const taking = candidates.find((webhook) => selectorMatches(webhook.objectSelector, {}));
  return { injection: judge(), podSelectors, dangling };

  function judge(): NamespaceInjection {
    if (taking !== undefined) return { kind: "on", revision: revision || taking.revision };
    if (injectionLabel !== undefined) return { kind: "switched-off", value: injectionLabel, revision };
    if (revision === "") return { kind: "unlabelled" };
    if (served) return { kind: "excluded", revision };
    return webhooksSeen ? { kind: "dangling", revision } : { kind: "maybe-tag", revision };
  }
}

/** Istio keeps a webhook that is out of use by giving it a selector that no namespace can satisfy. */
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

/** Whether whoever labelled the namespace wants its pods in the mesh, be it that they get there or not. */
export function wantsInjection(injection: NamespaceInjection): boolean {
  switch (injection.kind) {
    case "on":
    case "dangling":
    case "maybe-tag":
    case "excluded":
      return true;
    case "switched-off":
      return injection.revision !== "" && injection.value !== "disabled";
    case "unlabelled":
    case "absent":
    case "unseen":
      return false;
  }
}
