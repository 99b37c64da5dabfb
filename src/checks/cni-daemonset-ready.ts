import { CNI_CHAINING } from "../contract.ts";
import { CNI_DAEMONSET, type DaemonSetFacts, MESH_NAMESPACE } from "../istio/kubernetes-facts.ts";
import type { Snapshot } from "../istio/observation.ts";
import { fail, type CheckResult, observed, pass, type CheckInfo, unverifiable, warn } from "./check-result.ts";
import type { Goal } from "../istio/goal.ts";

const LOOK = `Look at it: kubectl -n ${MESH_NAMESPACE} describe daemonset ${CNI_DAEMONSET}`;

/** Whether the CNI node agent runs on every node it should; or is gone, once it is not wanted any more. */
export function cniDaemonsetReady(snapshot: Snapshot, goal: Goal): CheckResult {
  const isCni = goal.mechanism === CNI_CHAINING;
  const subject: CheckInfo = {
    id: "cni-daemonset-ready",
    title: isCni ? "CNI node agent is ready" : "CNI node agent is gone",
  };
  const look = observed(snapshot, (seen) => seen.daemonSet);
  if (!look.seen) return unverifiable(subject, look);
  const daemonSet = look.value;
  if (!isCni) {
    if (daemonSet === undefined) return pass(subject, `DaemonSet ${CNI_DAEMONSET} is gone.`);
    return warn(subject, `DaemonSet ${CNI_DAEMONSET} is still being removed.`, {
      remedy: "Wait some minutes and check again.",
    });
  }
  if (daemonSet === undefined) {
    return fail(subject, `DaemonSet ${CNI_DAEMONSET} does not exist in ${MESH_NAMESPACE}.`, {
      remedy:
        "AKS makes it when CNI chaining is switched on: wait some minutes after a switch; " +
        "if it stays away, switch again or ask Azure support.",
    });
  }
  const unready = shortcomings(daemonSet);
  const ratio = `${daemonSet.ready}/${daemonSet.desired}`;
  return unready.length === 0
    ? pass(subject, `The CNI node agent is ready on ${ratio} nodes.`)
    : fail(subject, `The CNI node agent is ready on ${ratio} nodes: ${unready.join(", ")}.`, {
        evidence: unready,
        remedy: LOOK,
      });
}

/** What keeps the DaemonSet from being rolled out as it is specified now; empty where nothing does. */
function shortcomings(daemonSet: DaemonSetFacts): readonly string[] {
  const { generation, observedGeneration, desired, updated, ready, available } = daemonSet;
  const found: string[] = [];
  // Until then the other numbers speak of an older specification.
  if (observedGeneration < generation) found.push(`generation ${generation} not observed yet (${observedGeneration})`);
  if (desired <= 0) found.push("no node is to run it");
  if (updated !== desired) found.push(`updated ${updated} of ${desired}`);
  if (ready !== desired) found.push(`ready ${ready} of ${desired}`);
  if (available !== desired) found.push(`available ${available} of ${desired}`);
  return found;
}
