import { CNI_CHAINING } from "../contract.ts";
import type { Goal } from "../istio/goal.ts";
import { agentsOf, CNI_DAEMONSET, MESH_NAMESPACE, nodesWithReadyAgent } from "../istio/kubernetes-facts.ts";
import type { Snapshot } from "../istio/observation.ts";
import { count, number } from "../lib/plural.ts";
import { type CheckInfo, type CheckResult, fail, observed, pass, skip, unverifiable, warn } from "./check-result.ts";

const CHECK: CheckInfo = { id: "cni-covers-nodes", title: "Every node with pods of the mesh has a CNI agent" };

/** Whether each Linux node on which redirected pods run has a ready pod of the CNI agent. */
export function cniCoversNodes(snapshot: Snapshot, goal: Goal): CheckResult {
  const pods = observed(snapshot, "pods");
  if (!pods.seen) return unverifiable(CHECK, pods);
  if (goal.mechanism !== CNI_CHAINING) return skip(CHECK, "Init containers do not need the CNI agent.");
  const daemonSet = observed(snapshot, "daemonSet");
  if (!daemonSet.seen) return unverifiable(CHECK, daemonSet);
  const agentPods = observed(snapshot, "agentPods");
  if (!agentPods.seen) return unverifiable(CHECK, agentPods);

  const windows = windowsNodes(snapshot);
  const mayBeWindows = nodesNamedAsWindows(snapshot);
  const nodes = pods.value.meshedNodes.filter(({ name }) => !windows.has(name));
  const leftOut = pods.value.meshedNodes.length - nodes.length;
  if (nodes.length === 0) {
    return skip(CHECK, leftOut > 0 ? "Only Windows nodes run pods of the mesh, and the CNI agent does not run on Windows." : "No node runs pods of the mesh.");
  }
  const windowsLine = leftOut > 0 ? [`${count(leftOut, "Windows node")} left out: the CNI agent does not run on Windows`] : [];
  const agents = agentsOf(daemonSet.value, agentPods.value);
  const covered = nodesWithReadyAgent(daemonSet.value, agentPods.value);
  const uncovered = nodes.filter((node) => !covered.has(node.name));
  if (uncovered.length === 0) {
    const all = count(nodes.length, "node");
    return pass(CHECK, `A ready CNI agent runs on ${number(nodes.length)} of ${all} with pods of the mesh.`, { evidence: windowsLine });
  }
  const starting = new Set(agents.filter(({ isNew }) => isNew === true).map(({ nodeName }) => nodeName));
  if (uncovered.every(({ name }) => starting.has(name))) {
    return warn(CHECK, `The CNI agent is starting on ${number(uncovered.length)} of ${count(nodes.length, "node")} with pods of the mesh.`, {
      title: "The CNI agent is starting on nodes of the mesh",
      explainedBy: [["cni-daemonset-ready"]],
      evidence: uncovered.map((node) => `node ${node.name}: ${count(node.pods, "pod")} of the mesh`),
      remedy: "Check again in some minutes.",
    });
  }
  if (uncovered.every(({ name }) => mayBeWindows(name))) {
    const which = `${number(uncovered.length)} of ${count(nodes.length, "node")} with pods of the mesh`;
    const named = uncovered.length === 1 ? "by its name is a Windows node" : "by their names are Windows nodes";
    return warn(CHECK, `No ready CNI agent runs on ${which}, which ${named}: the CNI agent does not run on Windows.`, {
      title: "Nodes that seem to run Windows have no CNI agent",
      evidence: uncovered.map((node) => `node ${node.name}: ${count(node.pods, "pod")} of the mesh`),
      remedy: "To be sure, grant the right to list nodes: RBAC Reader does not have it.",
    });
  }
  // A node whose agent is not ready follows from the DaemonSet. One without an agent may repel it, while the DaemonSet is complete.
  const unready = new Set(agents.map(({ nodeName }) => nodeName));
  const isMissing = daemonSet.value === undefined || agents.length < daemonSet.value.desired;
  const explained = uncovered.every(({ name }) => unready.has(name)) || isMissing;
  return fail(CHECK, `No ready CNI agent runs on ${number(uncovered.length)} of ${count(nodes.length, "node")} with pods of the mesh.`, {
    title: `${count(uncovered.length, "node")} with pods of the mesh ${uncovered.length === 1 ? "has" : "have"} no ready CNI agent`,
    explainedBy: [explained ? ["cni-daemonset-ready", "cni-chaining-enabled"] : []],
    evidence: [...uncovered.map((node) => `node ${node.name}: ${count(node.pods, "pod")} of the mesh`), ...windowsLine],
    remedy: `Taints and a lack of capacity keep the CNI agent off a node. List its pods, with their nodes:\nkubectl --namespace ${MESH_NAMESPACE} get pods --selector k8s-app=${CNI_DAEMONSET} --output wide`,
  });
}

/** The Windows nodes; none where the nodes could not be listed, because RBAC Reader does not allow it. */
function windowsNodes(snapshot: Snapshot): ReadonlySet<string> {
  const nodes = observed(snapshot, "windowsNodes");
  return new Set(nodes.seen ? nodes.value : []);
}

/**
 * Where the nodes could not be listed: whether a name is one that AKS gives to nodes of a Windows pool, such as `akswin000002` in the
 * pool `win`. Names of Linux nodes begin with `aks-`. Source: AKS documentation of Windows node pools.
 */
function nodesNamedAsWindows(snapshot: Snapshot): (name: string) => boolean {
  if (observed(snapshot, "windowsNodes").seen) return () => false;
  const prefixes = snapshot.cluster.agentPools.filter(({ osType }) => /^windows$/i.test(osType)).map(({ name }) => `aks${name.toLowerCase()}`);
  return (name) => prefixes.some((prefix) => name.toLowerCase().startsWith(prefix));
}
