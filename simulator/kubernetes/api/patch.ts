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

/** The result of a patch: the patched object, or the refusal. */
export type PatchResult = { readonly object: JsonObject } | { readonly reply: Reply };

function refuse(code: number, reason: string, message: string): PatchResult {
  return { reply: failure(code, reason, message) };
}

/** RFC 7386. Used for strategic merge as well; it replaces lists instead of merging them by key, and no client patches lists here. */
function mergePatch(current: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(current) ? { ...current } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key);
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

function pointer(path: string): string[] {
  return path
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Applies one operation of RFC 6902 to an object, in place; undefined where it cannot be applied. */
function applyOperation(root: JsonObject, operation: Json): JsonObject | undefined {
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

function applyJsonPatch(current: JsonObject, operations: readonly Json[]): PatchResult {
  const root = structuredClone(current);
  for (const operation of operations) {
    if (applyOperation(root, operation) !== undefined) continue;
    const text = `the server rejected our request due to an error in our request: jsonpatch operation ${JSON.stringify(operation)} does not apply`;
    return refuse(422, "Invalid", text);
  }
  return { object: root };
}

/** Applies a request's patch to an object. `qualified`: the resource in messages, such as deployments.apps. */
export function applyPatch(current: JsonObject, qualified: string, request: SimulatedRequest): PatchResult {
  const contentType = (request.headers["content-type"] ?? "").split(";")[0] ?? "";
  const body = typeof request.body === "string" ? parseJson(request.body) : request.body;
  const dryRun = request.query.get("dryRun");
  if (dryRun !== null && dryRun !== "All") return { reply: unsupportedDryRun("PatchOptions", dryRun) };
  if (contentType === JSON_PATCH) {
    return Array.isArray(body) ? applyJsonPatch(current, body) : refuse(400, "BadRequest", "cannot unmarshal object into Go value of type jsonpatch.Patch");
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
  const object = mergePatch(current, body);
  return isObject(object) ? { object } : refuse(400, "BadRequest", "the object provided is unrecognized");
}
