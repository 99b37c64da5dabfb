/** Lists: selectors, pages, continue tokens. A list's pages all show the moment of its first one, as etcd's do. */
import type { Reply, SimulatedRequest } from "../../lib/http.ts";
import { isObject, type JsonObject, parseJson, setAt } from "../../lib/json.ts";
import type { World } from "../../world/world.ts";
import type { Entry, Resource } from "../resources/all-resources.ts";
import { resourceVersion } from "../objects/metadata.ts";
import { meets, parseFieldSelector, parseLabelSelector, type Requirement } from "../objects/selectors.ts";
import { failure } from "../objects/status.ts";

/** The moment that a list shows. */
interface Snapshot {
  readonly entries: readonly Entry[];
  /** ms since the epoch. */
  readonly takenAt: number;
}

export interface Lister {
  /**
   * A watch that tells what there is and ends, whereupon clients begin another one: enough for `kubectl rollout status`,
   * which goes by every object that it is told of.
   */
  watch(resource: Resource, namespace: string | undefined, request: SimulatedRequest): Reply;
  list(resource: Resource, namespace: string | undefined, request: SimulatedRequest): Reply;
}

const SNAPSHOTS_KEPT = 32;
/** Real milliseconds between one watch and the next. */
const WATCH_PACE = 100;

/** apps -> apps/v1, core -> v1. */
export function apiVersion(resource: Resource): string {
  return resource.group === "" ? "v1" : `${resource.group}/v1`;
}

function matchesFields(entry: Entry, requirements: readonly Requirement[]): boolean {
  if (requirements.length === 0) return true;
  const fields = { ...entry.fields, "metadata.name": entry.name, "metadata.namespace": entry.namespace ?? "" };
  return requirements.every((requirement) => meets(fields, requirement));
}

function unsupportedField(resource: Resource, requirements: readonly Requirement[], text: string): Reply | undefined {
  const known = new Set(["metadata.name", "metadata.namespace"]);
  if (resource.plural === "pods") for (const field of ["spec.nodeName", "status.phase"]) known.add(field);
  if (resource.plural === "namespaces") known.add("status.phase");
  if (resource.plural === "events") for (const field of ["involvedObject.kind", "reason", "type"]) known.add(field);
  const unknown = requirements.find((requirement) => !known.has(requirement.key));
  if (unknown === undefined) return undefined;
  return failure(
    400,
    "BadRequest",
    `Unable to find "${apiVersion(resource)}, Resource=${resource.plural}" that match label selector "", field selector "${text}": field label not supported: ${unknown.key}`,
  );
}

function parseToken(text: string): { id: string; start: number } | undefined {
  const token = parseJson(Buffer.from(text, "base64url").toString("utf8"));
  if (!isObject(token)) return undefined;
  const { id, start } = token;
  return typeof id === "string" && typeof start === "number" ? { id, start } : undefined;
}

/** Lists objects of one world. */
export function createLister(world: World): Lister {
  const snapshots = new Map<string, Snapshot>();
  let tokensUsed = 0;

  function isExpired(snapshot: Snapshot | undefined, now: number): boolean {
    tokensUsed += 1;
    const { lifetime, expireFirst } = world.kubernetes.continueTokens;
    return (
      snapshot === undefined ||
      (expireFirst && tokensUsed === 1) ||
      (lifetime !== undefined && now - snapshot.takenAt > lifetime)
    );
  }

  function select(resource: Resource, namespace: string | undefined, request: SimulatedRequest): Entry[] {
    const labels = parseLabelSelector(request.query.get("labelSelector") ?? "");
    const fields = parseFieldSelector(request.query.get("fieldSelector") ?? "");
    return resource
      .entries(world, request.at)
      .filter((entry) => namespace === undefined || entry.namespace === namespace)
      .filter((entry) => labels.length === 0 || labels.every((requirement) => meets(entry.labels, requirement)))
      .filter((entry) => matchesFields(entry, fields));
  }

  function page(resource: Resource, snapshot: Snapshot, id: string, start: number, request: SimulatedRequest): Reply {
    const limit = Number(request.query.get("limit") ?? "0");
    const end = limit > 0 ? Math.min(start + limit, snapshot.entries.length) : snapshot.entries.length;
    const listMetadata: JsonObject = { resourceVersion: resourceVersion(snapshot.takenAt) };
    if (end < snapshot.entries.length) {
      snapshots.set(id, snapshot);
      listMetadata["continue"] = Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", id, start: end })).toString(
        "base64url",
      );
      const isSelective = request.query.has("labelSelector") || request.query.has("fieldSelector");
      if (!isSelective) listMetadata["remainingItemCount"] = snapshot.entries.length - end;
    }
    const items = snapshot.entries.slice(start, end).map((entry) => entry.render());
    return {
      status: 200,
      body: { kind: `${resource.kind}List`, apiVersion: apiVersion(resource), metadata: listMetadata, items },
    };
  }

  return {
    watch(resource, namespace, request) {
      const identity = { kind: resource.kind, apiVersion: apiVersion(resource) };
      const events = select(resource, namespace, request).map((entry) => {
        const object: JsonObject = { ...identity, ...entry.render() };
        setAt(object, ["metadata", "resourceVersion"], resourceVersion(request.at));
        return `${JSON.stringify({ type: "MODIFIED", object })}\n`;
      });
      return { status: 200, body: events.join(""), heldFor: WATCH_PACE };
    },
    list(resource, namespace, request) {
      const fieldSelector = request.query.get("fieldSelector") ?? "";
      const unsupported = unsupportedField(resource, parseFieldSelector(fieldSelector), fieldSelector);
      if (unsupported !== undefined) return unsupported;
      const continued = request.query.get("continue") ?? "";
      if (continued === "") {
        const id = `${request.at}-${snapshots.size}-${Math.random()}`;
        for (const old of [...snapshots.keys()].slice(0, Math.max(0, snapshots.size - SNAPSHOTS_KEPT)))
          snapshots.delete(old);
        return page(resource, { entries: select(resource, namespace, request), takenAt: request.at }, id, 0, request);
      }
      const token = parseToken(continued);
      if (token === undefined) return failure(400, "BadRequest", "continue key is not valid: illegal base64 data");
      const snapshot = snapshots.get(token.id);
      if (snapshot === undefined || isExpired(snapshot, request.at)) {
        return failure(
          410,
          "Expired",
          "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.",
        );
      }
      return page(resource, snapshot, token.id, token.start, request);
    },
  };
}
