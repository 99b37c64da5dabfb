import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { standardWebhooks } from "../../../src/istio/injection/injection-rules.ts";
import { type LabelSources, type LabelOptions, planLabels } from "../../../src/istio/injection/namespace-labels.ts";
import { namespaceScope } from "../../../src/istio/injection/namespace-scope.ts";
import { SYSTEM_NAMESPACES } from "../../../src/istio/injection/system-namespaces.ts";
import { seen, UNSEEN } from "../fixtures.ts";
import type { Observed } from "../../../src/lib/observed.ts";
import type { InjectionWebhook } from "../../../src/istio/kubernetes-facts.ts";

const tag = (name: string, pointsTo: string): readonly InjectionWebhook[] =>
  standardWebhooks(name).map((webhook) => ({ ...webhook, tag: name, pointsTo, configuration: `istio-revision-tag-${name}-aks-istio-system` }));

interface Given {
  readonly installed?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly inUse?: Observed<readonly string[]>;
  readonly webhooks?: typeof UNSEEN;
  readonly revision?: string;
  readonly remove?: boolean;
}

function plan(namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>, names: readonly string[], given: Given = {}) {
  const installed = given.installed ?? ["asm-1-28"];
  const webhooks = [...installed.flatMap(standardWebhooks), ...Object.entries(given.tags ?? {}).flatMap(([name, target]) => tag(name, target))];
  const sources: LabelSources = {
    namespaces: seen(Object.entries(namespaces).map(([name, labels]) => ({ name, labels }))),
    webhooks: given.webhooks ?? seen(webhooks),
    revisionsInUse: given.inUse ?? seen([]),
    installedRevisions: installed,
  };
  const options: LabelOptions = { scope: namespaceScope(names), revision: given.revision, removeInjectionLabel: given.remove ?? false };
  return planLabels(sources, options);
}

const rev = (revision: string) => ({ "istio.io/rev": revision });

