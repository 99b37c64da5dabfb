/** The metadata of objects. */
import { type JsonObject, kubernetesTime, stableUuid } from "../../lib/json.ts";

export interface ObjectName {
  readonly kind: string;
  readonly name: string;
  /** undefined: cluster-scoped. */
  readonly namespace: string | undefined;
}

/** A uid that is the same for the same object. A pod's depends on its creation as well, so that a replacement has another one. */
export function uidOf({ kind, namespace, name }: ObjectName, createdAt = 0): string {
  return stableUuid(`${kind}/${namespace ?? ""}/${name}/${createdAt}`);
}

/** The resourceVersion of an object that last changed at this time (ms since the epoch). */
export function resourceVersion(changedAt: number): string {
  return String(Math.floor(changedAt));
}

/** metadata with name, uid, creation time (ms since the epoch), labels where there are any, and further properties. */
export function metadata(
  object: ObjectName,
  createdAt: number,
  labels: Readonly<Record<string, string>>,
  further: JsonObject = {},
): JsonObject {
  return {
    name: object.name,
    ...(object.namespace === undefined ? {} : { namespace: object.namespace }),
    uid: uidOf(object, object.kind === "Pod" ? createdAt : 0),
    resourceVersion: resourceVersion(createdAt),
    creationTimestamp: kubernetesTime(createdAt),
    ...(Object.keys(labels).length === 0 ? {} : { labels: { ...labels } }),
    ...further,
  };
}

/** The reference to the controller that owns an object. */
export function ownerReference(owner: ObjectName): JsonObject {
  const apiVersion = owner.kind === "Job" ? "batch/v1" : "apps/v1";
  return {
    apiVersion,
    kind: owner.kind,
    name: owner.name,
    uid: uidOf(owner),
    controller: true,
    blockOwnerDeletion: true,
  };
}
