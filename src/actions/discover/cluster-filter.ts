/** Whether a listed cluster matches the filter inputs of discover. Pure. */
import { globMatches } from "../../lib/glob.ts";
import { entry } from "../../lib/json.ts";
import type { ClusterFilter } from "./inputs.ts";
import type { ListedCluster } from "./listed-cluster.ts";

/** Compares as Azure does: names of resource groups, clusters and tags without case, values of tags with case. */
export function matchesFilter(cluster: ListedCluster, filter: ClusterFilter): boolean {
  const { resourceGroups, locations, names, tags, sku, mesh } = filter;
  return (
    matchesAny(resourceGroups, cluster.resourceGroup) &&
    matchesAny(names, cluster.name) &&
    (locations.length === 0 || locations.includes(cluster.location)) &&
    (sku === "any" || cluster.sku.toLowerCase() === sku.toLowerCase()) &&
    (mesh === "any" || cluster.hasMesh === (mesh === "on")) &&
    tags.every(({ key, value }) => {
      const has = entry(cluster.tags, key);
      return has !== undefined && (value === undefined || globMatches(value, has));
    })
  );
}

function matchesAny(globs: readonly string[], name: string): boolean {
  return globs.length === 0 || globs.some((glob) => globMatches(glob, name.toLowerCase()));
}
