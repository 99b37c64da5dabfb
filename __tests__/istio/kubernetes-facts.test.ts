import { describe, expect, test } from "vitest";
import {
  readAgentPod,
  readDaemonSet,
  readInjectionWebhooks,
  readInjector,
  readNamespace,
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
