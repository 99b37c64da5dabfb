/** Lists: selectors, pages, continue tokens. All pages of a list show the state at the time of the first one, as in etcd. */
import type { Reply, SimulatedRequest } from "../../lib/http.ts";
import { type JsonObject, setAt } from "../../lib/json.ts";
import type { World } from "../../world/world.ts";
import { resourceVersion } from "../objects/metadata.ts";
import { apiVersion, type ObjectEntry, type Resource } from "../objects/resource.ts";
import { meets, parseSelector, type Requirement } from "../objects/selectors.ts";
import { failure } from "../objects/status.ts";
import { type ContinueToken, decodeToken, encodeToken, expired } from "./continue-token.ts";

/** The state that a list shows. */
interface Snapshot {
  readonly entries: readonly ObjectEntry[];
  /** ms since the epoch. */
  readonly takenAt: number;
}

export interface ListHandler {
  /**
   * A watch that sends all current objects and ends; clients then start another one. This is enough for `kubectl rollout status`,
   * which evaluates each object that it receives.
   */
  watch(resource: Resource, namespace: string | undefined, request: SimulatedRequest): Reply;
  list(resource: Resource, namespace: string | undefined, request: SimulatedRequest): Reply;
}

const FROM_THE_START: ContinueToken = { snapshot: undefined, start: 0 };
const SNAPSHOTS_KEPT = 32;
/** Real milliseconds before a watch ends. */
const WATCH_DELAY = 100;

function matchesFields(entry: ObjectEntry, requirements: readonly Requirement[]): boolean {
  if (requirements.length === 0) return true;
  const fields = { ...entry.fields, "metadata.name": entry.name, "metadata.namespace": entry.namespace ?? "" };
  return requirements.every((requirement) => meets(fields, requirement));
}

function unsupportedField(resource: Resource, requirements: readonly Requirement[], text: string): Reply | undefined {
  const known = new Set(["metadata.name", "metadata.namespace"]);
  if (resource.plural === "pods") for (const field of ["spec.nodeName", "spec.restartPolicy", "status.phase"]) known.add(field);
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

/** The list handler of one cluster. */
export function createListHandler(world: World): ListHandler {
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

  function select(resource: Resource, namespace: string | undefined, request: SimulatedRequest): ObjectEntry[] {
    const labels = parseSelector(request.query.get("labelSelector") ?? "");
    const fields = parseSelector(request.query.get("fieldSelector") ?? "");
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
      listMetadata["continue"] = encodeToken({ snapshot: id, start: end });
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
      return { status: 200, body: events.join(""), delay: WATCH_DELAY };
    },
    list(resource, namespace, request) {
      const fieldSelector = request.query.get("fieldSelector") ?? "";
      const unsupported = unsupportedField(resource, parseSelector(fieldSelector), fieldSelector);
      if (unsupported !== undefined) return unsupported;
      const continued = request.query.get("continue") ?? "";
      const token = continued === "" ? FROM_THE_START : decodeToken(continued);
      if (!("start" in token)) return token;
      if (token.snapshot === undefined) {
        const id = `${request.at}-${snapshots.size}-${Math.random()}`;
        for (const old of [...snapshots.keys()].slice(0, Math.max(0, snapshots.size - SNAPSHOTS_KEPT)))
          snapshots.delete(old);
        const snapshot = { entries: select(resource, namespace, request), takenAt: request.at };
        return page(resource, snapshot, id, token.start, request);
      }
      const snapshot = snapshots.get(token.snapshot);
      if (snapshot === undefined || isExpired(snapshot, request.at)) return expired(token);
      return page(resource, snapshot, token.snapshot, token.start, request);
    },
  };
}
