import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readClusterFacts } from "../../src/istio/cluster-facts.ts";
import { arrayAt, at, entry, momentAt, numberAt, parseJson, stringMapAt, textAt } from "../../src/lib/json.ts";
import {
  readAgentPod,
  readDaemonSet,
  readInjectionWebhooks,
  readInjector,
  readNamespace,
  readReplicaSet,
} from "../../src/istio/kubernetes-facts.ts";
import { readPod } from "../../src/istio/pods/pod.ts";

describe("ways into JSON of unknown shape", () => {
  test("find what is there", () => {
    expect(at({ a: { b: 1 } }, "a", "b")).toBe(1);
    expect(textAt({ a: "x" }, "a")).toBe("x");
    expect(arrayAt({ a: [1] }, "a")).toEqual([1]);
    expect(stringMapAt({ a: { x: "1", y: 2 } }, "a")).toEqual({ x: "1" });
    expect(momentAt({ a: "1970-01-01T00:00:01Z" }, "a")).toBe(1000);
  });

  test("read another type as absent", () => {
    expect(textAt({ a: 1 }, "a")).toBe("");
    expect(numberAt({ a: "1" }, "a")).toBeUndefined();
    expect(arrayAt({ a: { length: 3 } }, "a")).toEqual([]);
    expect(stringMapAt({ a: ["x"] }, "a")).toEqual({});
    expect(momentAt({ a: "yesterday" }, "a")).toBeUndefined();
  });

  test("see no inherited property", () => {
    expect(at({}, "constructor")).toBeUndefined();
    expect(at({}, "__proto__", "toString")).toBeUndefined();
    expect(entry({}, "toString")).toBeUndefined();
    const labels = stringMapAt(parseJson('{"labels": {"__proto__": "x", "a": "b"}}'), "labels");
    expect(Object.getPrototypeOf(labels)).toBe(Object.prototype);
    expect(Object.keys(labels)).toEqual(["a"]);
  });

  test("take text that is no JSON for nothing", () => {
    expect(parseJson("{")).toBeUndefined();
  });
});

/** Objects with the keys that decoders look for, and anything at all under them. */
const KEYS = [
  "metadata", "name", "namespace", "labels", "annotations", "ownerReferences", "controller", "kind", "spec", "status",
  "initContainers", "containers", "args", "env", "securityContext", "capabilities", "add", "initContainerStatuses", "state",
  "terminated", "exitCode", "finishedAt", "conditions", "type", "message", "webhooks", "namespaceSelector", "matchLabels",
  "matchExpressions", "data", "values", "properties", "agentPoolProfiles", "serviceMeshProfile", "istio", "__proto__",
  "constructor",
];
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(null, true, 0, -1, "", "istio-proxy", "istio-sidecar-injector-x", "istio-revision-tag-x-aks-istio-system", "{"),
    fc.jsonValue(),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie("value"), { maxKeys: 6 }),
  ),
})).value;

const DECODERS = {
  readClusterFacts,
  readAgentPod,
  readDaemonSet,
  readInjectionWebhooks,
  readInjector,
  readNamespace,
  readReplicaSet,
  readPod,
};

describe("whatever an API answers", () => {
  for (const [name, decode] of Object.entries(DECODERS)) {
    test(`${name} does not throw`, () => {
      fc.assert(
        fc.property(anything, (json) => {
          decode(json);
          decode({ metadata: json, spec: json, status: json, properties: json, data: json, webhooks: [json] });
          decode({ metadata: { name: "x", labels: json }, spec: { containers: [json], initContainers: [json] } });
        }),
        { numRuns: 300 },
      );
    });
  }
});
