/**
 * Lists and refusals in Kubernetes' protobuf. The vectors are the output of Kubernetes' own encoder: see vectors/main.go. The simulator
 * writes the same bytes, and the readers return the same for them as for the same objects in JSON.
 */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../simulator/lib/json.ts";
import { RESOURCES } from "../../../simulator/kubernetes/resources/all-resources.ts";
import { inProtobuf, toProtobuf } from "../../../simulator/kubernetes/protobuf/encode.ts";
import { scenario, scenarios } from "../../../simulator/scenarios/registry.ts";
import { isProtobuf, readProtobufPage, statusAsJson } from "../../../src/kubernetes/protobuf/response.ts";
import { arrayAt, textAt } from "../../../src/lib/json.ts";
import { readAgentPod, readReplicaSet } from "../../../src/istio/kubernetes-facts.ts";
import { readPod } from "../../../src/istio/pods/pod.ts";
import { ORACLES_ABSENT, WHY_SKIPPED } from "../../oracles/folder.ts";
import { goldenPods, goldenVersions } from "../../oracles/golden-pods.ts";
import { ANY_MOMENT, anyPod } from "./any-pod.ts";
import { readError } from "../../../src/lib/http/read-error.ts";

interface Vector {
  readonly name: string;
  readonly object: JsonObject;
  readonly protobuf: string;
}

const VECTORS = JSON.parse(readFileSync(new URL("vectors/vectors.json", import.meta.url), "utf8")) as readonly Vector[];
const vectorsOf = (...kinds: readonly string[]): readonly Vector[] => VECTORS.filter(({ object }) => kinds.includes(textAt(object, "kind")));
const bytesOf = ({ protobuf }: Vector): Buffer => Buffer.from(protobuf, "base64");

class Unreadable extends Error {}

/** Reads a page to its end. */
function readAll(bytes: Buffer, resource: string): { readonly items: readonly unknown[]; readonly continueToken: string } | undefined {
  const answer = { bytes, unreadable: (kind: string) => new Unreadable(kind), release: () => undefined };
  const page = readProtobufPage(answer, resource);
  return page && { items: [...page.items], continueToken: page.continueToken };
}

type Reader = (json: unknown) => unknown;
const READERS: Readonly<Record<string, readonly Reader[]>> = { pods: [readPod, readAgentPod], replicasets: [readReplicaSet] };
const resourceOf = (list: JsonObject): string => (list["kind"] === "PodList" ? "pods" : "replicasets");

function expectSameFacts(list: JsonObject, bytes = toProtobuf(list)): void {
  const resource = resourceOf(list);
  const page = readAll(bytes, resource);
  expect(page?.continueToken).toBe(textAt(list, "metadata", "continue"));
  for (const read of READERS[resource] ?? []) expect(page?.items.map(read)).toEqual(arrayAt(list, "items").map(read));
}

function podList(items: readonly unknown[]): JsonObject {
  return JSON.parse(JSON.stringify({ kind: "PodList", apiVersion: "v1", metadata: {}, items })) as JsonObject;
}

describe("protobuf of Kubernetes' encoder", () => {
  it.each(vectorsOf("PodList", "ReplicaSetList"))("is read like JSON: $name", (vector) => {
    expect(arrayAt(vector.object, "items").length + 1, "the vector is not empty").toBeGreaterThan(0);
    expectSameFacts(vector.object, bytesOf(vector));
  });

  it.each(vectorsOf("Status"))("has code and message: $name", (vector) => {
    const { code, message } = readError(0, statusAsJson(bytesOf(vector)) ?? "");
    expect({ code, message }).toEqual({ code: vector.object["reason"], message: vector.object["message"] });
  });

  it.each(VECTORS)("equals the simulator's output: $name", (vector) => {
    expect(toProtobuf(vector.object).equals(bytesOf(vector))).toBe(true);
  });
});

describe("protobuf and JSON are read alike", () => {
  it.skipIf(ORACLES_ABSENT).each(goldenVersions())(`of Istio's golden pods, %s${WHY_SKIPPED}`, (version) => {
    const pods = goldenPods(version).map(({ pod }) => {
      const { metadata, spec } = pod as { readonly metadata?: object; readonly spec?: object };
      return { metadata, spec };
    });
    expect(pods.length).toBeGreaterThan(90);
    expectSameFacts(podList(pods));
  });

  it.each(["pods", "replicasets"])("of all %s of every scenario", (plural) => {
    const now = Date.UTC(2026, 5, 1);
    const resource = RESOURCES.find((candidate) => candidate.plural === plural)!;
    const items = scenarios.flatMap(({ name }) => [0, 600_000].flatMap((later) => resource.entries(scenario(name).create(now), now + later).map((entry) => entry.render())));
    expect(items.length).toBeGreaterThan(50);
    expectSameFacts({ kind: `${resource.kind}List`, apiVersion: "v1", metadata: { continue: "next" }, items });
  });

  it("of generated pods", () => {
    fc.assert(fc.property(fc.array(anyPod(ANY_MOMENT, fc.boolean()), { maxLength: 10 }), (pods) => expectSameFacts(podList(pods))), { numRuns: 300 });
  });
});

