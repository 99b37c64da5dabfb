/** Whether a cluster is one of those that are wanted. Pure. */
import { entry } from "../mesh/json.ts";
import { globMatches } from "../mesh/scope.ts";
import type { Wanted } from "./config.ts";
import type { FoundCluster } from "./found-cluster.ts";

/** Names of groups, clusters and tags do not know case in Azure; values of tags do. */
export function isWanted(cluster: FoundCluster, wanted: Wanted): boolean {
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
