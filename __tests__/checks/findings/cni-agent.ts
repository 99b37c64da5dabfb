/** Situations of `cni-daemonset-ready` and `cni-covers-nodes`. */
import { cniCoversNodes } from "../../../src/checks/cni-covers-nodes.ts";
import { cniDaemonsetReady } from "../../../src/checks/cni-daemonset-ready.ts";
import { CNI_CHAINING, INIT_CONTAINERS } from "../../../src/contract.ts";
import type { AgentPodFacts, DaemonSetFacts } from "../../../src/istio/kubernetes-facts.ts";
import type { MeshObservation } from "../../../src/istio/observation.ts";
import { census, cluster, goal, observation, pool, seen, showing, snapshot, UNSEEN } from "../../istio/fixtures.ts";
import type { Situation } from "./as-text.ts";

const CNI = goal(CNI_CHAINING);
const INIT = goal(INIT_CONTAINERS);
const LABELS = { app: "agent" };
const HEALTHY: DaemonSetFacts = { generation: 2, observedGeneration: 2, desired: 3, updated: 3, ready: 3, available: 3, matchLabels: LABELS };
const agent = (nodeName: string, ready = true, isNew = false): AgentPodFacts => ({ name: `agent-${nodeName}`, nodeName, ready, labels: LABELS, isNew });
const OLD = [agent("node-1"), agent("node-2")];
const agents = (...pods: readonly AgentPodFacts[]) => ({ agentPods: seen(pods) });
const ready = (change: Partial<DaemonSetFacts>, more: Partial<MeshObservation> = agents(), target = CNI) => cniDaemonsetReady(showing({ daemonSet: seen({ ...HEALTHY, ...change }), ...more }), target);
const TWO = { ready: 2, available: 2 };
const refused = (message: string) => {
  const workload = { namespace: "aks-istio-system", kind: "DaemonSet", name: "azure-service-mesh-istio-cni-addon-node", owner: undefined, message, template: { labels: {}, hasIstioInit: false } };
  return { ...agents(), refusedWorkloads: seen({ workloads: [{ ...workload, name: "other", namespace: "shop" }, workload], notChecked: 0 }) };
};
const on = (...names: readonly string[]) => seen(census({ meshedNodes: names.map((name, index) => ({ name, pods: index + 1 })) }));
const covers = (nodes: readonly string[], pods: readonly AgentPodFacts[], change: Partial<MeshObservation> = {}) =>
  cniCoversNodes(showing({ daemonSet: seen({ ...HEALTHY, desired: 2 }), agentPods: seen(pods), pods: on(...nodes), ...change }), CNI);
const WINDOWS_POOLS = cluster({ agentPools: [pool(), pool({ name: "Win", osType: "windows" })] });
const unlisted = (...nodes: readonly string[]) => cniCoversNodes(snapshot({ cluster: WINDOWS_POOLS, observation: seen(observation({ pods: on(...nodes), windowsNodes: UNSEEN })) }), CNI);

