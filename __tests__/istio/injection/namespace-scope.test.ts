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
  const isInScope = inScope(scope, RULES);
  test("is every namespace that requests injection", () => {
    expect(scope).toMatchObject({ isDefault: true, named: [], hasGlobs: false });
    expect(["shop", "gone", "plain", "elsewhere"].filter(isInScope)).toEqual(["shop", "gone"]);
  });
  test("excludes AKS' own namespaces, with any labels", () => {
    expect(isInScope("aks-istio-ingress")).toBe(false);
  });
});

describe("with names the scope", () => {
  test("is these, with or without labels, and without duplicates", () => {
    const scope = namespaceScope(["plain", "shop ", "plain"]);
    expect(scope).toMatchObject({ isDefault: false, named: ["plain", "shop"], hasGlobs: false });
    expect(["shop", "gone", "plain"].filter(inScope(scope, RULES))).toEqual(["shop", "plain"]);
  });
  test("includes AKS' own namespaces only by their full name", () => {
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

test("AKS' own namespaces are listed without duplicates", () => {
  expect(new Set(SYSTEM_NAMESPACES).size).toBe(SYSTEM_NAMESPACES.length);
  expect(SYSTEM_NAMESPACES.every(isSystemNamespace)).toBe(true);
  expect(isSystemNamespace("default")).toBe(false);
});
