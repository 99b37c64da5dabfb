import { CNI_CHAINING, MECHANISM_PATH } from "../contract.ts";
import { type ClusterFacts, effectiveMechanism, isAutomatic, isMeshOn, redirectsBy } from "../istio/cluster-facts.ts";
import type { Goal } from "../istio/goal.ts";
import type { Snapshot } from "../istio/observation.ts";
import { type CheckInfo, type CheckResult, fail, pass, warn } from "./check-result.ts";
import { clusterArguments } from "./remedies.ts";

/** Whether the managed cluster's redirection mechanism, as Azure stores it, is the one of the goal. */
export function cniChainingEnabled({ cluster }: Snapshot, goal: Goal): CheckResult {
  const isCni = goal.mechanism === CNI_CHAINING;
  const check: CheckInfo = {
    id: "cni-chaining-enabled",
    title: isCni ? "CNI chaining is on in Azure" : "Init containers redirect, according to Azure",
  };
  const provisioning = `provisioningState ${cluster.provisioningState || "not given"}`;
  const isOff = !isMeshOn(cluster);
  if (isOff && isCni) {
    return fail(check, "The mesh is off, so nothing redirects traffic.", {
      evidence: evidence(cluster, goal),
      remedy: `Enable the mesh first: az aks mesh enable ${clusterArguments(cluster)}`,
    });
  }
  if (!redirectsBy(cluster, goal.mechanism)) {
    return fail(check, `The mesh redirects by ${effectiveMechanism(cluster)} instead of ${goal.mechanism} (${provisioning}).`, {
      evidence: evidence(cluster, goal),
      remedy: isCni
        ? "Run this action with mode: apply. If the value changes back later, find the tool that sets it, such as terraform apply."
        : "Run this action with mode: disable.",
    });
  }
  if (!isCni && isAutomatic(cluster)) {
    return warn(check, "The mesh redirects by InitContainers, but AKS Automatic refuses istio-init, so no pod can be injected.", {
      evidence: [`sku: ${cluster.sku}`, ...evidence(cluster, goal)],
      remedy: "Use CNI chaining on AKS Automatic.",
    });
  }
  if (isOff) return pass(check, `The mesh is off, so nothing redirects traffic (${provisioning}).`);
  return pass(check, `The mesh redirects by ${goal.mechanism} (${provisioning}).`);
}

function evidence(cluster: ClusterFacts, goal: Goal): readonly string[] {
  return [
    MECHANISM_PATH.join("."),
    `expected ${goal.mechanism}`,
    `found ${cluster.mesh.redirectionMechanism || "nothing, which means InitContainers"}`,
    ...lastChange(cluster),
  ];
}

/** Who wrote the cluster last. Azure does not record which property that write changed. */
function lastChange({ lastChange: { by, byType, at }, toolTags }: ClusterFacts): readonly string[] {
  const who = by === "" ? [] : [`last write to the cluster, of this or another property: by ${by}${byType === "" ? "" : ` (${byType})`}${at === "" ? "" : ` at ${at}`} (systemData)`];
  const tags = toolTags.length === 0 ? [] : [`tags that name a tool: ${toolTags.join(", ")}`];
  return [...who, ...tags];
}
