/** Namespaces. */
import type { JsonObject } from "../../lib/json.ts";
import { namespaceLabelsAt, type World } from "../../world/world.ts";
import { metadata, resourceVersion } from "../objects/metadata.ts";
import type { ObjectEntry } from "../objects/resource.ts";

export function namespaces(world: World, now: number): ObjectEntry[] {
  return world.kubernetes.namespaces.map(({ name, createdAt, labels: history }) => {
    const labels = namespaceLabelsAt(world, name, now) ?? {};
    const changedAt = history.findLast((entry) => entry.from <= now)?.from ?? createdAt;
    const object = { kind: "Namespace", namespace: undefined, name };
    const render = (): JsonObject => ({
      metadata: metadata(object, createdAt, labels, { resourceVersion: resourceVersion(changedAt) }),
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    });
    return { name, namespace: undefined, labels, fields: { "status.phase": "Active" }, render };
  });
}
