/** The clusters of the previous run that are not in the list of this run, and why. Pure. */
import { clusterParts } from "../../azure/resource-id.ts";
import type { ExpectedClusters } from "./expected-clusters.ts";

/** Why a cluster is no longer in the list. Sight of it was lost for the first four, or its mesh is off; the others are changes that somebody made. */
export type VanishReason = "subscription-not-visible" | "subscription-not-listed" | "mesh-off" | "unknown" | "not-matching" | "subscription-not-selected" | "deleted";

/** The reasons that count as vanished: the cluster may still be there, with nobody checking it, or it has lost its mesh. */
const LOST: readonly VanishReason[] = ["subscription-not-visible", "subscription-not-listed", "mesh-off", "unknown"];

export interface VanishedCluster {
  /** The resource ID in the letter case of Azure's documentation. */
  readonly id: string;
  readonly name: string;
  readonly resourceGroup: string;
  readonly subscriptionId: string;
  readonly reason: VanishReason;
  /** The reason as a sentence. */
  readonly why: string;
  /** Whether the step fails for it: sight of the cluster was lost, or its mesh was switched off. */
  readonly isLost: boolean;
}

/**
 * Compares the clusters of the previous run with the list of this one. Of several batches, the first one compares the whole fleet:
 * clusters change batches, and the last batch of the previous run may not exist any more.
 *
 * @param known resource IDs of the clusters of the previous run, in all batches
 * @param present resource IDs in lower case of the clusters that have a report
 * @returns the lost ones first; each group by resource ID
 */
export function vanishedClusters(known: Iterable<string>, present: ReadonlySet<string>, expected: ExpectedClusters | undefined): readonly VanishedCluster[] {
  if ((expected?.batch ?? 1) > 1) return [];
  const listed = new Set([...(expected?.clusters ?? []), ...(expected?.otherBatches ?? [])].map((id) => id.toLowerCase()));
  const vanished = new Map<string, VanishedCluster>();
  for (const id of known) {
    const key = id.toLowerCase();
    const parts = clusterParts(id);
    if (parts === undefined || present.has(key) || listed.has(key)) continue;
    const { reason, why } = explain(key, parts.subscriptionId.toLowerCase(), expected);
    vanished.set(key, { ...parts, id, reason, why, isLost: LOST.includes(reason) });
  }
  return [...vanished].sort(([a, left], [b, right]) => Number(right.isLost) - Number(left.isLost) || (a < b ? -1 : 1)).map(([, cluster]) => cluster);
}

function explain(key: string, subscriptionId: string, expected: ExpectedClusters | undefined): Pick<VanishedCluster, "reason" | "why"> {
  if (expected === undefined) return { reason: "unknown", why: "It has no report. Set the input expected, so that the reason can be found out." };
  const { scope, gaps } = expected;
  const gap = gaps.find((each) => each.subscriptionId === "" || each.subscriptionId.toLowerCase() === subscriptionId);
  if (gap !== undefined && scope?.excluded.has(key) !== true) return { reason: "subscription-not-listed", why: `Its subscription could not be listed completely: ${gap.reason}` };
  if (scope === undefined) return { reason: "unknown", why: "It is not in the list of clusters, which does not say why. Set the input expected to the file that discover writes." };
  const excluded = scope.excluded.get(key);
  if (excluded !== undefined) {
    return excluded.inputs.includes("mesh") && !excluded.hasMesh
      ? { reason: "mesh-off", why: "The managed mesh is off." }
      : { reason: "not-matching", why: `It no longer matches ${excluded.inputs.join(", ")}.` };
  }
  if (scope.subscriptions.has(subscriptionId)) return { reason: "deleted", why: "It was deleted or moved: its subscription was listed completely, and the cluster is not in it." };
  return scope.subscriptionsFrom === "input"
    ? { reason: "subscription-not-selected", why: "The input subscriptions of discover no longer names its subscription." }
    : { reason: "subscription-not-visible", why: "The identity no longer sees its subscription: it lost its role there, or the subscription was deleted or moved." };
}
