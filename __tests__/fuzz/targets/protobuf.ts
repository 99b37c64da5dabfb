/**
 * Lists in protobuf. A page is read completely or not at all: it has as many objects, and the same continue token, as an independent
 * reader finds (`@bufbuild/protobuf`), and no beginning of it reads as a page with others.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { readProtobufPage, statusAsJson } from "../../../src/kubernetes/protobuf/response.ts";
import type { Target } from "../target.ts";

interface Page {
  readonly objects: number;
  readonly continueToken: string;
}

class Unreadable extends Error {}

const MAGIC = "k8s\0";
/** How many beginnings of a page are read. */
const BEGINNINGS = 16;
/** Field numbers. */
const [METADATA, ITEMS, CONTINUE, RAW] = [1, 2, 3, 2];

/** Reads a page to its end; undefined if the answer is no list, or cannot be read. */
function pageIn(bytes: Buffer, resource: string): Page | undefined {
  const answer = { bytes, unreadable: (kind: string) => new Unreadable(kind), release: () => undefined };
  try {
    const page = readProtobufPage(answer, resource);
    return page && { objects: [...page.items].length, continueToken: page.continueToken };
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

/** The same, without what is inside the objects. @throws Error if the bytes are malformed */
function independently(bytes: Buffer): Page {
  assert(bytes.subarray(0, MAGIC.length).equals(Buffer.from(MAGIC)), "the first bytes are Kubernetes' own");
  let objects = 0;
  let continueToken = "";
  forEachField(firstOf(bytes.subarray(MAGIC.length), RAW), (number, value) => {
    if (number === ITEMS) objects += 1;
    if (number === METADATA) forEachField(value, (inner, text) => inner === CONTINUE && (continueToken = Buffer.from(text).toString()));
  });
  return { objects, continueToken };
}

function firstOf(bytes: Uint8Array, wanted: number): Uint8Array {
  const reader = new BinaryReader(bytes);
  for (;;) {
    const [number, type] = reader.tag();
    if (number === wanted && type === WireType.LengthDelimited) return reader.bytes();
    reader.skip(type, number);
  }
}

/** Calls `read` for each field that is length-delimited. */
function forEachField(bytes: Uint8Array, read: (number: number, value: Uint8Array) => unknown): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (type === WireType.LengthDelimited) read(number, reader.bytes());
    else reader.skip(type, number);
  }
}

function fuzz(data: Buffer): string {
  const resource = ((data[0] ?? 0) & 1) === 0 ? "pods" : "replicasets";
  const bytes = data.subarray(1);
  const status = statusAsJson(bytes);
  if (status !== undefined) JSON.parse(status);
  const page = pageIn(bytes, resource);
  if (page === undefined) return status === undefined ? "unreadable" : "not a list";
  assert.deepEqual(page, independently(bytes), "the page is the one that an independent reader finds");
  for (let cut = 1; cut <= BEGINNINGS; cut += 1) {
    const beginning = pageIn(bytes.subarray(0, bytes.length - (cut <= 4 ? cut : Math.ceil((bytes.length * cut) / BEGINNINGS))), resource);
    if (beginning !== undefined) assert.deepEqual(beginning, page, "a beginning of the page is not another page");
  }
  return `${Math.min(3, page.objects)} objects`;
}

interface Vector {
  readonly object: { readonly kind?: string };
  readonly protobuf: string;
}

function seeds(): readonly Buffer[] {
  const vectors = JSON.parse(readFileSync(new URL("../../kubernetes/protobuf/vectors/vectors.json", import.meta.url), "utf8")) as readonly Vector[];
  return vectors.map(({ object, protobuf }) => Buffer.concat([Buffer.of(object.kind === "ReplicaSetList" ? 1 : 0), Buffer.from(protobuf, "base64")])).filter(({ length }) => length < 4096);
}

export const target: Target = {
  covers: ["src/kubernetes/protobuf/response.ts", "src/kubernetes/protobuf/reader.ts", "src/kubernetes/protobuf/text-pool.ts"],
  seeds,
  tokens: [MAGIC, "PodList", "ReplicaSetList", "istio-proxy", "\x0a\x00", "\x12\x00", "\x1a\x03abc", "__proto__", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"],
  fuzz,
};
