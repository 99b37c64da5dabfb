import { describe, expect, test } from "vitest";
import {
  nodesWithReadyAgent,
  readAgentPod,
  readDaemonSet,
  readInjectionWebhooks,
  readInjector,
  readNamespace,
  readNodeName,
  readReplicaSet,
} from "../../src/istio/kubernetes-facts.ts";

test("a DaemonSet is read with its selector, and absent numbers are 0", () => {
  expect(
    readDaemonSet({
      metadata: { name: "agent", generation: 4 },
      spec: { selector: { matchLabels: { "k8s-app": "agent" } } },
      status: { observedGeneration: 4, desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberReady: 2 },
    }),
  ).toEqual({
    generation: 4,
    observedGeneration: 4,
    desired: 3,
    updated: 3,
    ready: 2,
    available: 0,
    matchLabels: { "k8s-app": "agent" },
  });
});

describe("a pod of the CNI agent is ready", () => {
  const conditions = [{ type: "Ready", status: "True" }];
  test("where its condition Ready is true", () => {
    const json = { metadata: { name: "a" }, spec: { nodeName: "n" }, status: { conditions } };
    expect(readAgentPod(json)).toEqual({ name: "a", nodeName: "n", ready: true, labels: {}, isNew: false });
  });
  test("but not while it is being deleted", () => {
    const json = { metadata: { name: "a", deletionTimestamp: "2026-01-01T00:00:00Z" }, status: { conditions } };
    expect(readAgentPod(json)?.ready).toBe(false);
  });
});

describe("an injector's ConfigMap", () => {
  const configMap = (values: unknown): object => ({
    metadata: { name: "istio-sidecar-injector-asm-1-26" },
    data: { values: typeof values === "string" ? values : JSON.stringify(values) },
  });
  test.each([
    [{ pilot: { cni: { enabled: true } } }, true],
    [{ pilot: { cni: { enabled: false } } }, false],
    [{ pilot: {} }, undefined],
    [{ pilot: { cni: { enabled: "true" } } }, undefined],
    [{ cni: { enabled: true } }, undefined],
    ["not JSON", undefined],
  ])("with values %j has CNI %s", (values, cniEnabled) => {
    expect(readInjector(configMap(values))).toEqual({ revision: "asm-1-26", cniEnabled });
  });
  test("is recognised by its name", () => {
    expect(readInjector({ metadata: { name: "istio-asm-1-26" } })).toBeUndefined();
  });
});

describe("a webhook configuration", () => {
  const webhooks = [{ name: "rev.namespace.sidecar-injector.istio.io", namespaceSelector: { matchLabels: { a: "b" } } }];
  const read = (name: string, labels: Record<string, string> = {}) =>
    readInjectionWebhooks({ metadata: { name, labels }, webhooks });

  test("of a revision serves the revision", () => {
    expect(read("istio-sidecar-injector-asm-1-26-aks-istio-system", { "istio.io/rev": "asm-1-26" })).toEqual([
      {
        configuration: "istio-sidecar-injector-asm-1-26-aks-istio-system",
        revision: "asm-1-26",
        tag: "",
        pointsTo: "asm-1-26",
        namespaceSelector: { matchLabels: { a: "b" }, matchExpressions: [] },
        objectSelector: { matchLabels: {}, matchExpressions: [] },
      },
    ]);
  });
  test("of a tag serves the tag, not the revision that it points to", () => {
    const labels = { "istio.io/rev": "asm-1-26", "istio.io/tag": "prod" };
    expect(read("istio-revision-tag-prod-aks-istio-system", labels)).toMatchObject([{ revision: "prod", tag: "prod", pointsTo: "asm-1-26" }]);
  });
  test("without labels is recognised by its name", () => {
    expect(read("istio-sidecar-injector-asm-1-26-aks-istio-system")).toMatchObject([{ revision: "asm-1-26", tag: "" }]);
    expect(read("istio-revision-tag-prod-aks-istio-system")).toMatchObject([{ revision: "prod", tag: "prod" }]);
  });
  test.each(["istio-sidecar-injector", "istio-sidecar-injector-1-26-istio-system", "cert-manager-aks-istio-system"])(
    "named %s does not belong to the managed mesh",
    (name) => {
      expect(read(name)).toEqual([]);
    },
  );
});

test("an object without a name is none", () => {
  expect([readDaemonSet({}), readAgentPod({}), readReplicaSet({}), readNamespace({}), readNodeName({})]).toEqual([undefined, undefined, undefined, undefined, undefined]);
  expect(readNodeName({ metadata: { name: "aks-nodes-1234-vmss000000" } })).toBe("aks-nodes-1234-vmss000000");
});

test("a DaemonSet counts the pods that are available", () => {
  expect(readDaemonSet({ metadata: { name: "agent" }, status: { numberAvailable: 2 } })).toMatchObject({ available: 2, ready: 0 });
});

