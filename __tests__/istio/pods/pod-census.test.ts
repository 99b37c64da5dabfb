import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CNI_CHAINING, INIT_CONTAINERS, type RedirectionMechanism } from "../../../src/contract.ts";
import { injectionRules, standardWebhooks } from "../../../src/istio/injection/injection-rules.ts";
import { MAX_OFFENDERS, MAX_EXAMPLES, type PodCensus, restartable } from "../../../src/istio/pods/pod-census.ts";
import { PodCensusBuilder } from "../../../src/istio/pods/pod-census-builder.ts";
import { at } from "../../../src/lib/json.ts";
import { ownersByReplicaSet, workloadOf } from "../../../src/istio/pods/pod-owner.ts";
import { readPod } from "../../../src/istio/pods/pod.ts";
import { namespaceScope } from "../../../src/istio/injection/namespace-scope.ts";
import { TopList } from "../../../src/lib/top-list.ts";
import { APP, CLASSIC, CNI_POD, INIT, LEGACY_POD, NOW, podJson, seen, UNSEEN, VALIDATION, validationExited } from "../fixtures.ts";

const RULES = injectionRules({
  namespaces: seen([
    { name: "shop", labels: { "istio.io/rev": "asm-1-26" } },
    { name: "gone", labels: { "istio.io/rev": "asm-1-20" } },
    { name: "plain", labels: {} },
    { name: "ambient", labels: { "istio.io/dataplane-mode": "ambient" } },
    { name: "aks-istio-ingress", labels: {} },
  ]),
  webhooks: seen(standardWebhooks("asm-1-26")),
  installedRevisions: ["asm-1-26"],
});
const OWNERS = ownersByReplicaSet([
  { namespace: "shop", name: "web-5d9", owner: { kind: "Deployment", name: "web" }, failure: undefined, template: undefined, desired: 1 },
  { namespace: "shop", name: "bare", owner: undefined, failure: undefined, template: undefined, desired: 1 },
]);

function censusOf(pods: readonly unknown[], mechanism: RedirectionMechanism = CNI_CHAINING, ...names: string[]): PodCensus {
  const builder = new PodCensusBuilder(RULES, namespaceScope(names), NOW, OWNERS, mechanism);
  for (const pod of pods) builder.add(pod);
  return builder.build();
}

const ownedBy = (kind: string, name: string): object => ({ ownerReferences: [{ kind, name, controller: true }] });

describe("a census counts", () => {
  test("pods by their state, and whether redirection works in them", () => {
    const census = censusOf([
      podJson({ ...CNI_POD, name: "a" }),
      podJson({ ...CNI_POD, name: "b", status: {} }),
      podJson({ ...CNI_POD, name: "c", status: validationExited(126) }),
      podJson({ ...LEGACY_POD, name: "d" }),
      podJson({ name: "e" }),
    ]);
    expect(census.total).toBe(5);
    expect(census.byState).toEqual({ cni: 3, "legacy-init": 1, "not-injected": 1 });
    expect(census.redirection).toEqual({ effective: 1, notProgrammed: 1, pending: 1 });
    expect(census.meshedNodes).toEqual([{ name: "node-1", pods: 4 }]);
  });

  test("no finished pods, and no values that are not pods", () => {
    const census = censusOf([undefined, 7, [], "pod", podJson({ ...LEGACY_POD, status: { phase: "Succeeded" } })]);
    expect(census.total).toBe(0);
  });

  test("in the default scope, pods of the mesh in any namespace, but no other pods outside the scope", () => {
    const census = censusOf([
      podJson({ namespace: "plain" }),
      podJson({ ...LEGACY_POD, namespace: "plain" }),
      podJson({ namespace: "plain", labels: { "istio.io/rev": "asm-1-26" } }),
      podJson({ namespace: "gone" }),
    ]);
    expect(census.byState).toEqual({ "legacy-init": 1, "not-injected": 1, "dangling-revision": 1 });
  });

  test("no pods in AKS' own namespaces, unless the input names one", () => {
    const gateway = podJson({
      namespace: "aks-istio-ingress",
      containers: [{ name: "istio-proxy", args: ["proxy", "router"] }],
    });
    expect(censusOf([gateway]).total).toBe(0);
    expect(censusOf([gateway], CNI_CHAINING, "aks-istio-ingress").byState).toEqual({ gateway: 1 });
  });

  test("of an ambient mesh only the pods that an injector has changed", () => {
    const proxy = (type: string): object => podJson({ namespace: "ambient", name: type, containers: [{ name: "istio-proxy", args: ["proxy", type] }] });
    expect(censusOf([proxy("ztunnel"), proxy("waypoint"), podJson({ namespace: "ambient" })]).total).toBe(0);
    expect(censusOf([podJson({ ...LEGACY_POD, namespace: "ambient" })]).byState).toEqual({ "legacy-init": 1 });
  });

  test("no pods of Azure Kubernetes Application Network", () => {
    expect(censusOf([podJson({ namespace: "applink-system", containers: [{ name: "istio-proxy", args: ["proxy", "ztunnel"] }] })]).total).toBe(0);
  });

  test("only pods in the namespaces that the input names", () => {
    const pods = [podJson({ ...LEGACY_POD, namespace: "plain" }), podJson({ ...LEGACY_POD, namespace: "shop" })];
    expect(censusOf(pods, CNI_CHAINING, "shop").total).toBe(1);
    expect(censusOf(pods, CNI_CHAINING, "*").total).toBe(2);
  });

  test("unscheduled pods for no node", () => {
    expect(censusOf([podJson({ ...CNI_POD, spec: { nodeName: undefined } })]).meshedNodes).toEqual([]);
  });
});