describe("the value of istio.io/rev", () => {
  test.each<[string, Given, string | RegExp]>([
    ["is the one installed revision", {}, "asm-1-28"],
    ["is the tag that other namespaces use", { tags: { prod: "asm-1-28" }, inUse: seen(["prod", "asm-1-28"]) }, "prod"],
    ["is not a tag that no namespace uses", { tags: { prod: "asm-1-28" } }, "asm-1-28"],
    ["is not a tag that points to no installed revision", { tags: { prod: "asm-1-20" }, inUse: seen(["prod"]) }, "asm-1-28"],
    ["is not chosen between two tags in use", { tags: { prod: "asm-1-28", next: "asm-1-28" }, inUse: seen(["prod", "next"]) }, /Several revision tags are in use \(next, prod\)/],
    ["is not chosen between two revisions", { installed: ["asm-1-27", "asm-1-28"] }, /Several revisions are installed \(asm-1-27, asm-1-28/],
    ["is not chosen between two revisions, even where one has a tag in use", { installed: ["asm-1-27", "asm-1-28"], tags: { prod: "asm-1-28" }, inUse: seen(["prod"]) }, /Several revisions.*tags: prod/],
    ["is the input", { installed: ["asm-1-27", "asm-1-28"], revision: "asm-1-27" }, "asm-1-27"],
    ["is the input, where it is a tag", { installed: ["asm-1-27", "asm-1-28"], tags: { prod: "asm-1-28" }, revision: "prod" }, "prod"],
    ["is not the input, where no injector serves it", { revision: "asm-1-99" }, /asm-1-99 is neither an installed revision \(asm-1-28\) nor a revision tag that points to one \(none\)\.$/],
    ["is not the input, where revision tags could not be read", { revision: "prod", webhooks: UNSEEN }, /points to one \(none\)\. Revision tags could not be read: The API server answered 403\.$/],
    ["is none without an installed revision", { installed: [] }, /No Istio revision is installed/],
  ])("%s", (_, given, expected) => {
    const { changes, obstacle } = plan({ shop: {} }, ["shop"], given);
    if (typeof expected === "string") expect(changes).toEqual([{ namespace: "shop", labels: rev(expected) }]);
    else {
      expect(changes).toEqual([]);
      expect(obstacle).toMatch(expected);
    }
  });
  test("is given to the namespaces in scope only, and what has it already is not told", () => {
    expect(plan({ shop: {}, pay: rev("asm-1-28"), other: {} }, ["shop", "pay"])).toEqual({ changes: [{ namespace: "shop", labels: rev("asm-1-28") }], notLabelled: [], obstacle: undefined });
  });
  test("replaces istio-injection=enabled where a glob matches, and not disabled", () => {
    const { changes, notLabelled } = plan({ on: { "istio-injection": "enabled" }, off: { "istio-injection": "disabled" } }, ["*"], { remove: true });
    expect(changes).toEqual([{ namespace: "on", labels: { ...rev("asm-1-28"), "istio-injection": null } }]);
    expect(notLabelled).toEqual(["off: it has istio-injection=disabled and only a glob matches it: name it in full to change it"]);
  });
  test("is not given where a selector of the injector excludes the namespace, or where namespaces could not be read", () => {
    const webhooks = standardWebhooks("asm-1-28").map((webhook) => ({ ...webhook, namespaceSelector: { matchLabels: { team: "a" }, matchExpressions: [] } }));
    const sources: LabelSources = { namespaces: seen([{ name: "shop", labels: rev("asm-1-28") }]), webhooks: seen(webhooks), revisionsInUse: seen([]), installedRevisions: ["asm-1-28"] };
    const options: LabelOptions = { scope: namespaceScope(["shop"]), revision: undefined, removeInjectionLabel: false };
    expect(planLabels(sources, options)).toEqual({ changes: [], notLabelled: ["shop: already has istio.io/rev=asm-1-28; another selector of the injector excludes it"], obstacle: undefined });
    expect(planLabels({ ...sources, namespaces: UNSEEN }, options)).toEqual({ changes: [], notLabelled: [], obstacle: undefined });
  });
  test("is not chosen where no namespace needs it", () => {
    expect(plan({ shop: rev("asm-1-27") }, ["shop"], { installed: ["asm-1-27", "asm-1-28"] })).toEqual({ changes: [], notLabelled: [], obstacle: undefined });
  });
  test("is the tag of the namespaces in scope, where the use in the cluster could not be read", () => {
    const { changes } = plan({ shop: {}, pay: rev("prod") }, ["*"], { tags: { prod: "asm-1-28" }, inUse: UNSEEN });
    expect(changes).toEqual([{ namespace: "shop", labels: rev("prod") }]);
  });
});

describe("a namespace", () => {
  test.each<[string, Readonly<Record<string, string>>, Given, object | string]>([
    ["without a label gets one", {}, {}, rev("asm-1-28")],
    ["with a revision that no injector serves gets another", rev("asm-1-20"), {}, rev("asm-1-28")],
    ["with istio-injection is a conflict", { "istio-injection": "enabled" }, {}, /^shop: conflict: it has istio-injection=enabled, .*remove-istio-injection-label/.source],
    ["with istio-injection and a revision is a conflict too", { "istio-injection": "enabled", ...rev("asm-1-28") }, {}, "conflict.*beside istio.io/rev=asm-1-28"],
    ["loses istio-injection where the input says so", { "istio-injection": "enabled" }, { remove: true }, { ...rev("asm-1-28"), "istio-injection": null }],
    ["named in full loses istio-injection=disabled too", { "istio-injection": "disabled" }, { remove: true }, { ...rev("asm-1-28"), "istio-injection": null }],
    ["with another served revision is not changed", rev("asm-1-27"), { installed: ["asm-1-27", "asm-1-28"], revision: "asm-1-28" }, ""],
    ["of an ambient mesh is not changed", { "istio.io/dataplane-mode": "ambient" }, {}, "ambient"],
    ["that AKS may exclude is not changed", { ...rev("asm-1-28"), "control-plane": "x" }, { webhooks: UNSEEN }, "may exclude it"],
    ["with a possible revision tag is not changed", rev("prod"), { webhooks: UNSEEN }, "may be a revision tag"],
  ])("%s", (_, labels, given, expected) => {
    const { changes, notLabelled } = plan({ shop: labels }, ["shop"], given);
    if (typeof expected === "string") {
      expect(changes).toEqual([]);
      expect(notLabelled.join("\n")).toMatch(new RegExp(expected));
    } else expect(changes).toEqual([{ namespace: "shop", labels: expected }]);
  });
  test("with another served revision is reported beside those that are labelled", () => {
    const { changes, notLabelled } = plan({ shop: {}, pay: rev("asm-1-27") }, ["*"], { installed: ["asm-1-27", "asm-1-28"], revision: "asm-1-28" });
    expect(changes).toHaveLength(1);
    expect(notLabelled).toEqual(["pay: already has istio.io/rev=asm-1-27, which an injector serves; not changed"]);
  });
  test("that only a glob matches keeps istio-injection=disabled", () => {
    const { changes, notLabelled } = plan({ shop: { "istio-injection": "disabled" } }, ["sh*"], { remove: true });
    expect(changes).toEqual([]);
    expect(notLabelled[0]).toContain("name it in full");
  });
  test("that does not exist, or belongs to AKS, is reported and not changed", () => {
    const { changes, notLabelled } = plan({ "kube-system": {} }, ["nowhere", "kube-system"]);
    expect(changes).toEqual([]);
    expect(notLabelled).toEqual(["kube-system: belongs to AKS, and this action never writes there", "nowhere: does not exist"]);
  });
});

test("for any cluster and inputs, patches change no other label, and no namespace that belongs to AKS or is not matched", () => {
  const labels = fc.dictionary(fc.constantFrom("istio.io/rev", "istio-injection", "team", "kubernetes.io/metadata.name"), fc.constantFrom("asm-1-28", "asm-1-20", "prod", "enabled", "disabled"), { noNullPrototype: true });
  const names = fc.constantFrom("shop", "team-a", "team-b", ...SYSTEM_NAMESPACES.slice(0, 4));
  const cases = fc.record({
    namespaces: fc.dictionary(names, labels, { noNullPrototype: true }),
    scope: fc.subarray(["shop", "team-*", "*", "kube-system", "aks-command"], { minLength: 1 }),
    installed: fc.subarray(["asm-1-27", "asm-1-28"]),
    revision: fc.option(fc.constantFrom("asm-1-28", "prod"), { nil: undefined }),
    remove: fc.boolean(),
  });
  fc.assert(
    fc.property(cases, ({ namespaces, scope, installed, revision, remove }) => {
      const { changes } = plan(namespaces, scope, { installed, remove, tags: { prod: "asm-1-28" }, inUse: seen(["prod"]), ...(revision === undefined ? {} : { revision }) });
      for (const change of changes) {
        expect(Object.hasOwn(namespaces, change.namespace)).toBe(true);
        expect(namespaceScope(scope).matches(change.namespace)).toBe(true);
        expect(SYSTEM_NAMESPACES).not.toContain(change.namespace);
        expect(Object.keys(change.labels).filter((label) => label !== "istio.io/rev" && label !== "istio-injection")).toEqual([]);
        expect(change.labels["istio.io/rev"]).toMatch(/^(asm-1-27|asm-1-28|prod)$/);
        if ("istio-injection" in change.labels) expect(change.labels["istio-injection"]).toBeNull();
      }
      // After the patches, the plan is empty.
      const after: Record<string, Readonly<Record<string, string>>> = structuredClone(namespaces);
      for (const { namespace, labels: change } of changes) {
        after[namespace] = Object.fromEntries(Object.entries({ ...after[namespace], ...change }).filter((pair): pair is [string, string] => pair[1] !== null));
      }
      if (changes.length > 0) expect(plan(after, scope, { installed, remove, tags: { prod: "asm-1-28" }, inUse: seen(["prod"]), ...(revision === undefined ? {} : { revision }) }).changes).toEqual([]);
    }),
  );
});