describe("a pod of the CNI agent", () => {
  const NOW = Date.parse("2026-03-01T12:00:00Z");
  const agent = (metadata: object, conditions: readonly object[] = [{ type: "Ready", status: "True" }]) =>
    readAgentPod({ metadata: { name: "a", ...metadata }, spec: { nodeName: "node-1" }, status: { conditions } }, NOW);
  const createdAgo = (ms: number): object => ({ creationTimestamp: new Date(NOW - ms).toISOString() });

  test.each<[string, object, boolean]>([
    ["that was created a moment ago", createdAgo(0), true],
    ["that was created almost five minutes ago", createdAgo(299_999), true],
    ["that was created five minutes ago", createdAgo(300_000), false],
    ["whose creation is not known", {}, false],
  ])("%s is new: %#", (_, metadata, isNew) => {
    expect(agent(metadata)?.isNew).toBe(isNew);
  });

  test.each<[string, object, readonly object[], boolean]>([
    ["is ready by its condition", {}, [{ type: "Initialized", status: "True" }, { type: "Ready", status: "True" }], true],
    ["is not ready by another condition", {}, [{ type: "Initialized", status: "True" }], false],
    ["is not ready where the condition is false", {}, [{ type: "Ready", status: "False" }], false],
    ["is not ready while it is deleted, as the protobuf reader says it", { deletionTimestamp: 17 }, [{ type: "Ready", status: "True" }], false],
    ["is ready where nothing deletes it", { deletionTimestamp: "" }, [{ type: "Ready", status: "True" }], true],
  ])("%s", (_, metadata, conditions, isReady) => {
    expect(agent(metadata, conditions)?.ready).toBe(isReady);
  });

  test("covers its node while it is ready", () => {
    const labels = { "k8s-app": "azure-service-mesh-istio-cni-addon-node" };
    const pods = [{ name: "a", nodeName: "node-1", ready: true, labels }, { name: "b", nodeName: "node-2", ready: false, labels }, { name: "c", nodeName: "node-3", ready: true, labels: {} }];
    expect([...nodesWithReadyAgent(undefined, pods)]).toEqual(["node-1"]);
  });
});

describe("the owner of a ReplicaSet", () => {
  const ownedBy = (...ownerReferences: readonly object[]) => readReplicaSet({ metadata: { name: "web-1", ownerReferences } })?.owner;
  test.each<[string, readonly object[], object | undefined]>([
    ["is the one that controls it", [{ kind: "Watcher", name: "w", controller: false }, { kind: "Deployment", name: "web", controller: true }], { kind: "Deployment", name: "web" }],
    ["has a kind", [{ kind: "", name: "web", controller: true }], undefined],
    ["has a name", [{ kind: "Deployment", name: "", controller: true }], undefined],
    ["is none without owners", [], undefined],
  ])("%s", (_, owners, owner) => {
    expect(ownedBy(...owners)).toEqual(owner);
  });
});

describe("a refused ReplicaSet", () => {
  const refused = (condition: object, initContainers: readonly object[] = []) =>
    readReplicaSet({ metadata: { name: "web-1" }, spec: { template: { spec: { initContainers } } }, status: { conditions: [{ type: "ReplicaFailure", status: "True", ...condition }] } });
  test("says why in its reason, where there is no message", () => {
    expect(refused({ reason: "FailedCreate" })?.failure).toBe("FailedCreate");
  });
  test("has istio-init of its own among other init containers, or not", () => {
    expect(refused({ message: "m" }, [{ name: "wait" }, { name: "istio-init" }])?.template?.hasIstioInit).toBe(true);
    expect(refused({ message: "m" }, [{ name: "wait" }])?.template?.hasIstioInit).toBe(false);
    expect(refused({ message: "m" })?.template?.hasIstioInit).toBe(false);
  });
});

test("a Namespace is read with its labels", () => {
  expect(readNamespace({ metadata: { name: "shop", labels: { a: "b" } } })).toEqual({ name: "shop", labels: { a: "b" } });
  expect(readNamespace({})).toBeUndefined();
});

describe("a ReplicaSet", () => {
  test("has the owner that controls it and the message of its ReplicaFailure condition", () => {
    expect(
      readReplicaSet({
        metadata: {
          namespace: "shop",
          name: "web-5d9",
          ownerReferences: [
            { kind: "Watcher", name: "w" },
            { kind: "Deployment", name: "web", controller: true },
          ],
        },
        spec: { replicas: 2, template: { metadata: { labels: { app: "web" } }, spec: { initContainers: [{ name: "istio-init" }] } } },
        status: { conditions: [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "denied" }] },
      }),
    ).toEqual({
      namespace: "shop",
      name: "web-5d9",
      owner: { kind: "Deployment", name: "web" },
      failure: "denied",
      template: { labels: { app: "web" }, hasIstioInit: true },
      desired: 2,
    });
  });
  test("without owner and failure has neither, and one replica by default", () => {
    const conditions = [{ type: "ReplicaFailure", status: "False" }];
    expect(readReplicaSet({ metadata: { name: "web" }, status: { conditions } })).toMatchObject({
      owner: undefined,
      failure: undefined,
      desired: 1,
    });
  });
});
