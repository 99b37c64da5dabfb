/**
 * Which namespaces get the label `istio.io/rev`, with which value, and which are not labelled and why.
 *
 * The value is, in this order:
 * 1. the input `revision`, if it is an installed revision, or a revision tag that points to one;
 * 2. none, if several revisions are installed: only a user knows which one of a canary upgrade is meant;
 * 3. the revision tag in use, if namespaces use exactly one tag that points to the installed revision;
 * 4. the one installed revision.
 */
import { entry, type StringMap } from "../../lib/json.ts";
import { INJECTION_LABEL, injectionRules, type NamespaceInjection, REVISION_LABEL } from "./injection-rules.ts";
import type { NamespaceScope } from "./namespace-scope.ts";
import { isSystemNamespace } from "./system-namespaces.ts";
import type { Observed } from "../../lib/observed.ts";
import type { InjectionWebhook, NamespaceFacts } from "../kubernetes-facts.ts";

/** What the inputs say about labels. */
export interface LabelOptions {
  readonly scope: NamespaceScope;
  /** The input `revision`; undefined where it is empty. */
  readonly revision: string | undefined;
  readonly removeInjectionLabel: boolean;
}

/** What was observed of the cluster. */
export interface LabelSources {
  readonly namespaces: Observed<readonly NamespaceFacts[]>;
  readonly webhooks: Observed<readonly InjectionWebhook[]>;
  readonly revisionsInUse: Observed<readonly string[]>;
  readonly installedRevisions: readonly string[];
}

/** The labels that a merge patch sets on a namespace; null removes a label. Labels that are not named do not change. */
export interface LabelChange {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string | null>>;
}

export interface LabelPlan {
  readonly changes: readonly LabelChange[];
  /** Namespaces that are not labelled although the user may expect it, with the reason: `shop: does not exist`. */
  readonly notLabelled: readonly string[];
  /** Why no namespace can be labelled although some need a label; undefined where they can. */
  readonly obstacle: string | undefined;
}

/** Plans the labels. The plan is empty where the namespaces were not observed; the caller reports that. */
export function planLabels(sources: LabelSources, options: LabelOptions): LabelPlan {
  if (!sources.namespaces.seen) return { changes: [], notLabelled: [], obstacle: undefined };
  const { scope } = options;
  const rules = injectionRules(sources);
  const labelsOf = new Map(sources.namespaces.value.map(({ name, labels }) => [name, labels]));
  const names = [...new Set([...scope.named, ...[...labelsOf.keys()].filter(scope.matches)])].sort();
  const decisions = names.map((name) => {
    const isNamed = scope.named.includes(name);
    return { name, ...decide(name, rules.injectionIn(name), labelsOf.get(name) ?? {}, isNamed, options) };
  });
  const notLabelled = decisions.flatMap(({ name, why }) => (why === undefined ? [] : [`${name}: ${why}`]));
  const labelled = decisions.filter(({ isLabelled }) => isLabelled);
  if (labelled.length === 0) return { changes: [], notLabelled, obstacle: undefined };
  const choice = chooseRevision(sources, options);
  if ("obstacle" in choice) return { changes: [], notLabelled, obstacle: choice.obstacle };
  const changes = labelled.map(({ name, removesInjectionLabel }) => ({
    namespace: name,
    labels: { [REVISION_LABEL]: choice.revision, ...(removesInjectionLabel === true ? { [INJECTION_LABEL]: null } : {}) },
  }));
  return { changes, notLabelled: [...notLabelled, ...servedByOtherRevision(decisions, choice.revision)], obstacle: undefined };
}

interface Decision {
  readonly isLabelled: boolean;
  readonly removesInjectionLabel?: boolean;
  /** Why the namespace is not labelled, where the user may expect it. */
  readonly why?: string;
  /** The revision in the label of a namespace that an injector serves. */
  readonly servedRevision?: string;
}

const UNCHANGED: Decision = { isLabelled: false };

