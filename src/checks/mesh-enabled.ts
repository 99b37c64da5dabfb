import { CNI_CHAINING } from "../contract.ts";
import { isMeshOn } from "../istio/cluster-facts.ts";
import type { Snapshot } from "../istio/observation.ts";
import { clusterArguments } from "./remedies.ts";
import { fail, type CheckResult, pass, skip, type CheckInfo } from "./check-result.ts";
import type { Goal } from "../istio/goal.ts";

const SUBJECT: CheckInfo = { id: "mesh-enabled", title: "Managed Istio is on" };

/** Whether the cluster has the managed mesh at all. Nothing here ever switches it on: that is its owners' decision. */
export function meshEnabled({ cluster }: Snapshot, goal: Goal): CheckResult {
  const { mode, revisions } = cluster.mesh;
  if (isMeshOn(cluster)) {
    return pass(SUBJECT, `Managed Istio is on${revisions.length > 0 ? ` (${revisions.join(", ")})` : ""}.`);
  }
  const found = mode === "" ? "The cluster has no service mesh profile." : `The service mesh profile's mode is ${mode}.`;
  if (goal.mechanism !== CNI_CHAINING) return skip(SUBJECT, `${found} There is nothing to switch back.`);
  return fail(SUBJECT, found, {
    evidence: ["properties.serviceMeshProfile.mode: expected Istio", `found ${mode === "" ? "nothing" : mode}`],
    remedy: `Turn the mesh on first, which this action never does: az aks mesh enable ${clusterArguments(cluster)}`,
  });
}
