/** What a census lists: nodes, offenders in their order, and how many it leaves out. */
import { describe, expect, test } from "vitest";
import { CNI_CHAINING } from "../../../src/contract.ts";
import { injectionRules, standardWebhooks } from "../../../src/istio/injection/injection-rules.ts";
import { namespaceScope } from "../../../src/istio/injection/namespace-scope.ts";
import type { PodCensus } from "../../../src/istio/pods/pod-census.ts";
import { PodCensusBuilder } from "../../../src/istio/pods/pod-census-builder.ts";
import { CNI_POD, LEGACY_POD, NOW, podJson, type PodShape, seen, SHOP, validationExited } from "../fixtures.ts";

const RULES = injectionRules({ namespaces: seen([SHOP]), webhooks: seen(standardWebhooks("asm-1-26")), installedRevisions: ["asm-1-26"] });
const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString();

function censusOf(shapes: readonly PodShape[], events: readonly (readonly [string, string])[] = []): PodCensus {
  const builder = new PodCensusBuilder(RULES, namespaceScope([]), NOW, () => undefined, CNI_CHAINING);
  for (const shape of shapes) builder.add(podJson(shape));
  return builder.build(new Map(events));
}

const on = (nodeName: string, shape: PodShape): PodShape => ({ ...shape, spec: { nodeName } });
const named = (name: string, shape: PodShape): PodShape => ({ ...shape, name });
const NOT_PROGRAMMED: PodShape = { ...CNI_POD, status: validationExited(126) };
const FAILS: PodShape = { ...CNI_POD, status: { phase: "Pending", ...validationExited(1, ago(3), 12) } };
const NO_SANDBOX: PodShape = { ...CNI_POD, status: { phase: "Pending" } };
const PENDING: PodShape = { ...CNI_POD, metadata: { creationTimestamp: ago(40) }, status: { phase: "Pending" } };
const FAILED: PodShape = { ...CNI_POD, metadata: { creationTimestamp: ago(610) }, status: { phase: "Failed", ...validationExited(126, ago(600)) } };
const many = (length: number, prefix: string, shape: PodShape): readonly PodShape[] => Array.from({ length }, (_, index) => named(`${prefix}-${String(index)}`, shape));

test("nodes with broken pods are those on which redirection does not work, by name", () => {
  const pods = [on("node-6", FAILED), on("node-5", PENDING), on("node-4", LEGACY_POD), on("node-3", FAILS), on("node-2", NOT_PROGRAMMED), on("node-2", NOT_PROGRAMMED), on("node-1", CNI_POD)];
  expect(censusOf(pods.map((pod, index) => named(`p${String(index)}`, pod))).brokenOnNodes).toEqual(["node-2", "node-3", "node-6"]);
});

test("states are listed by name, whatever came first", () => {
  expect(Object.keys(censusOf([named("a", LEGACY_POD), named("b", CNI_POD)]).byState)).toEqual(["cni", "legacy-init"]);
});

describe("offenders", () => {
  const listed = ({ offenders }: PodCensus): readonly string[] => offenders.map(({ name, detail }) => `${name}: ${detail}`);

  test("of one state are listed by name, also pods without a sandbox and those that failed for good", () => {
    expect(listed(censusOf([named("d", NO_SANDBOX), named("b", NOT_PROGRAMMED), named("a", FAILED), named("c", FAILS)]))).toEqual([
      "a: has failed for good: istio-validation found no redirection on node node-1 (exit code 126), and the CNI agent repairs only pods that restart",
      "b: istio-validation found no redirection on its node (exit code 126)",
      "c: istio-validation fails again and again on node node-1 (exit code 1)",
      "d: has no sandbox: the kubelet of node node-1 has not set up its network",
    ]);
  });

  test("without a sandbox have the message of their own event", () => {
    const census = censusOf([named("a", NO_SANDBOX), named("b", NO_SANDBOX), named("c", NO_SANDBOX)], [["shop/b", "the plugin istio-cni failed"], ["shop/c", "no address"]]);
    const text = "has no sandbox: the kubelet of node node-1 has not set up its network";
    expect(listed(census)).toEqual([`a: ${text}`, `b: ${text}: the plugin istio-cni failed`, `c: ${text}: no address`]);
    expect(census.failedByPlugin).toBe(1);
  });

  test.each<[string, readonly PodShape[], number, number]>([
    ["as many as fit", many(50, "old", LEGACY_POD), 50, 0],
    ["one more", many(51, "old", LEGACY_POD), 50, 1],
    ["several lists that fit one by one", [...many(30, "old", LEGACY_POD), ...many(30, "sandbox", NO_SANDBOX), ...many(30, "job", FAILED)], 50, 40],
    ["several lists that do not fit", [...many(60, "old", LEGACY_POD), ...many(60, "sandbox", NO_SANDBOX), ...many(510, "job", FAILED)], 50, 580],
  ])("are listed, and the others counted: %s", (_, pods, offenders, left) => {
    const census = censusOf(pods);
    expect([census.offenders.length, census.offendersNotListed]).toEqual([offenders, left]);
  });

  test("are no pods with istio-init that failed for another reason", () => {
    expect(censusOf([{ ...LEGACY_POD, status: { phase: "Failed", ...validationExited(126, ago(600)) } }])).toMatchObject({ offenders: [], stuck: { failed: 0 }, total: 0 });
  });
});

test("pods that failed before another passed are counted, with some examples", () => {
  const later: PodShape = named("later", { ...CNI_POD, status: validationExited(0, ago(60)) });
  const { failedBefore } = censusOf([...many(12, "job", FAILED), later]);
  expect([failedBefore.count, failedBefore.examples.length]).toEqual([12, 10]);
  expect(failedBefore.examples[0]).toEqual({ namespace: "shop", name: "job-0" });
});
