/**
 * Reads JSON of unknown shape. Never throws, whatever an API answers: a value that is missing or of another type reads as absent.
 * Only own properties count, so that a key such as `constructor` finds nothing.
 */

type JsonRecord = Readonly<Record<string, unknown>>;
/** Labels, annotations and similar maps. Read keys with {@link entry}. */
export type StringMap = Readonly<Record<string, string>>;

/** A JSON object: neither null nor an array. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a path of own properties, or undefined. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return follow(value, path);
}

function follow(value: unknown, path: readonly string[]): unknown {
  let here = value;
  for (const key of path) {
    if (!isRecord(here) || !Object.hasOwn(here, key)) return undefined;
    here = here[key];
  }
  return here;
}

/** The text at a path; empty if there is none. */
export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = follow(value, path);
  return typeof found === "string" ? found : "";
}

/** The boolean at a path, or undefined. */
export function booleanAt(value: unknown, ...path: readonly string[]): boolean | undefined {
  const found = follow(value, path);
  return typeof found === "boolean" ? found : undefined;
}

/** The finite number at a path, or undefined. */
export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = follow(value, path);
  return typeof found === "number" && Number.isFinite(found) ? found : undefined;
}

/** The array at a path; empty if there is none. */
export function arrayAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = follow(value, path);
  return Array.isArray(found) ? found : [];
}

/** The texts in the array at a path, without items of other types. */
export function textsAt(value: unknown, ...path: readonly string[]): readonly string[] {
  const found = follow(value, path);
  if (!Array.isArray(found)) return [];
  return found.every(isText) ? found : found.filter(isText);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** The map of texts at a path, without values of other types. */
export function stringMapAt(value: unknown, ...path: readonly string[]): StringMap {
  const found = follow(value, path);
  if (!isRecord(found)) return {};
  return isStringMap(found) ? found : Object.fromEntries(Object.entries(found).filter((item): item is [string, string] => typeof item[1] === "string" && item[0] !== "__proto__"));
}

function isStringMap(record: JsonRecord): record is StringMap {
  for (const key of Object.keys(record)) if (typeof record[key] !== "string" || key === "__proto__") return false;
  return true;
}

/** The value of a key of a map, or undefined; never an inherited property. */
export function entry(map: StringMap, key: string): string | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/**
 * The time at a path, in milliseconds since the epoch, or undefined. JSON has RFC 3339 text; the protobuf reader returns
 * milliseconds as a number.
 */
export function momentAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = follow(value, path);
  if (typeof found !== "string") return numberAt(found);
  const moment = Date.parse(found);
  return Number.isNaN(moment) ? undefined : moment;
}

/** Parses JSON text; undefined if it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    return undefined;
  }
}
