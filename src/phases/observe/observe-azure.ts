/** Looks at Azure: the cluster and the preview flag. The inside of the cluster: `observe-mesh.ts`. */
import { FEATURE_NAME, type FeatureReading, type PreviewFeature } from "../../azure/preview-feature.ts";
import type { ClusterReading, ManagedCluster } from "../../azure/managed-cluster.ts";
import { readClusterFacts } from "../../istio/cluster-facts.ts";
import type { ClusterFacts } from "../../istio/observation.ts";

/** The cluster and the flag, read at once. `never` leaves the flag alone. */
export async function observeAzure(
  cluster: ManagedCluster,
  feature: PreviewFeature | undefined,
): Promise<{ readonly reading: ClusterReading; readonly facts: ClusterFacts; readonly feature: FeatureReading }> {
  const unread: FeatureReading = { name: FEATURE_NAME, state: "Unknown", why: "register-feature is never." };
  const flag = feature?.read();
  // Where the cluster cannot be read, nobody waits for the flag's answer any more.
  flag?.catch(() => undefined);
  const reading = await cluster.read();
  return { reading, facts: readClusterFacts(reading.body), feature: (await flag) ?? unread };
}

/** What Azure said last of the cluster, in whatever step; undefined where it was never read. */
export function latestFacts(cluster: ManagedCluster): ClusterFacts | undefined {
  return cluster.latest === undefined ? undefined : readClusterFacts(cluster.latest.body);
}
