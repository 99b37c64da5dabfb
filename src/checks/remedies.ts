/**
 * Commands for people to copy. Names in them come from a cluster or from an input, and end up in somebody's shell: only
 * names that cannot mean anything else there are put in.
 */
import { newestRevision } from "../istio/injection/revisions.ts";
import type { ClusterFacts } from "../istio/cluster-facts.ts";

const MAX_NAMES = 10;

/** The name itself where a shell reads it as one plain word, else a placeholder. */
export function word(name: string, placeholder: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/.test(name) ? name : `<${placeholder}>`;
}

/** `-g <group> -n <name>`, from the cluster's resource ID. */
export function clusterArguments(cluster: ClusterFacts): string {
  const parts = cluster.id.split("/");
  const group = parts[parts.findIndex((part) => part.toLowerCase() === "resourcegroups") + 1] ?? "";
  return `-g ${word(group, "resource-group")} -n ${word(cluster.name, "cluster")}`;
}

/** The command that turns injection on in namespaces, with the newest installed revision. */
export function labelCommand(namespaces: readonly string[], cluster: ClusterFacts): string {
  const revision = word(newestRevision(cluster.mesh.revisions) ?? "", "revision");
  return `kubectl label namespace ${names(namespaces)} istio.io/rev=${revision} --overwrite`;
}

/** The command that takes the label away that switches injection off. */
export function unlabelCommand(namespaces: readonly string[]): string {
  return `kubectl label namespace ${names(namespaces)} istio-injection-`;
}

function names(namespaces: readonly string[]): string {
  return namespaces
    .slice(0, MAX_NAMES)
    .map((name) => word(name, "namespace"))
    .join(" ");
}
