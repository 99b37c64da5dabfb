import { CNI_CHAINING } from "../contract.ts";
import { isMeshOn } from "../istio/cluster-facts.ts";
import type { Goal } from "../istio/goal.ts";
import type { Snapshot } from "../istio/observation.ts";
import { type CheckInfo, type CheckResult, fail, pass, skip } from "./check-result.ts";
import { enableCommands } from "./remedies.ts";

const CHECK: CheckInfo = { id: "mesh-enabled", title: "Managed Istio is on" };

/** Whether the cluster has the managed mesh. The action never enables it: that is the decision of the cluster's owners. */
export function meshEnabled({ cluster }: Snapshot, goal: Goal): CheckResult {
  const { mode, revisions } = cluster.mesh;
  if (isMeshOn(cluster)) {
    return pass(CHECK, `Managed Istio is on${revisions.length > 0 ? ` (${revisions.join(", ")})` : ""}.`);
  }
  const found = mode === "" ? "The cluster has no service mesh profile." : `The service mesh profile's mode is ${mode}.`;
  if (goal.mechanism !== CNI_CHAINING) return skip(CHECK, `${found} There is nothing to switch back.`);
  return fail(CHECK, found, {
    title: "The mesh is off",
    evidence: ["properties.serviceMeshProfile.mode", "expected Istio", `found ${mode === "" ? "nothing" : mode}`],
    remedy: `Enable the mesh first; this action never does that:\n${enableCommands(cluster).join("\n")}`,
  });
}
