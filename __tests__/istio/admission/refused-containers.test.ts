/** How the message of a refusal is taken apart. */
import { expect, test } from "vitest";
import { findingsIn, imageIn } from "../../../src/istio/admission/refused-containers.ts";

test.each<[string, string, readonly (readonly [text: string, containers: readonly string[]])[]]>([
  ["an empty reason", "", []],
  ["lines", "container x adds X\n\ncontainer y adds Y\n", [["container x adds X", ["x"]], ["container y adds Y", ["y"]]]],
  ["clauses", "container x adds X;  container y adds Y", [["container x adds X", ["x"]], ["container y adds Y", ["y"]]]],
  ["a semicolon in a word", "a;b", [["a;b", []]]],
  ["rules with details", "rule one (container x is wrong),  rule two (container y is wrong)", [["rule one (container x is wrong", ["x"]], ["rule two (container y is wrong)", ["y"]]]],
  ["names in quotes of every kind", "containers [\"a\", 'b', `c`, <d>]", [["containers [\"a\", 'b', `c`, <d>]", ["a", "b", "c", "d"]]]],
  ["quotes within a list", "containers [\"'a'\", b`c, d>e]", [["containers [\"'a'\", b`c, d>e]", ["a"]]]],
  ["an index and a number", "containers [0, 12, a1]", [["containers [0, 12, a1]", ["a1"]]]],
  ["names with digits at either end", "containers [1a, a1]", [["containers [1a, a1]", ["1a", "a1"]]]],
  ["several names, and a common word that follows", "containers web and api and must", [["containers web and api and must", ["web", "api"]]]],
  ["one name, and words that follow", "container web, found in prod", [["container web, found in prod", ["web"]]]],
  ["no name, where a common word follows", "containers must not run, and so on", [["containers must not run, and so on", []]]],
  ["one of Istio's names in other words", "the pod's istio-proxy and (istio-init) are refused", [["the pod's istio-proxy and (istio-init) are refused", ["istio-proxy", "istio-init"]]]],
  ["parts of other names", "istio-proxy-x, my-istio-init, a/istio-proxy and istio-init.example", [["istio-proxy-x, my-istio-init, a/istio-proxy and istio-init.example", []]]],
  ["the end of a sentence", "refused is istio-proxy.", [["refused is istio-proxy.", ["istio-proxy"]]]],
])("the findings of %s", (_, reason, findings) => {
  expect(findingsIn(reason, false).map(({ text, containers }) => [text, containers])).toEqual(findings);
});

test.each<[string, string, readonly string[]]>([
  ["constraints on lines", "[a-1] container x is wrong\n  [b.2]  container y is wrong", ["container x is wrong", "container y is wrong"]],
  ["constraints of the older form", "[denied by a] x is wrong [denied by b] y is wrong", ["x is wrong", "y is wrong"]],
  ["a constraint after another", "[denied by a] [azurepolicy-b] x is wrong", ["x is wrong"]],
  ["a constraint at the end", "[a] x is wrong\n[b]", ["x is wrong"]],
  ["a list that is no constraint", "[a] allowed are [\"ALL\"] and [X] or []; nothing else", ["allowed are [\"ALL\"] and [X] or []; nothing else"]],
  ["brackets within a word", "[a] index[b] is wrong", ["index[b] is wrong"]],
])("the findings of Gatekeeper: %s", (_, reason, texts) => {
  expect(findingsIn(reason, true).map(({ text }) => text)).toEqual(texts);
});

test("of a very long reason the beginning is read", () => {
  expect(findingsIn(`${"x".repeat(16_000)}\ncontainer a`, false)).toHaveLength(1);
});

test.each<[string, "istio" | "other" | undefined]>([
  ["image mcr.microsoft.com/oss/istio/proxyv2:1.27", "istio"],
  ["registry/istio/pilot is refused", "istio"],
  ["proxyv2 is refused", "istio"],
  ["/istio/ alone", undefined],
  ["image docker.io/library/nginx:1", "other"],
  ["Image: 'registry:5000/app' is refused", "other"],
  ["images=[docker.io/app]", "other"],
  ["image  =  \"docker.io/app\"", "other"],
  ["image app has no registry", undefined],
  ["imagery docker.io/app", undefined],
])("the image of %s: %s", (text, image) => {
  expect(imageIn({ text, containers: [] })).toBe(image);
});
