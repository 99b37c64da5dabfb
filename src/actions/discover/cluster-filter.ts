/** Which filter inputs of discover a listed cluster does not match. Pure. */
import { globMatches } from "../../lib/glob.ts";
import { entry } from "../../lib/json.ts";
import type { ClusterFilter } from "./inputs.ts";
import type { ListedCluster } from "./listed-cluster.ts";

/** The filter inputs of discover, in the order of action.yml. */
const FILTER_INPUTS = ["resource-groups", "locations", "names", "tags", "sku", "mesh"] as const;
export type FilterInput = (typeof FILTER_INPUTS)[number];

/**
 * The inputs that a cluster does not match; empty if it matches the filter. Compares as Azure does: names of resource groups, clusters
 * and tags without case, values of tags with case.
 */
export function mismatches(cluster: ListedCluster, filter: ClusterFilter): readonly FilterInput[] {
  const { resourceGroups, locations, names, tags, sku, mesh } = filter;
  const matches: Readonly<Record<FilterInput, boolean>> = {
    "resource-groups": matchesAny(resourceGroups, cluster.resourceGroup),
    locations: locations.length === 0 || locations.includes(cluster.location),
    names: matchesAny(names, cluster.name),
    tags: tags.every(({ key, value }) => {
      const has = entry(cluster.tags, key);
      return has !== undefined && (value === undefined || globMatches(value, has));
    }),
    sku: sku === "any" || cluster.sku.toLowerCase() === sku.toLowerCase(),
    mesh: mesh === "any" || cluster.hasMesh === (mesh === "on"),
  };
  return FILTER_INPUTS.filter((input) => !matches[input]);
}

function matchesAny(globs: readonly string[], name: string): boolean {
  return globs.length === 0 || globs.some((glob) => globMatches(glob, name.toLowerCase()));
}
