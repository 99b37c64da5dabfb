/** Observes Azure: the managed cluster and the preview feature. The inside of the cluster: `observe-cluster.ts`. */
import type { ClusterReading, ManagedCluster } from "../../azure/managed-cluster.ts";
import { FEATURE_NAME, type FeatureReading, type PreviewFeature } from "../../azure/preview-feature.ts";
import { type ClusterFacts, readClusterFacts } from "../../istio/cluster-facts.ts";

/**
 * Reads the cluster and the preview feature in parallel.
 *
 * @param feature undefined if `register-feature` is `never`: then the feature is not read
 * @throws ServiceError if the cluster cannot be read
 */
export async function observeAzure(
  cluster: ManagedCluster,
  feature: PreviewFeature | undefined,
): Promise<{ readonly reading: ClusterReading; readonly facts: ClusterFacts; readonly feature: FeatureReading }> {
  const unread: FeatureReading = { name: FEATURE_NAME, state: "Unknown", why: "register-feature is never." };
  const flag = feature?.read();
  // If the cluster cannot be read, nothing awaits this promise: handle its rejection here.
  flag?.catch(() => undefined);
  const reading = await cluster.read();
  return { reading, facts: readClusterFacts(reading.body), feature: (await flag) ?? unread };
}
