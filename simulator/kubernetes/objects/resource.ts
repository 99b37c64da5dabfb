/** How the API server's resources are described: names, and the objects of each at a time. */
import type { JsonObject } from "../../lib/json.ts";
import type { World } from "../../world/world.ts";

/** One object: its properties for selectors, and the object itself when it is needed. */
export interface ObjectEntry {
  readonly name: string;
  /** undefined: cluster-scoped. */
  readonly namespace: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Fields for a fieldSelector, besides metadata.name and metadata.namespace. */
  readonly fields: Readonly<Record<string, string>>;
  /** The object without apiVersion and kind, which the items of lists lack. */
  readonly render: () => JsonObject;
}

/** Lists the objects of a resource. `now`: ms since the epoch. */
export type Entries = (world: World, now: number) => ObjectEntry[];

export interface Resource {
  /** "" for the core group. */
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly entries: Entries;
}

/** The group and version of a resource: apps/v1, or v1 for the core group. */
export function apiVersion({ group }: Pick<Resource, "group">): string {
  return group === "" ? "v1" : `${group}/v1`;
}

/** The name of a resource in messages, such as namespaces or deployments.apps. */
export function qualifiedName({ plural, group }: Pick<Resource, "plural" | "group">): string {
  return group === "" ? plural : `${plural}.${group}`;
}
