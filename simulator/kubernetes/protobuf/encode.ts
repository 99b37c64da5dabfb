/**
 * Answers in Kubernetes' protobuf, with the same bytes as Kubernetes' own encoder: lists of pods and of ReplicaSets, and failures.
 * `fields.txt` contains the fields and their numbers, one message per line, such as
 *
 *     Probe: ...=1 ProbeHandler; initialDelaySeconds=2 int; terminationGracePeriodSeconds=7 int?; … [T] … {T} …
 *
 * A field with `?` is omitted where it is absent; other absent fields are written empty. `[T]` is a list, `{T}` a map with text
 * keys. `...` is a message whose properties belong to the outer object in JSON.
 */
import type { Reply } from "../../lib/http.ts";
import { isObject, type Json, type JsonObject, textAt } from "../../lib/json.ts";
import { readFileSync } from "node:fs";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

export const PROTOBUF = "application/vnd.kubernetes.protobuf";

const MAGIC = Buffer.from("k8s\0");
/** The kinds that can be encoded. Their message types have the same names. */
const KINDS: ReadonlySet<string> = new Set(["PodList", "ReplicaSetList", "Status"]);
const INT_32 = 2 ** 31;

interface Field {
  /** "" for a message whose properties belong to the outer object. */
  readonly name: string;
  readonly number: number;
  readonly type: string;
  readonly form: "one" | "optional" | "list" | "map" | "inline";
}

const messages = readMessages(readFileSync(new URL("./fields.txt", import.meta.url), "utf8"));
const knownNames = new Map<string, ReadonlySet<string>>();

/** Fields in the order of their numbers, by type. */
function readMessages(text: string): ReadonlyMap<string, readonly Field[]> {
  const [, ...paragraphs] = text.split("\n\n");
  const lines = paragraphs.join("\n").replaceAll("\n ", "").split("\n").filter((line) => line !== "");
  return new Map(lines.map((line) => {
    const [message = "", fields = ""] = line.split(": ", 2);
    const parsed = [...fields.matchAll(/(\S+)=(\d+) ([^;]+);/g)].map(([, name = "", number = "", type = ""]) => readField(name, Number(number), type));
    return [message, parsed.sort((a, b) => a.number - b.number)];
  }));
}

function readField(name: string, number: number, type: string): Field {
  if (name === "...") return { name: "", number, type, form: "inline" };
  if (type.endsWith("?")) return { name, number, type: type.slice(0, -1), form: "optional" };
  if (type.startsWith("[")) return { name, number, type: type.slice(1, -1), form: "list" };
  if (type.startsWith("{")) return { name, number, type: type.slice(1, -1), form: "map" };
  return { name, number, type, form: "one" };
}

/** Whether a client with this Accept header gets protobuf: it must be the first media type. */
export function prefersProtobuf(accept: string | undefined): boolean {
  return accept?.split(",", 1)[0]?.trim() === PROTOBUF;
}

/** The reply in protobuf, where its kind can be encoded; otherwise the reply itself. @throws Error for an object that does not match its kind */
export function inProtobuf(reply: Reply): Reply {
  const { body } = reply;
  const kind = textAt(body, "kind") ?? "";
  if (reply.bytes !== undefined || !isObject(body) || !KINDS.has(kind)) return reply;
  return { ...reply, headers: { ...reply.headers, "content-type": PROTOBUF }, bytes: toProtobuf(body) };
}

/**
 * An object with its kind, in protobuf.
 *
 * @throws Error for a property that the type does not have or whose value has another type: nothing is omitted silently
 */
export function toProtobuf(object: JsonObject): Buffer {
  const { kind: named, apiVersion, ...rest } = object;
  const kind = textOf(named, "kind");
  if (!KINDS.has(kind)) throw new Error(`${kind} cannot be written as protobuf`);
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).string(textOf(apiVersion, "apiVersion"));
  writer.tag(2, WireType.LengthDelimited).string(kind);
  writer.join();
  writer.tag(2, WireType.LengthDelimited).fork();
  writeMessage(writer, kind, rest, kind);
  writer.join();
  // Content encoding and content type, both empty.
  writer.tag(3, WireType.LengthDelimited).string("");
  writer.tag(4, WireType.LengthDelimited).string("");
  return Buffer.concat([MAGIC, writer.finish()]);
}

function writeMessage(writer: BinaryWriter, type: string, object: JsonObject, path: string): void {
  const known = namesOf(type);
  const unknown = Object.keys(object).find((name) => !known.has(name));
  if (unknown !== undefined) throw new Error(`${path} has no ${unknown}`);
  writeFields(writer, type, object, path);
}

