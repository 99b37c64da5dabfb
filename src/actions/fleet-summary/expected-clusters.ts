/** The clusters that should have a report: the matrix that discover writes, as an output or as a file. */
import { clusterParts, resourceId } from "../../azure/resource-id.ts";
import { arrayAt, at, isRecord, textAt } from "../../lib/json.ts";

export interface ExpectedClusters {
  /** Resource IDs. */
  readonly clusters: readonly string[];
  /** Subscriptions that could not be listed, and why. */
  readonly gaps: readonly { readonly subscriptionId: string; readonly reason: string }[];
}

/** Reads the matrix; undefined if it is not a matrix, or an entry has no valid resource ID. */
export function readExpectedClusters(matrix: unknown): ExpectedClusters | undefined {
  if (!isRecord(matrix) || !Array.isArray(at(matrix, "include"))) return undefined;
  const clusters: string[] = [];
  for (const entry of arrayAt(matrix, "include")) {
    const parts = clusterParts(textAt(entry, "cluster"));
    if (parts === undefined) return undefined;
    clusters.push(resourceId(parts));
  }
  return {
    clusters,
    gaps: arrayAt(matrix, "gaps").map((gap) => ({ subscriptionId: textAt(gap, "subscriptionId"), reason: textAt(gap, "reason") })),
  };
}