describe("offenders", () => {
  test("are the pods that do not comply with the goal, the most severe first", () => {
    const census = censusOf([
      podJson({ ...LEGACY_POD, name: "old" }),
      podJson({ name: "bare", metadata: ownedBy("ReplicaSet", "web-5d9") }),
      podJson({ ...CNI_POD, name: "broken", status: validationExited(126) }),
      podJson({ ...CNI_POD, name: "fine" }),
      podJson({ name: "odd", containers: [APP, CLASSIC] }),
    ]);
    expect(census.offenders.map(({ name, state, owner }) => [name, state, owner.kind, owner.name])).toEqual([
      ["broken", "cni", "Pod", "broken"],
      ["odd", "unknown", "Pod", "odd"],
      ["old", "legacy-init", "Pod", "old"],
      ["bare", "not-injected", "Deployment", "web"],
    ]);
    expect(census.offenders.every(({ detail }) => detail !== "")).toBe(true);
  });

  test("are other pods where init containers should redirect", () => {
    const pods = [podJson({ ...LEGACY_POD, name: "right" }), podJson({ ...CNI_POD, name: "stale" })];
    const census = censusOf(pods, INIT_CONTAINERS);
    expect(census.offenders.map(({ name }) => name)).toEqual(["stale"]);
    expect(restartable(census, INIT_CONTAINERS)).toHaveLength(1);
  });

  test("are listed up to a limit, and the others are counted", () => {
    const pods = Array.from({ length: MAX_OFFENDERS + 7 }, (_, index) => podJson({ ...LEGACY_POD, name: `p${index}` }));
    const census = censusOf(pods);
    expect(census.offenders).toHaveLength(MAX_OFFENDERS);
    expect(census.offendersNotListed).toBe(7);
  });
});

describe("stale workloads", () => {
  test("are counted once, by the owner of the ReplicaSet, with the most severe state of their pods", () => {
    const metadata = ownedBy("ReplicaSet", "web-5d9");
    const census = censusOf([
      podJson({ name: "a", metadata }),
      podJson({ ...LEGACY_POD, name: "b", metadata }),
      podJson({ name: "c", metadata }),
      podJson({ ...LEGACY_POD, name: "d", metadata: ownedBy("DaemonSet", "agent") }),
    ]);
    expect(census.staleWorkloads).toEqual([
      { namespace: "shop", owner: { kind: "DaemonSet", name: "agent" }, state: "legacy-init", pods: 1 },
      { namespace: "shop", owner: { kind: "Deployment", name: "web" }, state: "legacy-init", pods: 3 },
    ]);
  });
  test("of a dangling revision are listed, but are not restartable", () => {
    const census = censusOf([podJson({ namespace: "gone" })]);
    expect(census.staleWorkloads).toHaveLength(1);
    expect(restartable(census, CNI_CHAINING)).toEqual([]);
  });
});

describe("a classic sidecar with CNI", () => {
  const classic = (name: string, ...init: object[]) =>
    podJson({ ...CNI_POD, name, init: [VALIDATION, ...init], containers: [APP, CLASSIC] });
  test("leaves the application's init containers without network", () => {
    const { initContainersWithoutNetwork } = censusOf([classic("a", { name: "migrate" }), classic("b"), podJson(CNI_POD)]);
    expect(initContainersWithoutNetwork).toEqual({
      count: 1,
      examples: [{ namespace: "shop", name: "a", containers: ["migrate"] }],
    });
  });
  test("does not affect init containers that run as the proxy's user", () => {
    const exempt = { name: "migrate", securityContext: { runAsUser: 1337 } };
    expect(censusOf([classic("a", exempt)]).initContainersWithoutNetwork.count).toBe(0);
  });
  test("is listed with a limited number of examples", () => {
    const pods = Array.from({ length: MAX_EXAMPLES + 5 }, (_, index) => classic(`p${index}`, { name: "migrate" }));
    const { initContainersWithoutNetwork } = censusOf(pods);
    expect(initContainersWithoutNetwork.examples).toHaveLength(MAX_EXAMPLES);
    expect(initContainersWithoutNetwork.count).toBe(MAX_EXAMPLES + 5);
  });
});

