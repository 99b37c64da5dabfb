/**
 * Remedies that hold commands or that several checks give. Users copy commands into a shell, and the names in them come
 * from a cluster or an input: only names that a shell reads as one plain word are inserted.
 */
import { CNI_CHAINING, type RedirectionMechanism } from "../contract.ts";
import { newestRevision } from "../istio/injection/revisions.ts";
import type { ClusterFacts } from "../istio/cluster-facts.ts";
import { count } from "../lib/plural.ts";
import { shellWord } from "../lib/remedy.ts";

/** How many namespaces or workloads a command names, and how many commands a remedy lists. */
const MAX_NAMES = 50;
const MAX_COMMANDS = 10;

/** `--resource-group rg-mesh --name shop --subscription 00000000-…`, from the cluster's resource ID. */
export function clusterArguments({ id, name }: ClusterFacts): string {
  return `--resource-group ${shellWord(segmentAfter(id, "resourcegroups"), "group")} --name ${shellWord(name, "cluster")} --subscription ${shellWord(segmentAfter(id, "subscriptions"), "subscription")}`;
}

/** The segment of a resource ID after a name; empty if there is none. */
function segmentAfter(id: string, name: string): string {
  const parts = id.split("/");
  const at = parts.findIndex((part) => part.toLowerCase() === name);
  return at < 0 ? "" : (parts[at + 1] ?? "");
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

/** A Deployment, StatefulSet or DaemonSet. */
interface Rollable {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
}

/** The commands that restart workloads, one for each namespace. A line of text counts those that they do not name. */
export function restartCommands(workloads: readonly Rollable[]): readonly string[] {
  const byNamespace = new Map<string, Rollable[]>();
  for (const workload of workloads) byNamespace.set(workload.namespace, [...(byNamespace.get(workload.namespace) ?? []), workload]);
  const named = [...byNamespace].slice(0, MAX_COMMANDS).map(([namespace, all]) => ({ namespace, shown: all.slice(0, MAX_NAMES) }));
  const left = workloads.length - named.reduce((sum, { shown }) => sum + shown.length, 0);
  const commands = named.map(
    ({ namespace, shown }) =>
      `kubectl --namespace ${shellWord(namespace, "namespace")} rollout restart ${shown.map(({ kind, name }) => `${kind.toLowerCase()}/${shellWord(name, "name")}`).join(" ")}`,
  );
  return left > 0 ? [...commands, `The commands leave out ${count(left, "more workload")}: restart-workloads restarts all of them.`] : commands;
}

/** What to do about pods whose proxy has privileges. */
export const PRIVILEGES_REMEDY = "Remove the setting that gives Istio's containers privileges, such as interceptionMode TPROXY.";

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