function writeFields(writer: BinaryWriter, type: string, object: JsonObject, path: string): void {
  for (const { name, number, type: of, form } of fieldsOf(type)) {
    const value = form === "inline" ? object : (object[name] ?? undefined);
    const at = `${path}.${name}`;
    switch (form) {
      case "inline":
        writer.tag(number, WireType.LengthDelimited).fork();
        writeFields(writer, of, object, path);
        writer.join();
        break;
      case "optional":
        if (value !== undefined) writeValue(writer, number, of, value, at);
        break;
      case "one":
        writeValue(writer, number, of, value, at);
        break;
      case "list":
        if (value !== undefined && !Array.isArray(value)) throw new Error(`${at} is not a list`);
        for (const item of value ?? []) writeValue(writer, number, of, item, at);
        break;
      case "map":
        if (value !== undefined && !isObject(value)) throw new Error(`${at} is not a map`);
        for (const [key, item] of Object.entries(value ?? {}).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
          writer.tag(number, WireType.LengthDelimited).fork();
          writer.tag(1, WireType.LengthDelimited).string(key);
          writeValue(writer, 2, of, item, at);
          writer.join();
        }
        break;
    }
  }
}

/** `value`: undefined writes the empty value of the type. */
function writeValue(writer: BinaryWriter, number: number, type: string, value: Json | undefined, path: string): void {
  switch (type) {
    case "string":
      writer.tag(number, WireType.LengthDelimited).string(textOf(value, path));
      return;
    case "int":
      writeInteger(writer, number, value ?? 0, path);
      return;
    case "bool":
      if (value !== undefined && typeof value !== "boolean") throw new Error(`${path} is not a boolean`);
      writer.tag(number, WireType.Varint).bool(value ?? false);
      return;
    case "FieldsV1":
      writer.tag(number, WireType.LengthDelimited).fork();
      writer.tag(1, WireType.LengthDelimited).string(JSON.stringify(value));
      writer.join();
      return;
  }
  writer.tag(number, WireType.LengthDelimited).fork();
  if (type === "Time" || type === "MicroTime") writeTime(writer, textOf(value, path), path);
  else if (type === "Quantity") writer.tag(1, WireType.LengthDelimited).string(typeof value === "number" ? String(value) : textOf(value, path));
  else if (type === "IntOrString") writeIntOrString(writer, value ?? 0, path);
  else {
    if (value !== undefined && !isObject(value)) throw new Error(`${path} is not an object`);
    writeMessage(writer, type, value ?? {}, path);
  }
  writer.join();
}

function writeInteger(writer: BinaryWriter, number: number, value: Json, path: string): void {
  if (!Number.isSafeInteger(value) || typeof value !== "number") throw new Error(`${path} is not an integer`);
  writer.tag(number, WireType.Varint);
  // Both have the same bytes; int32 is faster.
  if (value >= -INT_32 && value < INT_32) writer.int32(value);
  else writer.int64(value);
}

/** An empty time is an empty message. */
function writeTime(writer: BinaryWriter, text: string, path: string): void {
  if (text === "") return;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new Error(`${path} is not a time`);
  const seconds = Math.floor(ms / 1000);
  writeInteger(writer, 1, seconds, path);
  writer.tag(2, WireType.Varint).int32((ms - seconds * 1000) * 1_000_000);
}

function writeIntOrString(writer: BinaryWriter, value: Json, path: string): void {
  const isText = typeof value === "string";
  writeInteger(writer, 1, isText ? 1 : 0, path);
  writeInteger(writer, 2, isText ? 0 : value, path);
  writer.tag(3, WireType.LengthDelimited).string(isText ? value : "");
}

function textOf(value: Json | undefined, path: string): string {
  if (value !== undefined && typeof value !== "string") throw new Error(`${path} is not a string`);
  return value ?? "";
}

function fieldsOf(type: string): readonly Field[] {
  const fields = messages.get(type);
  if (fields === undefined) throw new Error(`the type ${type} is unknown`);
  return fields;
}

/** The names of a type's properties. */
function namesOf(type: string): ReadonlySet<string> {
  const known = knownNames.get(type);
  if (known !== undefined) return known;
  const names = new Set(fieldsOf(type).flatMap(({ name, type: of, form }) => (form === "inline" ? [...namesOf(of)] : [name])));
  knownNames.set(type, names);
  return names;
}
