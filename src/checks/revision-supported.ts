import { CNI_CHAINING } from "../contract.ts";
import { isMeshOn } from "../istio/cluster-facts.ts";
import type { Goal } from "../istio/goal.ts";
import { FIRST_REVISION_WITH_CNI, supportsCni } from "../istio/injection/revisions.ts";
import type { Snapshot } from "../istio/observation.ts";
import { type CheckInfo, type CheckResult, fail, pass, skip, warn } from "./check-result.ts";
import { clusterArguments } from "./remedies.ts";

const CHECK: CheckInfo = { id: "revision-supported", title: "Istio revision supports CNI chaining" };

/** Whether every installed revision supports CNI chaining. During a canary upgrade two revisions are installed. */
export function revisionSupported({ cluster }: Snapshot, goal: Goal): CheckResult {
  const { revisions } = cluster.mesh;
  if (goal.mechanism !== CNI_CHAINING) return skip(CHECK, "Every revision can redirect with init containers.");
  if (revisions.length === 0) {
    if (!isMeshOn(cluster)) return skip(CHECK, "The mesh is off, so no revision is installed.");
    return warn(CHECK, "Azure lists no Istio revision, so it is unknown whether CNI chaining is supported.", {
      title: "No Istio revision is listed",
      remedy: `List the revisions:\naz aks show ${clusterArguments(cluster)} --query serviceMeshProfile.istio.revisions`,
    });
  }
  const evidence = [`installed: ${revisions.join(", ")}`];
  const tooOld = revisions.filter((revision) => supportsCni(revision) === false);
  if (tooOld.length > 0) {
    return fail(CHECK, `CNI chaining needs ${FIRST_REVISION_WITH_CNI} or later; too old: ${tooOld.join(", ")}.`, {
      title: "The Istio revision is too old for CNI chaining",
      evidence,
      remedy: `Upgrade the mesh to one of the revisions that the first command lists:\naz aks mesh get-upgrades ${clusterArguments(cluster)}\naz aks mesh upgrade start ${clusterArguments(cluster)} --revision REVISION`,
    });
  }
  const unreadable = revisions.filter((revision) => supportsCni(revision) === "unknown");
  if (unreadable.length > 0) {
    return warn(CHECK, `The revision name ${unreadable.join(", ")} does not have the form asm-<major>-<minor>.`, {
      title: "The Istio revision has an unknown name",
      evidence,
      remedy: `Make sure that the revision is ${FIRST_REVISION_WITH_CNI} or later.`,
    });
  }
  return pass(CHECK, `CNI chaining is supported by ${revisions.join(", ")}.`);
}
