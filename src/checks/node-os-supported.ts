import { CNI_CHAINING } from "../contract.ts";
import type { Snapshot } from "../istio/observation.ts";
import { type CheckResult, pass, skip, type CheckInfo, warn } from "./check-result.ts";
import type { AgentPoolFacts } from "../istio/cluster-facts.ts";
import type { Goal } from "../istio/goal.ts";

const SUBJECT: CheckInfo = { id: "node-os-supported", title: "Node pools can run the CNI node agent" };

/** Whether there are Linux nodes of a release on which the node agent works. */
export function nodeOsSupported({ cluster }: Snapshot, goal: Goal): CheckResult {
  if (goal.mechanism !== CNI_CHAINING) return skip(SUBJECT, "Init containers need no node agent.");
  const pools = cluster.agentPools;
  // Node autoprovisioning makes nodes that belong to no pool in this list, so an empty one proves nothing.
  if (pools.length === 0) return skip(SUBJECT, "Azure lists no node pools.");

  const linux = pools.filter((pool) => pool.osType.toLowerCase() !== "windows");
  if (linux.length === 0) {
    return warn(SUBJECT, "Every node pool runs Windows, where the CNI node agent does not run.", {
      evidence: pools.map(describe),
      remedy: "Add a Linux node pool for the workloads of the mesh.",
    });
  }
  const outdated = linux.filter(isUbuntu2004);
  if (outdated.length > 0) {
    return warn(SUBJECT, `Ubuntu 20.04 is no longer supported: ${outdated.map((pool) => pool.name).join(", ")}.`, {
      evidence: outdated.map(describe),
      remedy: "Upgrade the node image, or move the pool to a newer Ubuntu or Azure Linux.",
    });
  }
  const windows = pools.length - linux.length;
  return pass(
    SUBJECT,
    `${linux.length} of ${pools.length} node pools run Linux${windows > 0 ? "; the mesh does not reach the Windows ones" : ""}.`,
  );
}

function isUbuntu2004(pool: AgentPoolFacts): boolean {
  return pool.osSku.toLowerCase() === "ubuntu2004" || pool.nodeImageVersion.includes("2004");
}

function describe(pool: AgentPoolFacts): string {
  const parts = [pool.osType, pool.osSku, pool.nodeImageVersion].filter((part) => part !== "");
  return `node pool ${pool.name}: ${parts.join(", ")}`;
}
