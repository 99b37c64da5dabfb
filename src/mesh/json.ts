/**
 * Safe ways into JSON of unknown shape. Whatever an API answers, reading it never throws: what is not there, or is of
 * another type, reads as absent. Only own properties count, so that a key such as `constructor` finds nothing.
 */

type JsonRecord = Readonly<Record<string, unknown>>;
/** Labels, annotations and the like. Look keys up with {@link entry}. */
export type StringMap = Readonly<Record<string, string>>;

/** A JSON object: neither null nor an array. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a path of own properties, or undefined. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let here = value;
  for (const key of path) {
    if (!isRecord(here) || !Object.hasOwn(here, key)) return undefined;
    here = here[key];
  }
  return here;
}

/** The text at a path; empty where there is none. */
export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path);
  return typeof found === "string" ? found : "";
}

/** The boolean at a path, or undefined. */
export function booleanAt(value: unknown, ...path: readonly string[]): boolean | undefined {
  const found = at(value, ...path);
  return typeof found === "boolean" ? found : undefined;
}

/** The finite number at a path, or undefined. */
export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === "number" && Number.isFinite(found) ? found : undefined;
}

/** The array at a path; empty where there is none. */
export function arrayAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The texts in the array at a path, leaving out whatever is not text. */
export function textsAt(value: unknown, ...path: readonly string[]): readonly string[] {
  return arrayAt(value, ...path).filter((item) => typeof item === "string");
}

/** The map of texts at a path, leaving out values that are not text. */
export function stringMapAt(value: unknown, ...path: readonly string[]): StringMap {
  const found = at(value, ...path);
  if (!isRecord(found)) return {};
  const entries: [string, string][] = [];
  for (const [key, item] of Object.entries(found)) {
    if (typeof item === "string" && key !== "__proto__") entries.push([key, item]);
  }
  return Object.fromEntries(entries);
}

/** The value of a key of a map, or undefined; never an inherited property. */
export function entry(map: StringMap, key: string): string | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/** The moment an RFC 3339 text at a path names, in milliseconds since the epoch, or undefined. */
export function momentAt(value: unknown, ...path: readonly string[]): number | undefined {
  const moment = Date.parse(textAt(value, ...path));
  return Number.isNaN(moment) ? undefined : moment;
}

/** Parses JSON text; undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    return undefined;
  }
}
