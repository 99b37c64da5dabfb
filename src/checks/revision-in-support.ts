import { isMeshOn } from "../istio/cluster-facts.ts";
import { compareRevisions, newestRevision, parseRevision } from "../istio/injection/revisions.ts";
import type { Snapshot } from "../istio/observation.ts";
import { type CheckInfo, type CheckResult, pass, skip, warn } from "./check-result.ts";
import { shellWord } from "../lib/remedy.ts";
import { clusterArguments } from "./remedies.ts";

const CHECK: CheckInfo = { id: "revision-in-support", title: "AKS supports the Istio revision" };

/** The oldest revision in support when this version of the action was made. Source: AKS release of 2026-09-04. */
const OLDEST_SUPPORTED = "asm-1-29";

/** Whether AKS still supports every installed revision. It may refuse changes of a cluster whose revision is out of support. */
export function revisionInSupport({ cluster, supportedRevisions }: Snapshot): CheckResult {
  const { revisions } = cluster.mesh;
  if (!isMeshOn(cluster) || revisions.length === 0) return skip(CHECK, "No Istio revision is installed.");
  const supported = supportedRevisions?.seen === true && supportedRevisions.value.length > 0 ? supportedRevisions.value : undefined;
  const listed = supported?.map(({ revision }) => revision);
  const outOfSupport = revisions.filter((revision) => (listed === undefined ? isOlder(revision) : isBefore(revision, listed)));
  const basis = listed === undefined ? `the oldest in support was ${OLDEST_SUPPORTED} in September 2026` : `in support in ${cluster.location}: ${listed.join(", ")}`;
  if (outOfSupport.length === 0) return pass(CHECK, `AKS supports ${revisions.join(", ")} (${basis}).`);
  const upgrades = supported?.find(({ revision }) => outOfSupport.includes(revision))?.upgrades ?? listed ?? [];
  const target = shellWord(newestRevision(upgrades) ?? "", "revision");
  return warn(CHECK, `AKS no longer supports ${outOfSupport.join(", ")} (${basis}). It may refuse changes of the cluster.`, {
    title: "AKS no longer supports the Istio revision",
    // The upgrade that a revision without CNI chaining needs mends this too.
    explainedBy: [["revision-supported"]],
    evidence: supportedRevisions?.seen === false ? [`The list of supported revisions could not be read: ${supportedRevisions.why}`] : [],
    remedy: `Upgrade the mesh, one of the revisions that the first command lists at a time:\naz aks mesh get-upgrades ${clusterArguments(cluster)}\naz aks mesh upgrade start ${clusterArguments(cluster)} --revision ${target}`,
  });
}

/** Whether a revision is older than all that are listed. One that is newer, or whose name cannot be compared, may be too new for the list. */
function isBefore(revision: string, listed: readonly string[]): boolean {
  if (listed.includes(revision)) return false;
  return listed.every((other) => isOlder(revision, other));
}

function isOlder(revision: string, than = OLDEST_SUPPORTED): boolean {
  const [a, b] = [parseRevision(revision), parseRevision(than)];
  return a !== undefined && b !== undefined && compareRevisions(a, b) < 0;
}
