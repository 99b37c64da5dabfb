/**
 * Which namespaces are to get `istio.io/rev`, with which value, and which are left alone and why.
 *
 * The value is chosen so:
 * 1. the one that was asked for (input `revision`), if it is an installed revision, or a revision tag that points to one;
 * 2. with more than one revision installed nothing is chosen: nobody but a person knows which half of a canary upgrade is meant;
 * 3. the revision tag in use, where exactly one tag that points to the installed revision is used by other namespaces;
 * 4. the one installed revision.
 */
import { entry, type StringMap } from "../../lib/json.ts";
import { injectionRules, INJECTION_LABEL, type NamespaceInjection, REVISION_LABEL } from "./injection-rules.ts";
import type { NamespaceScope } from "./namespace-scope.ts";
import { isSystemNamespace } from "./system-namespaces.ts";
import type { Observed } from "../../lib/observed.ts";
import type { InjectionWebhook, NamespaceFacts } from "../kubernetes-facts.ts";

/** What was asked for. */
export interface LabelWishes {
  readonly scope: NamespaceScope;
  /** The input `revision`; undefined where the choice is left to the rules. */
  readonly revision: string | undefined;
  readonly removeInjectionLabel: boolean;
}

/** What is known of the cluster. */
export interface LabelSources {
  readonly namespaces: Observed<readonly NamespaceFacts[]>;
  readonly webhooks: Observed<readonly InjectionWebhook[]>;
  readonly revisionsInUse: Observed<readonly string[]>;
  readonly installedRevisions: readonly string[];
}

/** One namespace, and the labels that a merge patch changes; null removes one. No other label is named, so none is touched. */
export interface LabelChange {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string | null>>;
}

export interface LabelPlan {
  readonly changes: readonly LabelChange[];
  /** Namespaces that are left as they are although somebody may expect otherwise: `shop: does not exist`. */
  readonly skipped: readonly string[];
  /** Why nothing can be labelled although there is something to label; undefined where it can. */
  readonly refused: string | undefined;
}

/** Decides what to label. Namespaces that were not seen make an empty plan: the caller says so. */
export function planLabels(sources: LabelSources, wishes: LabelWishes): LabelPlan {
  if (!sources.namespaces.seen) return { changes: [], skipped: [], refused: undefined };
  const { scope } = wishes;
  const rules = injectionRules(sources);
  const labelsOf = new Map(sources.namespaces.value.map(({ name, labels }) => [name, labels]));
  const names = [...new Set([...scope.named, ...[...labelsOf.keys()].filter(scope.matches)])].sort();
  const verdicts = names.map((name) => {
    const isNamed = scope.named.includes(name);
    return { name, ...verdictOn(name, rules.injectionIn(name), labelsOf.get(name) ?? {}, isNamed, wishes) };
  });
  const skipped = verdicts.flatMap(({ name, why }) => (why === undefined ? [] : [`${name}: ${why}`]));
  const wanting = verdicts.filter(({ wanted }) => wanted);
  if (wanting.length === 0) return { changes: [], skipped, refused: undefined };
  const choice = chooseRevision(sources, wishes);
  if ("refused" in choice) return { changes: [], skipped, refused: choice.refused };
  const changes = wanting.map(({ name, removes }) => ({
    namespace: name,
    labels: { [REVISION_LABEL]: choice.revision, ...(removes ? { [INJECTION_LABEL]: null } : {}) },
  }));
  return { changes, skipped: [...skipped, ...others(verdicts, choice.revision)], refused: undefined };
}

interface Verdict {
  readonly wanted: boolean;
  readonly removes: boolean;
  readonly why: string | undefined;
  /** The served revision that the namespace carries already. */
  readonly carries?: string;
}

const LEFT: Verdict = { wanted: false, removes: false, why: undefined };

