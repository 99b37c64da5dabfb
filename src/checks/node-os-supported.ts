import { CNI_CHAINING } from "../contract.ts";
import type { AgentPoolFacts } from "../istio/cluster-facts.ts";
import type { Goal } from "../istio/goal.ts";
import type { Snapshot } from "../istio/observation.ts";
import { type CheckInfo, type CheckResult, pass, skip, warn } from "./check-result.ts";

const CHECK: CheckInfo = { id: "node-os-supported", title: "Node pools can run the CNI agent" };

/** Whether there are Linux node pools, and whether their operating system is a release that the CNI agent supports. */
export function nodeOsSupported({ cluster }: Snapshot, goal: Goal): CheckResult {
  if (goal.mechanism !== CNI_CHAINING) return skip(CHECK, "Init containers do not need the CNI agent.");
  const pools = cluster.agentPools;
  // An empty list proves nothing: node autoprovisioning creates nodes that belong to no pool in it.
  if (pools.length === 0) return skip(CHECK, "Azure lists no node pools.");

  const linux = pools.filter((pool) => pool.osType.toLowerCase() !== "windows");
  if (linux.length === 0) {
    return warn(CHECK, "Every node pool runs Windows, and the CNI agent does not run on Windows.", {
      title: "Every node pool runs Windows",
      evidence: pools.map(describe),
      remedy: "Add a Linux node pool for the workloads of the mesh.",
    });
  }
  const outdated = linux.filter(isUbuntu2004);
  if (outdated.length > 0) {
    return warn(CHECK, `Ubuntu 20.04 is no longer supported: ${outdated.map((pool) => pool.name).join(", ")}.`, {
      title: "Node pools run Ubuntu 20.04",
      evidence: outdated.map(describe),
      remedy: "Upgrade the node image, or move the pool to a newer Ubuntu or to Azure Linux.",
    });
  }
  const windowsNote = pools.length > linux.length ? "; the mesh does not cover the Windows pools" : "";
  return pass(CHECK, `${linux.length} of ${pools.length} node pools run Linux${windowsNote}.`);
}

function isUbuntu2004(pool: AgentPoolFacts): boolean {
  return pool.osSku.toLowerCase() === "ubuntu2004" || pool.nodeImageVersion.includes("2004");
}

function describe(pool: AgentPoolFacts): string {
  const parts = [pool.osType, pool.osSku, pool.nodeImageVersion].filter((part) => part !== "");
  return `node pool ${pool.name}: ${parts.join(", ")}`;
}
