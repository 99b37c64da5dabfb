import { CNI_CHAINING, MECHANISM_PATH } from "../contract.ts";
import { type ClusterFacts, isAutomatic, isMeshOn } from "../istio/cluster-facts.ts";
import type { Goal } from "../istio/goal.ts";
import type { Snapshot } from "../istio/observation.ts";
import { isConfirmed, redirectionOf, redirectsOtherwise, switchNeed } from "../istio/redirection.ts";
import { type CheckInfo, type CheckResult, fail, pass, unverifiable, warn } from "./check-result.ts";
import { enableCommands, switchCommand } from "./remedies.ts";

/** Whether the managed cluster's redirection mechanism is the one of the goal, by Azure's word or, where it has none, by the cluster. */
export function cniChainingEnabled(snapshot: Snapshot, goal: Goal): CheckResult {
  const { cluster } = snapshot;
  const isCni = goal.mechanism === CNI_CHAINING;
  const check: CheckInfo = {
    id: "cni-chaining-enabled",
    title: isCni ? "CNI chaining is on" : "Init containers redirect",
  };
  const provisioning = `provisioningState ${cluster.provisioningState || "not given"}`;
  if (!isMeshOn(cluster)) {
    if (!isCni) return pass(check, `The mesh is off, so nothing redirects traffic (${provisioning}).`);
    return fail(check, "The mesh is off, so nothing redirects traffic.", {
      title: "Nothing redirects traffic",
      explainedBy: [["mesh-enabled"]],
      evidence: evidence(snapshot, goal),
      remedy: `Enable the mesh first:\n${enableCommands(cluster).join("\n")}`,
    });
  }
  const { mechanism, source } = redirectionOf(snapshot);
  const apply = `Run this action with mode: ${isCni ? "apply" : "disable"}`;
  if (mechanism === "") {
    return unverifiable(check, {
      why: `Azure does not say how the mesh redirects, and the cluster does not show it: ${whyNotShown(snapshot)}`,
      remedy: `${apply}, which sets the mechanism, or set it:\n${switchCommand(cluster, goal.mechanism)}`,
    }, [["injector-configured", "cni-daemonset-ready"]]);
  }
  if (redirectsOtherwise(snapshot, goal.mechanism)) {
    return fail(check, `The mesh redirects by ${mechanism} instead of ${goal.mechanism} (${provisioning}).`, {
      title: isCni ? "CNI chaining is off" : "CNI chaining is still on",
      evidence: evidence(snapshot, goal),
      remedy: `${apply}, or switch it yourself.${isCni ? " If the value changes back later, find the tool that sets it, such as terraform apply." : ""}\n${switchCommand(cluster, goal.mechanism)}`,
    });
  }
  const { needed, reason } = switchNeed(snapshot, goal.mechanism);
  if (needed) {
    return fail(check, `Azure names ${mechanism}, but the last operation did not succeed, and the cluster does not show it (${provisioning}).`, {
      title: isCni ? "CNI chaining did not take effect" : "Init containers did not take effect",
      evidence: evidence(snapshot, goal),
      remedy: `${apply}, which writes it again.`,
    });
  }
  if (!isConfirmed(snapshot, goal.mechanism)) {
    return warn(check, `The mechanism is not confirmed: ${reason}.`, {
      title: "The redirection mechanism is not confirmed yet",
      evidence: evidence(snapshot, goal),
      remedy: "Check again after the operation has ended.",
    });
  }
  if (!isCni && isAutomatic(cluster)) {
    return warn(check, "The mesh redirects by InitContainers, but AKS Automatic refuses istio-init, so no pod can be injected.", {
      title: "AKS Automatic refuses init containers",
      evidence: [`sku: ${cluster.sku}`, ...evidence(snapshot, goal)],
      remedy: "Use CNI chaining on AKS Automatic.",
    });
  }
  if (source === "azure") return pass(check, `The mesh redirects by ${mechanism} (${provisioning}).`);
  const shownBy = source === "cluster" ? "as the injectors and the CNI agent show" : "the default of its revisions";
  return pass(check, `The mesh redirects by ${mechanism}, ${shownBy}; Azure does not name it (${provisioning}).`);
}

/** Why the injectors and the CNI agent show no mechanism, as a sentence. */
function whyNotShown({ observation }: Snapshot): string {
  if (!observation.seen) return observation.why;
  const { injectors, daemonSet } = observation.value;
  if (!injectors.seen) return injectors.why;
  if (!daemonSet.seen) return daemonSet.why;
  return "the injectors and the DaemonSet of the CNI agent do not agree.";
}

function evidence(snapshot: Snapshot, goal: Goal): readonly string[] {
  const { redirectionMechanism } = snapshot.cluster.mesh;
  const { mechanism } = redirectionOf(snapshot);
  const meaning = mechanism === "" ? "" : `, which means ${mechanism} here`;
  return [
    MECHANISM_PATH.join("."),
    `expected ${goal.mechanism}`,
    `found ${redirectionMechanism || `not set${meaning}`}`,
    ...lastChange(snapshot.cluster),
  ];
}

/** Who wrote the cluster last. Azure does not record which property that write changed. */
function lastChange({ lastChange: { by, byType, at }, toolTags }: ClusterFacts): readonly string[] {
  const who = by === "" ? [] : [`last write to the cluster, of this or another property: by ${by}${byType === "" ? "" : ` (${byType})`}${at === "" ? "" : ` at ${at}`} (systemData)`];
  const tags = toolTags.length === 0 ? [] : [`tags that name a tool: ${toolTags.join(", ")}`];
  return [...who, ...tags];
}
