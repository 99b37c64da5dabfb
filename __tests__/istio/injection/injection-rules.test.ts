import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeInjection, injectionRules, type NamespaceInjection, standardWebhooks, requestsInjection } from "../../../src/istio/injection/injection-rules.ts";
import { type LabelSelector, readLabelSelector, selectorMatches } from "../../../src/lib/label-selector.ts";
import { seen, UNSEEN } from "../fixtures.ts";
import type { InjectionWebhook } from "../../../src/istio/kubernetes-facts.ts";

const key = fc.constantFrom("a", "b", "istio.io/rev", "toString");
const value = fc.constantFrom("", "x", "y");
const selector: fc.Arbitrary<LabelSelector> = fc.record({
  matchLabels: fc.dictionary(key, value, { maxKeys: 2, noNullPrototype: true }),
  matchExpressions: fc.array(
    fc.record({
      key,
      operator: fc.constantFrom("In", "NotIn", "Exists", "DoesNotExist", "Gt"),
      values: fc.array(value, { maxLength: 2 }),
    }),
    { maxLength: 3 },
  ),
});

/** A second implementation of the definition, for comparison. */
function naiveMatch({ matchLabels, matchExpressions }: LabelSelector, labels: ReadonlyMap<string, string>): boolean {
  const wanted = Object.entries(matchLabels).every(([name, text]) => labels.get(name) === text);
  const rejected = matchExpressions.some(({ key: name, operator, values }) => {
    const has = labels.has(name);
    const listed = has && values.some((text) => text === labels.get(name));
    if (operator === "In") return !listed;
    if (operator === "NotIn") return listed;
    if (operator === "Exists") return !has;
    if (operator === "DoesNotExist") return has;
    return true;
  });
  return wanted && !rejected;
}

describe("a label selector", () => {
  test("agrees with its definition", () => {
    fc.assert(
      fc.property(selector, fc.dictionary(key, value, { maxKeys: 3, noNullPrototype: true }), (given, labels) => {
        expect(selectorMatches(given, labels)).toBe(naiveMatch(given, new Map(Object.entries(labels))));
      }),
    );
  });
  test("that is empty or absent selects everything", () => {
    expect(selectorMatches(readLabelSelector(undefined), { a: "b" })).toBe(true);
  });
});

function rulesFor(
  labels: Record<string, string>,
  webhooks: readonly InjectionWebhook[] = standardWebhooks("asm-1-26"),
) {
  return injectionRules({
    namespaces: seen([{ name: "shop", labels }]),
    webhooks: seen(webhooks),
    installedRevisions: ["asm-1-26"],
  });
}

const TAG: InjectionWebhook[] = standardWebhooks("prod").map((webhook) => ({ ...webhook, tag: "prod" }));
const DEACTIVATED: InjectionWebhook[] = standardWebhooks("asm-1-24").map((webhook) => ({
  ...webhook,
  namespaceSelector: { matchLabels: { "istio.io/deactivated": "never-match" }, matchExpressions: [] },
}));

