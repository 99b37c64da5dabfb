/**
 * Remedies that hold commands or that several checks give. Users copy commands into a shell, and the names in them come
 * from a cluster or an input: only names that a shell reads as one plain word are inserted.
 */
import { CNI_CHAINING, type RedirectionMechanism } from "../contract.ts";
import { newestRevision } from "../istio/injection/revisions.ts";
import type { ClusterFacts } from "../istio/cluster-facts.ts";

/** How many namespaces a command names. */
const MAX_NAMES = 10;

/** The name itself where a shell reads it as one plain word, else a placeholder such as `NAMESPACE`: `<namespace>` would be a redirection. */
export function shellWord(name: string, placeholder: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/.test(name) ? name : placeholder.toUpperCase().replaceAll("-", "_");
}

/** `-g <group> -n <name>`, from the cluster's resource ID. */
export function clusterArguments(cluster: ClusterFacts): string {
  const parts = cluster.id.split("/");
  const group = parts[parts.findIndex((part) => part.toLowerCase() === "resourcegroups") + 1] ?? "";
  return `-g ${shellWord(group, "resource-group")} -n ${shellWord(cluster.name, "cluster")}`;
}

/**
 * The commands that enable the mesh with CNI chaining (az 2.86 and later). The Istio of the application routing add-on, on by default on AKS
 * Automatic from Kubernetes 1.36 on, excludes the mesh.
 */
export function enableCommands(cluster: ClusterFacts): readonly string[] {
  const disable = cluster.usesAppRoutingIstio ? [`az aks approuting gateway istio disable ${clusterArguments(cluster)}`] : [];
  return [...disable, `az aks mesh enable ${clusterArguments(cluster)} --proxy-redirection-mechanism CNIChaining`];
}

/** The command that sets the redirection mechanism (az 2.86 and later). */
export function switchCommand(cluster: ClusterFacts, mechanism: RedirectionMechanism): string {
  return `az aks mesh proxy-redirection-mechanism --mechanism ${mechanism} ${clusterArguments(cluster)}`;
}

/** The command that turns injection on in namespaces, with the newest installed revision. */
export function labelCommand(namespaces: readonly string[], cluster: ClusterFacts): string {
  const revision = shellWord(newestRevision(cluster.mesh.revisions) ?? "", "revision");
  return `kubectl label namespace ${names(namespaces)} istio.io/rev=${revision} --overwrite`;
}

/** The command that removes the label `istio-injection`, which switches injection off. */
export function unlabelCommand(namespaces: readonly string[]): string {
  return `kubectl label namespace ${names(namespaces)} istio-injection-`;
}

/** The command that restarts a Deployment, StatefulSet or DaemonSet. */
export function restartCommand(namespace: string, kind: string, name: string): string {
  return `kubectl -n ${shellWord(namespace, "namespace")} rollout restart ${kind.toLowerCase()} ${shellWord(name, "name")}`;
}

/** What to do where admission refuses the capabilities of istio-init; `next` is the step after CNI chaining is in place. */
export function capabilityRemedy(mechanism: RedirectionMechanism, next: string): string {
  return mechanism === CNI_CHAINING
    ? `Make sure that CNI chaining is on and the injector is configured: injected pods then need neither NET_ADMIN nor NET_RAW. ${next}`
    : "Admission on this cluster refuses istio-init, so only CNI chaining works.";
}

function names(namespaces: readonly string[]): string {
  return namespaces
    .slice(0, MAX_NAMES)
    .map((name) => shellWord(name, "namespace"))
    .join(" ");
}