export const CNI_AGENT = (): readonly Situation[] => [
  ["The agent is ready", ready({})],
  ["The agent could not be read", cniDaemonsetReady(showing({ daemonSet: UNSEEN }), CNI)],
  ["The agent does not exist", cniDaemonsetReady(showing({ daemonSet: seen(undefined) }), CNI)],
  ["The agent is gone, as it should be", cniDaemonsetReady(showing({ daemonSet: seen(undefined) }), INIT)],
  ["The agent is not gone yet", ready({}, agents(), INIT)],
  ["The specification was not observed yet", ready({ generation: 3 })],
  ["No node is selected", ready({ desired: 0, updated: 0, ready: 0, available: 0 })],
  ["The agent is updated on two nodes", ready({ updated: 2 }, agents(...OLD, agent("node-3", false, true)))],
  ["The agent is ready but not available on a node", ready({ available: 2 })],
  ["Gatekeeper refuses the agent's pods", ready(TWO, refused('Error creating: admission webhook "validation.gatekeeper.sh" denied the request: [azurepolicy-hostpath-1] HostPath\n volume is not allowed.'))],
  ["A webhook in the way of the agent's pods does not answer", ready(TWO, refused('failed calling webhook "v.example.com": connection refused'))],
  ["A quota refuses the agent's pods", ready(TWO, refused("exceeded quota: compute, requested: pods=1"))],
  ["A LimitRange refuses the agent's pods", ready(TWO, refused("maximum cpu usage per Container is 1, but limit is 2"))],
  ["Refused workloads could not be read", ready(TWO, { ...agents(), refusedWorkloads: UNSEEN })],
  ["The agent's pods could not be read", ready(TWO, { agentPods: UNSEEN })],
  ["The agent starts on a new node", ready(TWO, agents(...OLD, agent("node-3", false, true)))],
  ["The agent starts on one new node of two", ready({ ready: 1, available: 1 }, agents(agent("node-1"), agent("node-2", false, true)))],
  ["The agent starts on all nodes", ready({ ready: 0, available: 0 }, agents(agent("b", false, true), agent("a", false, true), agent("c", false, true)))],
  ["The agent of a new specification starts", ready({ ...TWO, generation: 3 }, agents(...OLD, agent("node-3", false, true)))],
  ["One agent is new and not ready, another is old and not ready", ready({ ready: 1, available: 1 }, agents(agent("node-1"), agent("node-2", false), agent("node-3", false, true)))],
  ["The agent is not ready on three nodes, one of which is not chosen", ready({ ready: 0, available: 0 }, agents(agent("b", false), agent("", false), agent("a", false)))],
  ["The agent is not ready on four nodes", ready({ desired: 4, updated: 4, ready: 0, available: 0 }, agents(agent("d", false), agent("b", false), agent("c", false), agent("a", false)))],
  ["The nodes with pods are covered", covers(["node-1", "node-2"], OLD)],
  ["The pods could not be read", covers([], [], { pods: UNSEEN })],
  ["The agent of the nodes could not be read", covers(["node-1"], OLD, { daemonSet: UNSEEN })],
  ["The pods of the agent could not be read", covers(["node-1"], OLD, { agentPods: UNSEEN })],
  ["Init containers should redirect", cniCoversNodes(showing({}), INIT)],
  ["No node has pods of the mesh", covers([], OLD)],
  ["Only Windows nodes have pods of the mesh", covers(["win"], OLD, { windowsNodes: seen(["win"]) })],
  ["A Windows node beside one that is covered", covers(["node-1", "win"], OLD, { windowsNodes: seen(["win"]) })],
  ["A Windows node beside one without an agent", covers(["node-9", "win"], OLD, { windowsNodes: seen(["win"]) })],
  ["An agent is starting on one node of two", covers(["node-1", "node-9"], [...OLD, agent("node-9", false, true)])],
  ["An agent is starting on one node, and there is none on another", covers(["node-8", "node-9"], [...OLD, agent("node-9", false, true)])],
  ["An agent is not ready on a node", covers(["node-1", "node-9"], [...OLD, agent("node-9", false)])],
  ["Two nodes have no agent, although the DaemonSet is complete", covers(["node-8", "node-9"], OLD)],
  ["A node has no agent, and the DaemonSet lacks one", covers(["node-1", "node-9"], [agent("node-1")])],
  ["The DaemonSet does not exist", covers(["node-1", "node-9"], [], { daemonSet: seen(undefined) })],
  ["A node is named as one of Windows, and nodes could not be listed", unlisted("akswin000002")],
  ["Two nodes are named as ones of Windows, and nodes could not be listed", unlisted("node-1", "AKSWIN000002", "akswin000003")],
  ["A node is named as one of Windows, another as one of Linux", unlisted("akswin000002", "aks-nodes-1234-vmss000001")],
  ["A node is named as one of Windows, and nodes were listed", cniCoversNodes(snapshot({ cluster: WINDOWS_POOLS, observation: seen(observation({ pods: on("akswin000002") })) }), CNI)],
];