test("a census does not depend on the order of the pods", () => {
  const pod = fc
    .record({
      base: fc.constantFrom(
        CNI_POD,
        LEGACY_POD,
        {},
        { init: [INIT, VALIDATION] },
        { ...CNI_POD, status: {} },
        { ...CNI_POD, status: { phase: "Pending" } },
        { ...CNI_POD, status: { phase: "Failed", ...validationExited(126, "2026-03-01T11:30:00Z") } },
        { ...CNI_POD, status: validationExited(0, "2026-03-01T11:40:00Z") },
        { ...CNI_POD, status: validationExited(126, "2026-03-01T11:59:30Z") },
      ),
      name: fc.integer({ min: 0, max: 300 }).map((n) => `pod-${n}`),
      namespace: fc.constantFrom("shop", "plain", "gone"),
      owner: fc.constantFrom(ownedBy("ReplicaSet", "web-5d9"), ownedBy("StatefulSet", "db"), {}),
      node: fc.constantFrom("n1", "n2"),
    })
    .map(({ base, name, namespace, owner, node }) =>
      podJson({ ...base, name, namespace, metadata: owner, spec: { nodeName: node } }),
    );
  const pods = fc.uniqueArray(pod, { maxLength: 120, selector: (json) => JSON.stringify(at(json, "metadata", "name")) });
  fc.assert(
    fc.property(
      pods.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([all, shuffled]) => {
        expect(censusOf(shuffled)).toEqual(censusOf(all));
      },
    ),
    { numRuns: 50 },
  );
});

test("a census keeps no pod in memory", () => {
  const builder = new PodCensusBuilder(RULES, namespaceScope([]), NOW, OWNERS);
  for (let index = 0; index < 20_000; index += 1) {
    builder.add(podJson({ ...LEGACY_POD, name: `p${index}`, metadata: ownedBy("ReplicaSet", "web-5d9") }));
  }
  const census = builder.build();
  expect(census.total).toBe(20_000);
  expect(JSON.stringify(census).length).toBeLessThan(20_000);
});

describe("the workload that owns a pod", () => {
  const pod = (metadata: object, labels: Record<string, string> = {}) => {
    const facts = readPod(podJson({ metadata, labels }));
    if (facts === undefined) throw new Error("not a pod");
    return workloadOf(facts, OWNERS);
  };
  test.each([
    ["its Deployment", ownedBy("ReplicaSet", "web-5d9"), {}, { kind: "Deployment", name: "web" }],
    ["the ReplicaSet without a controller", ownedBy("ReplicaSet", "bare"), { "pod-template-hash": "bare" }, { kind: "ReplicaSet", name: "bare" }],
    ["the Deployment that the hash label implies", ownedBy("ReplicaSet", "api-77f"), { "pod-template-hash": "77f" }, { kind: "Deployment", name: "api" }],
    ["the ReplicaSet, where its owner is unknown", ownedBy("ReplicaSet", "api-77f"), {}, { kind: "ReplicaSet", name: "api-77f" }],
    ["its StatefulSet", ownedBy("StatefulSet", "db"), {}, { kind: "StatefulSet", name: "db" }],
    ["the pod itself", {}, {}, { kind: "Pod", name: "web-1" }],
    ["the pod itself, where no owner is the controller", { ownerReferences: [{ kind: "Node", name: "n" }] }, {}, { kind: "Pod", name: "web-1" }],
  ])("is %s", (_, metadata, labels, expected) => {
    expect(pod(metadata, labels)).toEqual(expected);
  });
});

test("a top list holds the first items in order, and counts the others", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.nat(10), (all, limit) => {
      const list = new TopList<number>(limit, (a, b) => a - b);
      for (const item of all) list.add(item);
      expect(list.items()).toEqual([...all].sort((a, b) => a - b).slice(0, limit));
      expect(list.left()).toBe(Math.max(0, all.length - limit));
    }),
  );
});

test("where namespaces could not be read, only pods with Istio's containers count", () => {
  const rules = injectionRules({ namespaces: UNSEEN, webhooks: UNSEEN, installedRevisions: ["asm-1-26"] });
  const builder = new PodCensusBuilder(rules, namespaceScope([]), NOW, OWNERS);
  builder.add(podJson());
  builder.add(podJson(CNI_POD));
  expect(builder.build().byState).toEqual({ cni: 1 });
});
