/** JSON values, access to them by path, and values derived from texts. */
import { createHash } from "node:crypto";

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** Whether a value is a JSON object (not an array, not null). */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value consists of JSON types only. */
export function isJson(value: unknown): value is Json {
  if (value === null || ["boolean", "number", "string"].includes(typeof value)) return true;
  return typeof value === "object" && Object.values(value).every(isJson);
}

/** Parses text as JSON; undefined where it is not JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isJson(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The value at a path of property names; undefined where a property is missing. */
export function valueAt(root: Json | undefined, ...path: readonly string[]): Json | undefined {
  let value = root;
  for (const key of path) {
    if (!isObject(value)) return undefined;
    value = value[key];
  }
  return value;
}

/** The string at a path; undefined where there is none. */
export function textAt(root: Json | undefined, ...path: readonly string[]): string | undefined {
  const value = valueAt(root, ...path);
  return typeof value === "string" ? value : undefined;
}

/** The objects of the array at a path; empty where there is none. */
export function objectsAt(root: Json | undefined, ...path: readonly string[]): JsonObject[] {
  const value = valueAt(root, ...path);
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The string properties of the object at a path, such as labels; empty where there is none. */
export function stringsAt(root: Json | undefined, ...path: readonly string[]): Record<string, string> {
  const value = valueAt(root, ...path);
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** Sets the value at a path and creates missing objects. */
export function setAt(root: JsonObject, path: readonly string[], value: Json): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    root[key] = value;
    return;
  }
  const child = root[key];
  const next: JsonObject = isObject(child) ? child : {};
  root[key] = next;
  setAt(next, rest, value);
}

const FINGERPRINTS_KEPT = 10_000;
const fingerprints = new Map<string, string>();

/** A stable hexadecimal hash of a text, for generated names that are the same in every run. */
export function fingerprint(text: string, length = 40): string {
  let whole = fingerprints.get(text);
  if (whole === undefined) {
    whole = createHash("sha256").update(text).digest("hex");
    if (fingerprints.size < FINGERPRINTS_KEPT) fingerprints.set(text, whole);
  }
  return whole.slice(0, length);
}

/** A UUID derived from a text: the same for the same text. */
export function stableUuid(text: string): string {
  const hex = fingerprint(text, 32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** RFC 3339 in whole seconds, the format of Kubernetes' times. `at`: ms since the epoch. */
export function kubernetesTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, -5)}Z`;
}
