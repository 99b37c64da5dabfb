/** Job matrices of clusters and of batches, as a workflow uses them. Pure. */
import { labelsFor } from "../cluster-label.ts";
import type { FilterInput } from "./cluster-filter.ts";
import type { ClusterList, ListGap } from "./list-clusters.ts";
import type { ListedCluster } from "./listed-cluster.ts";

/** One job of the matrix. */
export interface MatrixEntry {
  /** The resource ID: the input `cluster` of the main action. */
  readonly cluster: string;
  readonly name: string;
  /** The name, with resource group and subscription if another cluster of the list has the same one; for the name of the job. */
  readonly label: string;
  readonly "resource-group": string;
  readonly "subscription-id": string;
  readonly location: string;
  readonly sku: string;
  readonly private: boolean;
}

/** One batch. Its number is the input `batch` of the run that lists its clusters. */
export interface BatchEntry {
  readonly batch: number;
  readonly clusters: number;
  /** Resource IDs of its first and last cluster. */
  readonly first: string;
  readonly last: string;
}

export interface Matrix<Entry> {
  readonly include: readonly Entry[];
}

/**
 * The file with the clusters: a matrix, and everything by which fleet-summary finds out why a cluster of the previous run is not in it.
 */
export interface ClusterFile extends Matrix<MatrixEntry> {
  readonly gaps: readonly ListGap[];
  /** The subscriptions that were listed, or should have been. */
  readonly subscriptions: readonly string[];
  /** Names by IDs in lower case, as far as they are known. */
  readonly subscriptionNames: Readonly<Record<string, string>>;
  /** The cloud, such as `AzureCloud`. */
  readonly azureEnvironment: string;
  readonly subscriptionsFrom: ClusterList["subscriptionsFrom"];
  /** Clusters that do not match the filter, and the inputs that they do not match. */
  readonly excluded: readonly { readonly cluster: string; readonly mesh: "on" | "off"; readonly inputs: readonly FilterInput[] }[];
  /** The number of the batch; absent for all clusters. */
  readonly batch?: number;
  /** Resource IDs of the clusters in other batches. */
  readonly otherBatches: readonly string[];
}

/** The clusters of one batch. */
export interface Batch {
  readonly number: number;
  readonly clusters: readonly ListedCluster[];
}

/** The file of a list, or of one batch of it. @param azureEnvironment the input of discover */
export function clusterFile({ clusters, excluded, gaps, subscriptions, subscriptionNames, subscriptionsFrom }: ClusterList, azureEnvironment: string, batch?: Batch): ClusterFile {
  const inBatch = new Set(batch?.clusters ?? clusters);
  return {
    ...matrixOf([...inBatch], clusters),
    gaps,
    subscriptions,
    subscriptionNames: Object.fromEntries(subscriptionNames),
    azureEnvironment,
    subscriptionsFrom,
    excluded: excluded.map(({ cluster, inputs }) => ({ cluster: cluster.id, mesh: cluster.hasMesh ? "on" : "off", inputs })),
    ...(batch === undefined ? {} : { batch: batch.number }),
    otherBatches: clusters.filter((cluster) => !inBatch.has(cluster)).map(({ id }) => id),
  };
}

/** The matrix of these clusters. @param all the clusters of all batches */
export function matrixOf(clusters: readonly ListedCluster[], all: readonly ListedCluster[]): Matrix<MatrixEntry> {
  const label = labelsFor(all);
  return {
    include: clusters.map((cluster) => ({
      cluster: cluster.id,
      name: cluster.name,
      label: label(cluster),
      "resource-group": cluster.resourceGroup,
      "subscription-id": cluster.subscriptionId,
      location: cluster.location,
      sku: cluster.sku,
      private: cluster.isPrivate,
    })),
  };
}

/** The clusters of a batch, counted from 1; empty after the last batch. */
export function sliceOf(clusters: readonly ListedCluster[], batch: number, size: number): readonly ListedCluster[] {
  return clusters.slice((batch - 1) * size, batch * size);
}

export function batchesOf(clusters: readonly ListedCluster[], size: number): Matrix<BatchEntry> {
  const count = Math.ceil(clusters.length / size);
  return {
    include: Array.from({ length: count }, (_, index) => {
      const slice = sliceOf(clusters, index + 1, size);
      return { batch: index + 1, clusters: slice.length, first: slice[0]?.id ?? "", last: slice.at(-1)?.id ?? "" };
    }),
  };
}
