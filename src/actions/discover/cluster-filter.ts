/** Whether a cluster is one of those that are wanted. Pure. */
import { entry } from "../../lib/json.ts";
import { globMatches } from "../../istio/injection/namespace-scope.ts";
import type { ClusterFilter } from "./inputs.ts";
import type { ListedCluster } from "./listed-cluster.ts";

/** Names of groups, clusters and tags do not know case in Azure; values of tags do. */
export function matchesFilter(cluster: ListedCluster, wanted: ClusterFilter): boolean {
  const { resourceGroups, locations, names, tags, sku, mesh } = wanted;
  return (
    oneOf(resourceGroups, cluster.resourceGroup) &&
    oneOf(names, cluster.name) &&
    (locations.length === 0 || locations.includes(cluster.location)) &&
    (sku === "any" || cluster.sku.toLowerCase() === sku.toLowerCase()) &&
    (mesh === "any" || cluster.hasMesh === (mesh === "on")) &&
    tags.every(({ key, value }) => {
      const has = entry(cluster.tags, key);
      return has !== undefined && (value === undefined || globMatches(value, has));
    })
  );
}

function oneOf(globs: readonly string[], name: string): boolean {
  return globs.length === 0 || globs.some((glob) => globMatches(glob, name.toLowerCase()));
}
