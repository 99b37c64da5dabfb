/** Patches: JSON merge, strategic merge, JSON patch, and server-side apply in JSON. */
import type { Reply, SimulatedRequest } from "../../lib/http.ts";
import { isObject, type Json, type JsonObject, parseJson, valueAt } from "../../lib/json.ts";
import { failure, invalidField, unsupportedDryRun } from "../objects/status.ts";

const MERGES: readonly string[] = [
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];
const JSON_PATCH = "application/json-patch+json";

/** The outcome of a patch: the object as it would be, or why not. */
export type Patched = { readonly object: JsonObject } | { readonly reply: Reply };

function refuse(code: number, reason: string, message: string): Patched {
  return { reply: failure(code, reason, message) };
}

/** RFC 7386. Of a strategic merge, lists are replaced and not merged by key: no list is ever patched here. */
function merged(current: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(current) ? { ...current } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key);
    else result[key] = merged(result[key], value);
  }
  return result;
}

function pointer(path: string): string[] {
  return path
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** One operation of RFC 6902 on objects; undefined: it cannot be done. Changes its argument. */
function operate(root: JsonObject, operation: Json): JsonObject | undefined {
  const path = valueAt(operation, "path");
  const kind = valueAt(operation, "op");
  const value = valueAt(operation, "value");
  if (typeof path !== "string" || typeof kind !== "string") return undefined;
  const keys = pointer(path);
  const last = keys.pop();
  const parent = valueAt(root, ...keys);
  if (last === undefined || !isObject(parent)) return undefined;
  const present = parent[last];
  switch (kind) {
    case "test":
      return JSON.stringify(present) === JSON.stringify(value) ? root : undefined;
    case "remove":
      if (present === undefined) return undefined;
      Reflect.deleteProperty(parent, last);
      return root;
    case "replace":
    case "add":
      if (value === undefined || (kind === "replace" && present === undefined)) return undefined;
      parent[last] = value;
      return root;
    default:
      return undefined;
  }
}

function operated(current: JsonObject, operations: readonly Json[]): Patched {
  const root = structuredClone(current);
  for (const operation of operations) {
    if (operate(root, operation) !== undefined) continue;
    const text = `the server rejected our request due to an error in our request: jsonpatch operation ${JSON.stringify(operation)} does not apply`;
    return refuse(422, "Invalid", text);
  }
  return { object: root };
}

/** Applies the patch of a request to an object. `qualified`: such as namespaces or deployments.apps, for messages. */
export function patched(current: JsonObject, qualified: string, request: SimulatedRequest): Patched {
  const contentType = (request.headers["content-type"] ?? "").split(";")[0] ?? "";
  const body = typeof request.body === "string" ? parseJson(request.body) : request.body;
  const dryRun = request.query.get("dryRun");
  if (dryRun !== null && dryRun !== "All") return { reply: unsupportedDryRun("PatchOptions", dryRun) };
  if (contentType === JSON_PATCH) {
    return Array.isArray(body) ? operated(current, body) : refuse(400, "BadRequest", "cannot unmarshal object into Go value of type jsonpatch.Patch");
  }
  if (!MERGES.includes(contentType)) {
    const types = [JSON_PATCH, ...MERGES].join(", ");
    const text = `the body of the request was in an unknown format - accepted media types include: ${types}`;
    return refuse(415, "UnsupportedMediaType", text);
  }
  if (contentType === "application/apply-patch+yaml" && (request.query.get("fieldManager") ?? "") === "") {
    const text = "Required value: is required for apply patch";
    return { reply: invalidField("PatchOptions.meta.k8s.io", "", "fieldManager", "FieldValueRequired", text) };
  }
  if (!isObject(body)) return refuse(400, "BadRequest", "the object provided is unrecognized");
  const wanted = valueAt(body, "metadata", "resourceVersion");
  if (typeof wanted === "string" && wanted !== valueAt(current, "metadata", "resourceVersion")) {
    const name = valueAt(current, "metadata", "name");
    const text = `Operation cannot be fulfilled on ${qualified} "${typeof name === "string" ? name : ""}": the object has been modified; please apply your changes to the latest version and try again`;
    return refuse(409, "Conflict", text);
  }
  const object = merged(current, body);
  return isObject(object) ? { object } : refuse(400, "BadRequest", "the object provided is unrecognized");
}
