/** The clusters that should have a report: the matrix that discover writes, as an output or as a file. */
import { clusterParts, resourceId } from "../../azure/resource-id.ts";
import { arrayAt, at, isRecord, numberAt, stringMapAt, textAt, textsAt } from "../../lib/json.ts";

export interface ExpectedClusters {
  /** Resource IDs. */
  readonly clusters: readonly string[];
  /** Subscriptions that could not be listed, and why. */
  readonly gaps: readonly Gap[];
  /** Resource IDs of the clusters in other batches. */
  readonly otherBatches: readonly string[];
  /** The number of the batch; undefined: all clusters. */
  readonly batch: number | undefined;
  /** What was left out, and where; undefined in a matrix without it, such as the output of discover. */
  readonly scope: ListScope | undefined;
  /** Names of subscriptions by their IDs in lower case; without those that are not known. */
  readonly subscriptionNames: ReadonlyMap<string, string>;
  /** The cloud, such as `AzureCloud`; empty if it is not known. */
  readonly azureEnvironment: string;
}

/** A subscription that could not be listed, completely or in part. Texts may be empty but for the reason. */
export interface Gap {
  readonly subscriptionId: string;
  readonly reason: string;
  readonly remedy: string;
}

/** What a list covers. */
export interface ListScope {
  /** The subscriptions that were listed, in lower case. */
  readonly subscriptions: ReadonlySet<string>;
  /** Whether the input subscriptions of discover names them, or they are those that the identity sees. */
  readonly subscriptionsFrom: "input" | "identity";
  /** Clusters that were listed and do not match the filter, by resource ID in lower case. */
  readonly excluded: ReadonlyMap<string, ExcludedCluster>;
}

export interface ExcludedCluster {
  readonly hasMesh: boolean;
  /** The inputs of discover that the cluster does not match. */
  readonly inputs: readonly string[];
}

/** Reads the matrix; undefined if it is not a matrix, or an entry has no valid resource ID. */
export function readExpectedClusters(matrix: unknown): ExpectedClusters | undefined {
  if (!isRecord(matrix) || !Array.isArray(at(matrix, "include"))) return undefined;
  const clusters = idsOf(arrayAt(matrix, "include").map((entry) => textAt(entry, "cluster")));
  const otherBatches = idsOf(textsAt(matrix, "otherBatches"));
  if (clusters === undefined || otherBatches === undefined) return undefined;
  return {
    clusters,
    gaps: arrayAt(matrix, "gaps").map((gap) => ({ subscriptionId: textAt(gap, "subscriptionId"), reason: textAt(gap, "reason"), remedy: textAt(gap, "remedy") })),
    otherBatches,
    batch: numberAt(matrix, "batch"),
    scope: scopeOf(matrix),
    subscriptionNames: new Map(Object.entries(stringMapAt(matrix, "subscriptionNames")).map(([id, name]) => [id.toLowerCase(), name])),
    azureEnvironment: textAt(matrix, "azureEnvironment"),
  };
}

/** Resource IDs in the letter case of Azure's documentation; undefined if one is not valid. */
function idsOf(texts: readonly string[]): readonly string[] | undefined {
  const ids: string[] = [];
  for (const text of texts) {
    const parts = clusterParts(text);
    if (parts === undefined) return undefined;
    ids.push(resourceId(parts));
  }
  return ids;
}

function scopeOf(matrix: unknown): ListScope | undefined {
  const subscriptionsFrom = textAt(matrix, "subscriptionsFrom");
  if (subscriptionsFrom !== "input" && subscriptionsFrom !== "identity") return undefined;
  return {
    subscriptions: new Set(textsAt(matrix, "subscriptions").map((id) => id.toLowerCase())),
    subscriptionsFrom,
    excluded: new Map(arrayAt(matrix, "excluded").map((entry) => [textAt(entry, "cluster").toLowerCase(), { hasMesh: textAt(entry, "mesh") === "on", inputs: textsAt(entry, "inputs") }])),
  };
}
