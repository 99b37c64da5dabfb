/** Observes Azure: the managed cluster and the preview flag. What is inside the cluster: `observe-cluster.ts`. */
import { FEATURE_NAME, type FeatureReading, type PreviewFeature } from "../../azure/preview-feature.ts";
import type { ClusterReading, ManagedCluster } from "../../azure/managed-cluster.ts";
import { type ClusterFacts, readClusterFacts } from "../../istio/cluster-facts.ts";

/**
 * Reads the cluster and the flag in parallel.
 *
 * @param feature undefined where `register-feature` is `never`: then the flag is not read
 */
export async function observeAzure(
  cluster: ManagedCluster,
  feature: PreviewFeature | undefined,
): Promise<{ readonly reading: ClusterReading; readonly facts: ClusterFacts; readonly feature: FeatureReading }> {
  const unread: FeatureReading = { name: FEATURE_NAME, state: "Unknown", why: "register-feature is never." };
  const flag = feature?.read();
  // Where the cluster cannot be read, the flag's answer is not awaited.
  flag?.catch(() => undefined);
  const reading = await cluster.read();
  return { reading, facts: readClusterFacts(reading.body), feature: (await flag) ?? unread };
}
