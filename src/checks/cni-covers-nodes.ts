import { CNI_CHAINING } from "../contract.ts";
import { type AgentPodFacts, CNI_DAEMONSET, type DaemonSetFacts, MESH_NAMESPACE } from "../istio/kubernetes-facts.ts";
import { selectorMatches } from "../lib/label-selector.ts";
import type { Snapshot } from "../istio/observation.ts";
import { count, fail, type CheckResult, observed, pass, skip, type CheckInfo, unverifiable } from "./check-result.ts";
import type { Goal } from "../istio/goal.ts";

const SUBJECT: CheckInfo = { id: "cni-covers-nodes", title: "Every node with pods of the mesh has a node agent" };

/** Whether each node on which redirected pods run has a ready pod of the node agent. */
export function cniCoversNodes(snapshot: Snapshot, goal: Goal): CheckResult {
  const pods = observed(snapshot, (seen) => seen.pods);
  if (!pods.seen) return unverifiable(SUBJECT, pods);
  if (goal.mechanism !== CNI_CHAINING) return skip(SUBJECT, "Init containers need no node agent.");
  const daemonSet = observed(snapshot, (seen) => seen.daemonSet);
  if (!daemonSet.seen) return unverifiable(SUBJECT, daemonSet);
  const agentPods = observed(snapshot, (seen) => seen.agentPods);
  if (!agentPods.seen) return unverifiable(SUBJECT, agentPods);

  const windows = windowsNodes(snapshot);
  const nodes = pods.value.meshedNodes.filter(({ name }) => !windows.has(name));
  const leftOut = pods.value.meshedNodes.length - nodes.length;
  if (nodes.length === 0) return skip(SUBJECT, leftOut > 0 ? "Only Windows nodes run pods of the mesh, where the node agent does not run." : "No node runs pods of the mesh.");
  const aside = leftOut > 0 ? [`${count(leftOut, "Windows node")} left out: the node agent does not run there`] : [];
  const covered = coveredNodes(agentPods.value, daemonSet.value);
  const bare = nodes.filter((node) => !covered.has(node.name));
  if (bare.length === 0) {
    return pass(SUBJECT, `A ready node agent runs on ${nodes.length} of ${count(nodes.length, "node")} with pods of the mesh.`, { evidence: aside });
  }
  return fail(SUBJECT, `No ready node agent runs on ${bare.length} of ${count(nodes.length, "node")} with pods of the mesh.`, {
    evidence: [...bare.map((node) => `node ${node.name}: ${count(node.pods, "pod")} of the mesh`), ...aside],
    remedy: `Look at them: kubectl -n ${MESH_NAMESPACE} get pods -o wide; taints and full nodes keep the agent away.`,
  });
}

/** Nodes can be listed by few; where they cannot, no node is taken for a Windows one. */
function windowsNodes(snapshot: Snapshot): ReadonlySet<string> {
  const look = observed(snapshot, (seen) => seen.windowsNodes);
  return new Set(look.seen ? look.value : []);
}

/** The nodes with a ready agent pod. The DaemonSet's own selector tells which pods are its own: documents disagree on labels. */
function coveredNodes(agentPods: readonly AgentPodFacts[], daemonSet: DaemonSetFacts | undefined): ReadonlySet<string> {
  const own = daemonSet?.matchLabels ?? {};
  const matchLabels = Object.keys(own).length > 0 ? own : { "k8s-app": CNI_DAEMONSET };
  return new Set(
    agentPods
      .filter((pod) => pod.ready && selectorMatches({ matchLabels, matchExpressions: [] }, pod.labels))
      .map((pod) => pod.nodeName),
  );
}
