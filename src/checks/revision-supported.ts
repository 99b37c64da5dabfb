import { CNI_CHAINING } from "../contract.ts";
import { isMeshOn } from "../istio/cluster-facts.ts";
import type { Snapshot } from "../istio/observation.ts";
import { FIRST_REVISION_WITH_CNI, supportsCni } from "../istio/injection/revisions.ts";
import { clusterArguments } from "./remedies.ts";
import { fail, type CheckResult, pass, skip, type CheckInfo, warn } from "./check-result.ts";
import type { Goal } from "../istio/goal.ts";

const SUBJECT: CheckInfo = { id: "revision-supported", title: "Istio revision supports CNI chaining" };

/** Whether every installed revision knows CNI chaining; during a canary upgrade there are two. */
export function revisionSupported({ cluster }: Snapshot, goal: Goal): CheckResult {
  const { revisions } = cluster.mesh;
  if (goal.mechanism !== CNI_CHAINING) return skip(SUBJECT, "Every revision can redirect with init containers.");
  if (revisions.length === 0) {
    if (!isMeshOn(cluster)) return skip(SUBJECT, "The mesh is off, so no revision is installed.");
    return warn(SUBJECT, "Azure lists no Istio revision, so it cannot be told whether CNI chaining is supported.", {
      remedy: `Look at the revisions: az aks show ${clusterArguments(cluster)} --query serviceMeshProfile.istio.revisions`,
    });
  }
  const tooOld = revisions.filter((revision) => supportsCni(revision) === false);
  if (tooOld.length > 0) {
    return fail(SUBJECT, `${tooOld.join(", ")} cannot do CNI chaining: it takes ${FIRST_REVISION_WITH_CNI} or later.`, {
      evidence: [`installed: ${revisions.join(", ")}`],
      remedy: `Upgrade the mesh: az aks mesh get-upgrades ${clusterArguments(cluster)}, then az aks mesh upgrade start`,
    });
  }
  const unreadable = revisions.filter((revision) => supportsCni(revision) === "unknown");
  if (unreadable.length > 0) {
    return warn(SUBJECT, `The revision ${unreadable.join(", ")} cannot be read as asm-<major>-<minor>.`, {
      evidence: [`installed: ${revisions.join(", ")}`],
      remedy: `Make sure that it is ${FIRST_REVISION_WITH_CNI} or later.`,
    });
  }
  return pass(SUBJECT, `${revisions.join(", ")} can do CNI chaining.`);
}
