import { CNI_CHAINING } from "../contract.ts";
import { describeSource, readRefusal, type Refusal } from "../istio/admission/refusal.ts";
import type { Goal } from "../istio/goal.ts";
import { type AgentPodFacts, agentsOf, CNI_DAEMONSET, type DaemonSetFacts, MESH_NAMESPACE } from "../istio/kubernetes-facts.ts";
import type { Snapshot } from "../istio/observation.ts";
import { isCniDaemonSet } from "../istio/workloads/refused-workloads.ts";
import { count } from "../lib/plural.ts";
import { type CheckInfo, type CheckResult, fail, observed, pass, unverifiable, warn } from "./check-result.ts";

/** Whether the CNI agent runs on every node that it should run on; for init containers, whether AKS has removed it. */
export function cniDaemonsetReady(snapshot: Snapshot, goal: Goal): CheckResult {
  const isCni = goal.mechanism === CNI_CHAINING;
  const check: CheckInfo = {
    id: "cni-daemonset-ready",
    title: isCni ? "CNI agent is ready" : "CNI agent is gone",
  };
  const observedDaemonSet = observed(snapshot, "daemonSet");
  if (!observedDaemonSet.seen) return unverifiable(check, observedDaemonSet);
  const daemonSet = observedDaemonSet.value;
  if (!isCni) {
    if (daemonSet === undefined) return pass(check, `DaemonSet ${CNI_DAEMONSET} is gone.`);
    return warn(check, `DaemonSet ${CNI_DAEMONSET} is still being removed.`, {
      title: "CNI agent is still being removed",
      explainedBy: [["cni-chaining-enabled"]],
      remedy: "Wait some minutes, then check again.",
    });
  }
  if (daemonSet === undefined) {
    return fail(check, `DaemonSet ${CNI_DAEMONSET} does not exist in ${MESH_NAMESPACE}.`, {
      title: "CNI agent is missing",
      explainedBy: [["cni-chaining-enabled"]],
      remedy:
        "AKS creates it when CNI chaining is switched on. Wait some minutes after a switch. " +
        "If it is still missing, switch again or ask Azure support.",
    });
  }
  const unmet = unmetConditions(daemonSet);
  const ratio = `${daemonSet.ready}/${daemonSet.desired}`;
  if (unmet.length === 0) return pass(check, `The CNI agent is ready on ${ratio} nodes.`);
  const others = observed(snapshot, "refusedWorkloads");
  const refused = others.seen ? others.value.workloads.find(isCniDaemonSet) : undefined;
  if (refused !== undefined) {
    const refusal = readRefusal(refused.message);
    const source = describeSource(refusal);
    return fail(check, `The CNI agent is ready on ${ratio} nodes: ${source} refuses its pods: ${refusal.reason.replace(/\.$/, "")}.`, {
      title: "Admission refuses the pods of the CNI agent",
      evidence: [refused.message.replace(/\s+/g, " "), ...unmet],
      remedy: remedyForRefusal(refusal, source),
    });
  }
  const unready = unreadyAgents(snapshot, daemonSet);
  const onNodes = unready.map(({ nodeName, isNew }) => `node ${nodeName || "not chosen yet"}: the agent is not ready${isNew === true ? ", and was created within the last minutes" : ""}`);
  if (isJoining(daemonSet, unready)) {
    return warn(check, `The CNI agent is ready on ${ratio} nodes, and is starting on ${count(unready.length, "node")}.`, {
      title: "The CNI agent is starting on new nodes",
      evidence: onNodes,
      remedy: "Check again in some minutes: nodes that join a cluster get their agent first.",
    });
  }
  const where = unready.length === 0 ? "" : ` (${unready.slice(0, MAX_NODES).map(({ nodeName }) => nodeName || "no node").join(", ")}${unready.length > MAX_NODES ? ", …" : ""})`;
  return fail(check, `The CNI agent is ready on ${ratio} nodes: ${unmet.join(", ")}${where}.`, {
    title: "CNI agent is not ready",
    evidence: [...unmet, ...onNodes],
    remedy: `See its events and its log:\nkubectl --namespace ${MESH_NAMESPACE} describe daemonset ${CNI_DAEMONSET}\nkubectl --namespace ${MESH_NAMESPACE} logs daemonset/${CNI_DAEMONSET} --all-containers --tail 50`,
  });
}

/** How many nodes a message names. */
const MAX_NODES = 3;

/** The pods of the agent that are not ready, by node; none where its pods were not observed. */
function unreadyAgents(snapshot: Snapshot, daemonSet: DaemonSetFacts): readonly AgentPodFacts[] {
  const pods = observed(snapshot, "agentPods");
  if (!pods.seen) return [];
  return agentsOf(daemonSet, pods.value)
    .filter(({ ready }) => !ready)
    .sort((a, b) => (a.nodeName < b.nodeName ? -1 : 1));
}

/** Whether nothing but agents that were created within the last minutes is missing. A rollout of the DaemonSet itself is something else. */
function isJoining({ generation, observedGeneration, desired, updated, ready }: DaemonSetFacts, unready: readonly AgentPodFacts[]): boolean {
  const isRolledOut = observedGeneration >= generation && updated === desired && ready > 0;
  return isRolledOut && unready.length > 0 && unready.length === desired - ready && unready.every(({ isNew }) => isNew === true);
}

function remedyForRefusal({ source, causes }: Refusal, name: string): string {
  if (source === "failing-webhook") return `Repair the webhook, or exclude the namespace ${MESH_NAMESPACE} from it: without its answer no pod of the CNI agent can be created.`;
  if (causes.includes("quota") || causes.includes("limit-range")) return `Remove quotas and limit ranges from the namespace ${MESH_NAMESPACE}, which belongs to AKS.`;
  return `Exclude the namespace ${MESH_NAMESPACE} from ${name}: the CNI agent of AKS needs a privileged container and paths of the node.`;
}

/** What the rollout of the DaemonSet's current specification still lacks; empty once it is complete. */
function unmetConditions(daemonSet: DaemonSetFacts): readonly string[] {
  const { generation, observedGeneration, desired, updated, ready, available } = daemonSet;
  const unmet: string[] = [];
  // Until the controller has observed the generation, the other numbers belong to an older specification.
  if (observedGeneration < generation) unmet.push(`generation ${generation} not observed yet (${observedGeneration})`);
  if (desired <= 0) unmet.push("no node is selected to run it");
  if (updated !== desired) unmet.push(`updated ${updated} of ${desired}`);
  if (ready !== desired) unmet.push(`ready ${ready} of ${desired}`);
  if (available !== desired) unmet.push(`available ${available} of ${desired}`);
  return unmet;
}