describe("injection in a namespace", () => {
  const cases: [string, Record<string, string>, readonly InjectionWebhook[], NamespaceInjection][] = [
    ["labelled with an installed revision is on", { "istio.io/rev": "asm-1-26" }, standardWebhooks("asm-1-26"), { kind: "on", revision: "asm-1-26" }],
    ["labelled with a revision tag is on", { "istio.io/rev": "prod" }, TAG, { kind: "on", revision: "prod" }],
    ["without a label is not on", {}, standardWebhooks("asm-1-26"), { kind: "unlabelled" }],
    [
      "labelled istio-injection=enabled is off",
      { "istio-injection": "enabled" },
      standardWebhooks("asm-1-26"),
      { kind: "switched-off", value: "enabled", revision: "" },
    ],
    [
      "labelled istio-injection=enabled is off even with a revision",
      { "istio-injection": "enabled", "istio.io/rev": "asm-1-26" },
      standardWebhooks("asm-1-26"),
      { kind: "switched-off", value: "enabled", revision: "asm-1-26" },
    ],
    ["that a webhook selects by another label is on, by the webhook's revision", { team: "a" }, [{ ...standardWebhooks("asm-1-26")[0]!, namespaceSelector: { matchLabels: { team: "a" }, matchExpressions: [] } }], { kind: "on", revision: "asm-1-26" }],
    ["labelled with the revision of a webhook that selects by another label is excluded", { "istio.io/rev": "asm-1-26" }, [{ ...standardWebhooks("asm-1-26")[0]!, namespaceSelector: { matchLabels: { team: "a" }, matchExpressions: [] } }], { kind: "excluded", revision: "asm-1-26" }],
    ["labelled with a revision that is not installed dangles", { "istio.io/rev": "asm-1-24" }, standardWebhooks("asm-1-26"), { kind: "dangling", revision: "asm-1-24" }],
    ["labelled with a revision whose webhook is deactivated dangles", { "istio.io/rev": "asm-1-24" }, DEACTIVATED, { kind: "dangling", revision: "asm-1-24" }],
    [
      "that another selector excludes is excluded",
      { "istio.io/rev": "asm-1-26", "control-plane": "true" },
      standardWebhooks("asm-1-26").map((webhook) => ({
        ...webhook,
        namespaceSelector: {
          ...webhook.namespaceSelector,
          matchExpressions: [
            ...webhook.namespaceSelector.matchExpressions,
            { key: "control-plane", operator: "DoesNotExist", values: [] },
          ],
        },
      })),
      { kind: "excluded", revision: "asm-1-26" },
    ],
  ];
  test.each(cases)("%s", (_, labels, webhooks, expected) => {
    expect(rulesFor(labels, webhooks).injectionIn("shop")).toEqual(expected);
  });

  test("that does not exist is absent; where namespaces could not be read, it is unseen", () => {
    expect(rulesFor({}).injectionIn("other")).toEqual({ kind: "absent" });
    const rules = injectionRules({ namespaces: UNSEEN, webhooks: UNSEEN, installedRevisions: ["asm-1-26"] });
    expect(rules.injectionIn("shop")).toEqual({ kind: "unseen" });
    expect(rules.selects("shop", {})).toBe(false);
  });

  test.each<[NamespaceInjection, string]>([
    [{ kind: "on", revision: "r" }, "injection by r"],
    [{ kind: "unlabelled" }, "the namespace has no label istio.io/rev"],
    [{ kind: "switched-off", value: "disabled", revision: "" }, "the label istio-injection=disabled switches injection off"],
    [{ kind: "dangling", revision: "r" }, "no injector serves istio.io/rev=r"],
    [{ kind: "maybe-tag", revision: "r" }, "istio.io/rev=r is not an installed revision, and whether it is a revision tag could not be read"],
    [{ kind: "excluded", revision: "r" }, "another selector of the injector of istio.io/rev=r excludes the namespace"],
    [{ kind: "maybe-excluded", revision: "r", label: "control-plane" }, "AKS may exclude namespaces with the label control-plane from the injector of r, whose selectors could not be read"],
    [{ kind: "ambient" }, "the label istio.io/dataplane-mode=ambient puts the namespace into an ambient mesh, not into the add-on's"],
    [{ kind: "absent" }, "the namespace does not exist"],
    [{ kind: "unseen" }, "the namespace could not be read"],
  ])("%j in words", (injection, words) => {
    expect(describeInjection(injection)).toBe(words);
  });

  test("by the webhooks that Istio installs is chosen by the namespace's revision, or by the pod's", () => {
    const common = { configuration: "istio-sidecar-injector-asm-1-26-aks-istio-system", revision: "asm-1-26", tag: "", pointsTo: "asm-1-26" };
    const notOptedOut = { key: "sidecar.istio.io/inject", operator: "NotIn", values: ["false"] };
    const ofRevision = { key: "istio.io/rev", operator: "In", values: ["asm-1-26"] };
    const without = (key: string): object => ({ key, operator: "DoesNotExist", values: [] });
    expect(standardWebhooks("asm-1-26")).toEqual([
      { ...common, namespaceSelector: { matchLabels: {}, matchExpressions: [ofRevision, without("istio-injection")] }, objectSelector: { matchLabels: {}, matchExpressions: [notOptedOut] } },
      { ...common, namespaceSelector: { matchLabels: {}, matchExpressions: [without("istio.io/rev"), without("istio-injection")] }, objectSelector: { matchLabels: {}, matchExpressions: [notOptedOut, ofRevision] } },
    ]);
  });

  test("is requested by the labels, unless they include istio-injection=disabled", () => {
    expect(requestsInjection({ kind: "dangling", revision: "asm-1-24" })).toBe(true);
    expect(requestsInjection({ kind: "switched-off", value: "enabled", revision: "asm-1-26" })).toBe(true);
    expect(requestsInjection({ kind: "switched-off", value: "disabled", revision: "asm-1-26" })).toBe(false);
    expect(requestsInjection({ kind: "switched-off", value: "enabled", revision: "" })).toBe(false);
    expect(requestsInjection({ kind: "unlabelled" })).toBe(false);
  });
});