function decide(name: string, injection: NamespaceInjection, labels: StringMap, isNamed: boolean, options: LabelOptions): Decision {
  if (isSystemNamespace(name)) return { ...UNCHANGED, why: "belongs to AKS, and this action never writes there" };
  switch (injection.kind) {
    case "on":
      return { ...UNCHANGED, servedRevision: injection.revision };
    case "unlabelled":
    case "dangling":
      return { isLabelled: true };
    case "switched-off":
      return decideConflict(injection.value, entry(labels, REVISION_LABEL), isNamed, options);
    case "maybe-tag":
      return { ...UNCHANGED, why: `has istio.io/rev=${injection.revision}, which may be a revision tag: the webhooks could not be read` };
    case "excluded":
      return { ...UNCHANGED, why: `already has istio.io/rev=${injection.revision}; another selector of the injector excludes it` };
    case "maybe-excluded":
      return { ...UNCHANGED, why: `already has istio.io/rev=${injection.revision}; its label ${injection.label} may exclude it: the webhooks could not be read` };
    case "ambient":
      return { ...UNCHANGED, why: "belongs to an ambient mesh (istio.io/dataplane-mode=ambient)" };
    case "absent":
      return { ...UNCHANGED, why: "does not exist" };
    case "unseen":
      return { ...UNCHANGED, why: "could not be read" };
  }
}

/** A namespace with the label `istio-injection`. The value `disabled` is deliberate, so it only changes where the input names the namespace in full. */
function decideConflict(value: string, revision: string | undefined, isNamed: boolean, { removeInjectionLabel }: LabelOptions): Decision {
  const label = `istio-injection=${value}${revision === undefined ? "" : ` beside istio.io/rev=${revision}`}`;
  if (!removeInjectionLabel) {
    return { ...UNCHANGED, why: `conflict: it has ${label}, which switches injection off; remove-istio-injection-label: true removes that label` };
  }
  if (value === "disabled" && !isNamed) return { ...UNCHANGED, why: `it has ${label} and only a glob matches it: name it in full to change it` };
  return { isLabelled: true, removesInjectionLabel: true };
}

/** Namespaces that another revision already serves are not changed: that revision may be chosen on purpose. */
function servedByOtherRevision(decisions: readonly (Decision & { readonly name: string })[], chosen: string): readonly string[] {
  return decisions.flatMap(({ name, servedRevision }) =>
    servedRevision === undefined || servedRevision === chosen ? [] : [`${name}: already has istio.io/rev=${servedRevision}, which an injector serves; not changed`],
  );
}

function chooseRevision(sources: LabelSources, { revision }: LabelOptions): { readonly revision: string } | { readonly obstacle: string } {
  const { installedRevisions: installed, webhooks } = sources;
  const tags = tagsOf(webhooks, installed);
  if (revision !== undefined) {
    if (installed.includes(revision) || tags.includes(revision)) return { revision };
    const unread = webhooks.seen ? "" : ` Revision tags could not be read: ${webhooks.why}`;
    return { obstacle: `revision: ${revision} is neither an installed revision (${listOrNone(installed)}) nor a revision tag that points to one (${listOrNone(tags)}).${unread}` };
  }
  const [only, ...more] = installed;
  if (only === undefined) return { obstacle: "No Istio revision is installed, so there is no value for the label." };
  if (more.length > 0) {
    return { obstacle: `Several revisions are installed (${listOrNone(installed)}; revision tags: ${listOrNone(tags)}): set the input revision to one of them.` };
  }
  const used = tags.filter((tag) => inUse(sources).includes(tag));
  const [tag, ...otherTags] = used;
  if (tag === undefined) return { revision: only };
  if (otherTags.length === 0) return { revision: tag };
  return { obstacle: `Several revision tags are in use (${listOrNone(used)}): set the input revision to one of them, or to ${only}.` };
}

/** The revision tags that point to an installed revision. */
function tagsOf(webhooks: Observed<readonly InjectionWebhook[]>, installed: readonly string[]): readonly string[] {
  if (!webhooks.seen) return [];
  return [...new Set(webhooks.value.filter(({ tag, pointsTo }) => tag !== "" && installed.includes(pointsTo)).map(({ tag }) => tag))].sort();
}

function inUse({ revisionsInUse, namespaces }: LabelSources): readonly (string | undefined)[] {
  if (revisionsInUse.seen) return revisionsInUse.value;
  return namespaces.seen ? namespaces.value.map(({ labels }) => entry(labels, REVISION_LABEL)) : [];
}

function listOrNone(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.join(", ");
}