function verdictOn(name: string, injection: NamespaceInjection, labels: StringMap, isNamed: boolean, wishes: LabelWishes): Verdict {
  if (isSystemNamespace(name)) return { ...LEFT, why: "belongs to AKS, which is never written to" };
  switch (injection.kind) {
    case "on":
      return { ...LEFT, carries: injection.revision };
    case "unlabelled":
    case "dangling":
      return { wanted: true, removes: false, why: undefined };
    case "switched-off":
      return conflict(injection.value, entry(labels, REVISION_LABEL), isNamed, wishes);
    case "maybe-tag":
      return { ...LEFT, why: `carries istio.io/rev=${injection.revision}, which may be a revision tag: the webhooks could not be seen` };
    case "excluded":
      return { ...LEFT, why: `carries istio.io/rev=${injection.revision} already; a further selector of the injector leaves it out` };
    case "absent":
      return { ...LEFT, why: "does not exist" };
    case "unseen":
      return { ...LEFT, why: "could not be seen" };
  }
}

/** `istio-injection` beside or instead of a revision. One that says `disabled` is somebody's will, unless the namespace is named in full. */
function conflict(value: string, revision: string | undefined, isNamed: boolean, wishes: LabelWishes): Verdict {
  const label = `istio-injection=${value}${revision === undefined ? "" : ` beside istio.io/rev=${revision}`}`;
  if (!wishes.removeInjectionLabel) {
    return { ...LEFT, why: `conflict: it has ${label}, which switches injection off; remove-istio-injection-label: true takes that label away` };
  }
  if (value === "disabled" && !isNamed) return { ...LEFT, why: `it says ${label}, and is only matched by a glob: name it in full to have that changed` };
  return { wanted: true, removes: true, why: undefined };
}

/** Namespaces that another revision serves already are somebody's choice. */
function others(verdicts: readonly (Verdict & { readonly name: string })[], chosen: string): readonly string[] {
  return verdicts.flatMap(({ name, carries }) =>
    carries === undefined || carries === chosen ? [] : [`${name}: carries istio.io/rev=${carries} already, which is served; left as it is`],
  );
}

function chooseRevision(sources: LabelSources, { revision }: LabelWishes): { readonly revision: string } | { readonly refused: string } {
  const { installedRevisions: installed, webhooks } = sources;
  const tags = tagsOf(webhooks, installed);
  if (revision !== undefined) {
    if (installed.includes(revision) || tags.includes(revision)) return { revision };
    const unseen = webhooks.seen ? "" : ` Revision tags could not be seen: ${webhooks.why}`;
    return { refused: `revision: ${revision} is neither an installed revision (${list(installed)}) nor a revision tag that points to one (${list(tags)}).${unseen}` };
  }
  const [only, ...more] = installed;
  if (only === undefined) return { refused: "No Istio revision is installed, so there is none to label with." };
  if (more.length > 0) {
    return { refused: `Several revisions are installed (${list(installed)}; revision tags: ${list(tags)}): say which one with the input revision.` };
  }
  const used = tags.filter((tag) => inUse(sources).includes(tag));
  const [tag, ...otherTags] = used;
  if (tag === undefined) return { revision: only };
  if (otherTags.length === 0) return { revision: tag };
  return { refused: `Several revision tags are in use (${list(used)}): say which one, or ${only}, with the input revision.` };
}

/** Tags that lead to an installed revision. */
function tagsOf(webhooks: Observed<readonly InjectionWebhook[]>, installed: readonly string[]): readonly string[] {
  if (!webhooks.seen) return [];
  return [...new Set(webhooks.value.filter(({ tag, pointsTo }) => tag !== "" && installed.includes(pointsTo)).map(({ tag }) => tag))].sort();
}

function inUse({ revisionsInUse, namespaces }: LabelSources): readonly string[] {
  if (revisionsInUse.seen) return revisionsInUse.value;
  return namespaces.seen ? namespaces.value.map(({ labels }) => entry(labels, REVISION_LABEL) ?? "") : [];
}

function list(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.join(", ");
}