describe("a page in protobuf", () => {
  const [everything] = vectorsOf("PodList").filter(({ name }) => name.includes("everything"));
  const page = bytesOf(everything!);

  it("that was cut anywhere is unreadable", () => {
    // The message is followed by two empty texts. Without them it is still complete.
    for (let length = 0; length < page.length - 4; length += 1) expect(() => readAll(page.subarray(0, length), "pods"), `${length} bytes`).toThrow(Unreadable);
  });

  it("with changed bytes is read, or reported as unreadable", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(page.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 }), (changes) => {
        const garbled = Buffer.from(page);
        for (const [at, byte] of changes) garbled[at] = byte;
        try {
          for (const item of readAll(garbled, "pods")?.items ?? []) readPod(item);
        } catch (error) {
          expect(error).toBeInstanceOf(Unreadable);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("of random bytes is read, or reported as unreadable", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const raw = Buffer.concat([Buffer.from("k8s\0"), Buffer.from([0x0a, 9, 0x12, 7]), Buffer.from("PodList"), Buffer.from([0x12, bytes.length & 0x7f]), bytes]);
        try {
          readAll(raw, "pods");
        } catch (error) {
          expect(error).toBeInstanceOf(Unreadable);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["JSON", Buffer.from("{}")],
    ["nothing", Buffer.alloc(0)],
    ["an empty envelope", Buffer.from("k8s\0")],
  ])("is unreadable: %s", (_, bytes) => {
    expect(() => readAll(bytes, "pods")).toThrow(Unreadable);
  });

  it.each([
    ["the field number 0", Buffer.from([0x02, 0])],
    ["a tag of more than 32 bits", Buffer.from([0x92, 0x80, 0x80, 0x80, 0x80, 0x01, 0])],
  ])("is unreadable with %s, of which nobody knows what it is a part of", (_, list) => {
    const wrapped = Buffer.concat([Buffer.from("k8s\0"), Buffer.from([0x0a, 9, 0x12, 7]), Buffer.from("PodList"), Buffer.from([0x12, list.length]), list]);
    expect(() => readAll(wrapped, "pods")).toThrow(Unreadable);
  });

  it("is not the last one if its metadata comes in parts, of which the first has the continue token", () => {
    const list = Buffer.from([0x0a, 4, 0x1a, 2, 0x78, 0x79, 0x0a, 0]);
    const wrapped = Buffer.concat([Buffer.from("k8s\0"), Buffer.from([0x0a, 9, 0x12, 7]), Buffer.from("PodList"), Buffer.from([0x12, list.length]), list]);
    expect(readAll(wrapped, "pods")?.continueToken).toBe("xy");
  });

  it("is undefined if the object is not a list", () => {
    expect(readAll(bytesOf(vectorsOf("Status")[0]!), "pods")).toBeUndefined();
  });

  it("of a resource that is not requested as protobuf is unreadable", () => {
    expect(() => readAll(page, "namespaces")).toThrow(Unreadable);
  });

  it("has no time if the value is out of range", () => {
    // 2^62 seconds after the epoch, as a pod's creationTimestamp.
    const time = Buffer.from([0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40]);
    const metadata = Buffer.concat([Buffer.from([0x0a, 1, 0x61, 0x42, time.length]), time]);
    const pod = Buffer.concat([Buffer.from([0x0a, metadata.length]), metadata]);
    const list = Buffer.concat([Buffer.from([0x12, pod.length]), pod]);
    const wrapped = Buffer.concat([Buffer.from("k8s\0"), Buffer.from([0x0a, 9, 0x12, 7]), Buffer.from("PodList"), Buffer.from([0x12, list.length]), list]);
    const [read] = readAll(wrapped, "pods")?.items ?? [];
    expect(readPod(read)).toMatchObject({ name: "a", createdAt: undefined });
  });

  it("is read if Kubernetes has added fields", () => {
    // Field 2000, once per wire type, before the fields of the list and of a pod.
    const unknown = Buffer.from([0x80, 0x7d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0x81, 0x7d, 1, 2, 3, 4, 5, 6, 7, 8, 0x82, 0x7d, 3, 0x0a, 0x0a, 0x0a, 0x85, 0x7d, 1, 2, 3, 4]);
    const pod = Buffer.concat([unknown, Buffer.from([0x0a, 3, 0x0a, 1, 0x61])]);
    const list = Buffer.concat([unknown, Buffer.from([0x12, pod.length]), pod, Buffer.from([0x0a, 4, 0x1a, 2, 0x78, 0x79])]);
    const wrapped = Buffer.concat([Buffer.from("k8s\0"), Buffer.from([0x0a, 9, 0x12, 7]), Buffer.from("PodList"), Buffer.from([0x12, list.length]), list]);
    expect(readAll(wrapped, "pods")).toEqual({ items: [{ metadata: { name: "a" } }], continueToken: "xy" });
  });
});

describe("the media type", () => {
  it.each([
    ["application/vnd.kubernetes.protobuf", true],
    ["Application/VND.kubernetes.protobuf; charset=x", true],
    ["application/json", false],
    ["application/vnd.kubernetes.protobuf+json", false],
    ["", false],
    [undefined, false],
  ])("%s: %s", (contentType, expected) => {
    expect(isProtobuf(contentType)).toBe(expected);
  });

  it("is the simulator's content type, for the resources that it encodes", () => {
    expect(inProtobuf({ status: 200, body: podList([]) }).headers).toEqual({ "content-type": "application/vnd.kubernetes.protobuf" });
    expect(inProtobuf({ status: 200, body: { kind: "NamespaceList", items: [] } }).headers).toBeUndefined();
    expect(() => toProtobuf(podList([{ metadata: { nmae: "a typo" } }]))).toThrow("PodList.items.metadata has no nmae");
  });
});