describe("a revision dangles", () => {
  test("where no webhook serves it, also with istio-injection=enabled", () => {
    expect(rulesFor({ "istio.io/rev": "asm-1-24" }).danglingRevision("shop")).toBe("asm-1-24");
    const both = rulesFor({ "istio.io/rev": "asm-1-24", "istio-injection": "enabled" });
    expect(both.danglingRevision("shop")).toBe("asm-1-24");
  });
  test("but not where it is served, absent, or injection is disabled", () => {
    expect(rulesFor({ "istio.io/rev": "asm-1-26" }).danglingRevision("shop")).toBeUndefined();
    expect(rulesFor({}).danglingRevision("shop")).toBeUndefined();
    const disabled = rulesFor({ "istio.io/rev": "asm-1-24", "istio-injection": "disabled" });
    expect(disabled.danglingRevision("shop")).toBeUndefined();
  });
});

describe("an injector selects a pod", () => {
  const labelled = rulesFor({ "istio.io/rev": "asm-1-26" });
  const plain = rulesFor({});
  test("of a labelled namespace, unless the pod's label opts out", () => {
    expect(labelled.selects("shop", {})).toBe(true);
    expect(labelled.selects("shop", { "sidecar.istio.io/inject": "false" })).toBe(false);
  });
  test("that requests injection by its own label where the namespace has neither label", () => {
    expect(plain.selects("shop", { "istio.io/rev": "asm-1-26" })).toBe(true);
    expect(plain.selects("shop", { "istio.io/rev": "asm-1-24" })).toBe(false);
    expect(rulesFor({ "istio-injection": "disabled" }).selects("shop", { "istio.io/rev": "asm-1-26" })).toBe(false);
  });
  test("but no other pod", () => {
    expect(plain.selects("shop", {})).toBe(false);
    expect(plain.selects("elsewhere", { "istio.io/rev": "asm-1-26" })).toBe(false);
  });
});

describe("where webhooks could not be read", () => {
  const rulesWithoutWebhooks = (labels: Record<string, string>) =>
    injectionRules({ namespaces: seen([{ name: "shop", labels }]), webhooks: UNSEEN, installedRevisions: ["asm-1-26"] });
  test("an installed revision counts as served", () => {
    expect(rulesWithoutWebhooks({ "istio.io/rev": "asm-1-26" }).injectionIn("shop")).toEqual({ kind: "on", revision: "asm-1-26" });
    expect(rulesWithoutWebhooks({ "istio.io/rev": "asm-1-26" }).selects("shop", {})).toBe(true);
  });
  test("any other revision may be a tag, and does not dangle", () => {
    const rules = rulesWithoutWebhooks({ "istio.io/rev": "prod" });
    expect(rules.injectionIn("shop")).toEqual({ kind: "maybe-tag", revision: "prod" });
    expect(rules.danglingRevision("shop")).toBeUndefined();
    expect(rules.selects("shop", {})).toBe(false);
  });
  test.each([
    [{ "control-plane": "kubeflow" }, "control-plane"],
    [{ "control-plane": "" }, "control-plane"],
    [{ "kubernetes.azure.com/managedby": "aks" }, "kubernetes.azure.com/managedby"],
  ])("AKS may exclude a namespace with the label %j", (label: Record<string, string>, name) => {
    const rules = rulesWithoutWebhooks({ "istio.io/rev": "asm-1-26", ...label });
    expect(rules.injectionIn("shop")).toEqual({ kind: "maybe-excluded", revision: "asm-1-26", label: name });
    expect(rules.selects("shop", {})).toBe(false);
    expect(requestsInjection(rules.injectionIn("shop"))).toBe(true);
  });
  test("such a label alone requests nothing", () => {
    expect(rulesWithoutWebhooks({ "control-plane": "x" }).injectionIn("shop")).toEqual({ kind: "unlabelled" });
    expect(rulesWithoutWebhooks({ "istio.io/rev": "asm-1-26", "kubernetes.azure.com/managedby": "me" }).injectionIn("shop").kind).toBe("on");
  });
});

describe("a namespace of an ambient mesh", () => {
  test.each([{ "istio.io/dataplane-mode": "ambient" }, { "istio.io/dataplane-mode": "ambient", "istio.io/rev": "other" }, { "istio.io/dataplane-mode": "ambient", "istio.io/rev": "asm-1-26" }])(
    "is not the add-on's: %j",
    (labels: Record<string, string>) => {
      const rules = rulesFor(labels);
      expect(rules.injectionIn("shop")).toEqual({ kind: "ambient" });
      expect(rules.selects("shop", {})).toBe(false);
      expect(rules.danglingRevision("shop")).toBeUndefined();
      expect(requestsInjection(rules.injectionIn("shop"))).toBe(false);
    },
  );
  test("is any other with another data plane", () => {
    expect(rulesFor({ "istio.io/dataplane-mode": "none", "istio.io/rev": "asm-1-26" }).injectionIn("shop").kind).toBe("on");
  });
});
