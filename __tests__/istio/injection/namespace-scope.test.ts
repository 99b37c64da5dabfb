import { describe, expect, test } from "vitest";
import { injectionRules, standardWebhooks } from "../../../src/istio/injection/injection-rules.ts";
import { inScope, namespaceScope } from "../../../src/istio/injection/namespace-scope.ts";
import { isSystemNamespace, SYSTEM_NAMESPACES } from "../../../src/istio/injection/system-namespaces.ts";
import { seen } from "../fixtures.ts";

const RULES = injectionRules({
  namespaces: seen([
    { name: "shop", labels: { "istio.io/rev": "asm-1-26" } },
    { name: "gone", labels: { "istio.io/rev": "asm-1-20" } },
    { name: "plain", labels: {} },
    { name: "aks-istio-ingress", labels: { "istio.io/rev": "asm-1-26" } },
  ]),
  webhooks: seen(standardWebhooks("asm-1-26")),
  installedRevisions: ["asm-1-26"],
});

describe("without names the scope", () => {
  const scope = namespaceScope([" ", ""]);
  const judged = inScope(scope, RULES);
  test("is every namespace that wants injection", () => {
    expect(scope).toMatchObject({ isDefault: true, named: [], hasGlobs: false });
    expect(["shop", "gone", "plain", "elsewhere"].filter(judged)).toEqual(["shop", "gone"]);
  });
  test("leaves AKS' own namespaces out, whatever their labels", () => {
    expect(judged("aks-istio-ingress")).toBe(false);
  });
});

describe("with names the scope", () => {
  test("is these, labels or not, each once", () => {
    const scope = namespaceScope(["plain", "shop ", "plain"]);
    expect(scope).toMatchObject({ isDefault: false, named: ["plain", "shop"], hasGlobs: false });
    expect(["shop", "gone", "plain"].filter(inScope(scope, RULES))).toEqual(["shop", "plain"]);
  });
  test("reaches AKS' own namespaces only by their full name", () => {
    expect(namespaceScope(["*"]).matches("kube-system")).toBe(false);
    expect(namespaceScope(["aks-*"]).matches("aks-istio-ingress")).toBe(false);
    expect(namespaceScope(["aks-istio-ingress"]).matches("aks-istio-ingress")).toBe(true);
  });
  test("may be names and globs together", () => {
    const scope = namespaceScope(["team-*", "shop"]);
    expect(scope).toMatchObject({ isDefault: false, named: ["shop"], hasGlobs: true });
    expect(["team-a", "shop", "my-team-a"].filter(scope.matches)).toEqual(["team-a", "shop"]);
  });
});

test("AKS' own namespaces are about two dozen, each once", () => {
  expect(new Set(SYSTEM_NAMESPACES).size).toBe(SYSTEM_NAMESPACES.length);
  expect(SYSTEM_NAMESPACES.every(isSystemNamespace)).toBe(true);
  expect(isSystemNamespace("default")).toBe(false);
});
