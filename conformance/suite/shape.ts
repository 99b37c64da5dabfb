/** How two answers to the same question differ in what clients read: status, words, and which properties there are. */
import { isObject, type Json, textAt, valueAt } from "../../simulator/lib/json.ts";
import type { Answer } from "./api.ts";

/** Maps whose keys are somebody's data, and what only the server itself reads. */
const OPAQUE = new Set(["labels", "annotations", "matchLabels", "managedFields", "requests", "limits", "capacity", "allocatable", "f:metadata", "data", "nodeSelector"]);

function typeOf(value: Json): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function collect(value: Json, path: string, into: Set<string>): void {
  const key = path.split(".").at(-1) ?? "";
  if (path !== "") into.add(isObject(value) || Array.isArray(value) ? path : `${path}: ${typeOf(value)}`);
  if (OPAQUE.has(key)) return;
  if (Array.isArray(value)) for (const item of value) collect(item, `${path}[]`, into);
  else if (isObject(value)) for (const [name, child] of Object.entries(value)) collect(child, path === "" ? name : `${path}.${name}`, into);
}

/** Names of properties with the type of each value; items of an array are taken together. */
function shapeOf(value: Json | undefined): Set<string> {
  const shape = new Set<string>();
  if (value !== undefined) collect(value, "", shape);
  return shape;
}

/** Only those paths whose parent is in both: what is below a missing property is not told again. */
function missing(from: ReadonlySet<string>, whole: ReadonlySet<string>): string[] {
  const gone = [...whole].filter((path) => !from.has(path));
  const bare = new Set(gone.map((path) => path.replace(/: .*/, "")));
  return gone.filter((path) => {
    const parts = path.replace(/: .*/, "").split(/(?=\.|\[\])/);
    return !parts.slice(0, -1).some((_, index) => bare.has(parts.slice(0, index + 1).join("")));
  });
}

/**
 * The words without what differs by nature: the user's name; what Azure's authorizer adds where this API server asks RBAC; names
 * that are made up; numbers.
 */
function words(text: string): string {
  return text.replace(/User "[^"]*"/g, "User").replace(/: User does not have access to the resource in Azure\..*$/, "").replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID").replace(/\d+/g, "N");
}

/** One line a difference; none where a client cannot tell the two apart. */
export function differences(real: Answer, simulated: Answer): string[] {
  const lines: string[] = [];
  if (real.status !== simulated.status) lines.push(`status ${real.status} against ${simulated.status}`);
  for (const field of ["kind", "apiVersion", "reason", "message"]) {
    const [a, b] = [textAt(real.body, field), textAt(simulated.body, field)];
    if (words(a ?? "") !== words(b ?? "")) lines.push(`${field}: real ${JSON.stringify(a)}, simulated ${JSON.stringify(b)}`);
  }
  const [ours, theirs] = [shapeOf(real.body), shapeOf(simulated.body)];
  lines.push(...missing(theirs, ours).sort().map((path) => `only real: ${path}`));
  lines.push(...missing(ours, theirs).sort().map((path) => `only simulated: ${path}`));
  const [c, d] = [real.headers["warning"], simulated.headers["warning"]];
  if ((c === undefined) !== (d === undefined)) lines.push(`warning: real ${JSON.stringify(c)}, simulated ${JSON.stringify(d)}`);
  return lines;
}

/** An answer with only the items of a list that a predicate takes. */
export function withItems(answer: Answer, take: (item: Json) => boolean): Answer {
  const items = valueAt(answer.body, "items");
  if (!Array.isArray(items) || !isObject(answer.body)) return answer;
  return { ...answer, body: { ...answer.body, items: items.filter(take) } };
}
