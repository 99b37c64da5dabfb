import { CNI_CHAINING, MECHANISM_PATH } from "../contract.ts";
import { type ClusterFacts, effectiveMechanism, isMeshOn, redirectsBy } from "../istio/cluster-facts.ts";
import type { Snapshot } from "../istio/observation.ts";
import { clusterArguments } from "./remedies.ts";
import { fail, type CheckResult, pass, type CheckInfo, warn } from "./check-result.ts";
import type { Goal } from "../istio/goal.ts";

/** Whether Azure's own record of the mesh names the mechanism that is wanted. */
export function cniChainingEnabled({ cluster }: Snapshot, goal: Goal): CheckResult {
  const isCni = goal.mechanism === CNI_CHAINING;
  const subject: CheckInfo = {
    id: "cni-chaining-enabled",
    title: isCni ? "CNI chaining is on in Azure" : "Init containers redirect, according to Azure",
  };
  const provisioning = `provisioningState ${cluster.provisioningState || "not given"}`;
  const isOff = !isMeshOn(cluster);
  if (isOff && isCni) {
    return fail(subject, "The mesh is off, so nothing redirects traffic.", {
      evidence: evidence(cluster, goal),
      remedy: `Turn the mesh on first: az aks mesh enable ${clusterArguments(cluster)}`,
    });
  }
  if (!redirectsBy(cluster, goal.mechanism)) {
    return fail(subject, `The mesh redirects by ${effectiveMechanism(cluster)} and not by ${goal.mechanism} (${provisioning}).`, {
      evidence: evidence(cluster, goal),
      remedy: isCni
        ? "Run this with mode: apply, and look for whatever sets it back, such as terraform apply."
        : "Run this with mode: disable.",
    });
  }
  if (!isCni && cluster.sku.toLowerCase().startsWith("automatic")) {
    return warn(subject, "The mesh redirects by InitContainers, and AKS Automatic refuses istio-init: nothing can be injected.", {
      evidence: [`sku: ${cluster.sku}`, ...evidence(cluster, goal)],
      remedy: "Use CNI chaining on AKS Automatic.",
    });
  }
  if (isOff) return pass(subject, `The mesh is off, so nothing redirects traffic (${provisioning}).`);
  return pass(subject, `The mesh redirects by ${goal.mechanism} (${provisioning}).`);
}

function evidence(cluster: ClusterFacts, goal: Goal): readonly string[] {
  return [
    MECHANISM_PATH.join("."),
    `expected ${goal.mechanism}`,
    `found ${cluster.mesh.redirectionMechanism || "nothing, which means InitContainers"}`,
    ...lastChange(cluster),
  ];
}

/** What Azure tells of who wrote the cluster last. It does not tell what that write changed, and neither does this. */
function lastChange({ lastChange: { by, byType, at }, toolTags }: ClusterFacts): readonly string[] {
  const who = by === "" ? [] : [`last write to the cluster, whatever it changed: by ${by}${byType === "" ? "" : ` (${byType})`}${at === "" ? "" : ` at ${at}`} (systemData)`];
  const tags = toolTags.length === 0 ? [] : [`tags that name a tool: ${toolTags.join(", ")}`];
  return [...who, ...tags];
}
