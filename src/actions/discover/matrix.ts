/** Job matrices of clusters and of batches, as a workflow uses them. Pure. */
import type { ListedCluster } from "./listed-cluster.ts";
import type { ListGap } from "./list-clusters.ts";

/** One job of the matrix. */
export interface MatrixEntry {
  /** The resource ID: the input `cluster` of the main action. */
  readonly cluster: string;
  readonly name: string;
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

/** The file with all clusters: a matrix, and what could not be listed. */
export interface ClusterFile extends Matrix<MatrixEntry> {
  readonly gaps: readonly ListGap[];
}

export function matrixOf(clusters: readonly ListedCluster[]): Matrix<MatrixEntry> {
  return {
    include: clusters.map(({ id, name, resourceGroup, subscriptionId, location, sku, isPrivate }) => ({
      cluster: id,
      name,
      "resource-group": resourceGroup,
      "subscription-id": subscriptionId,
      location,
      sku,
      private: isPrivate,
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
