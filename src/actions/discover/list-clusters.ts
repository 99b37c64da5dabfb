/** Everything that the identity may list: subscriptions side by side, but not all at once. */
import { listSubscriptionClusters, listSubscriptions } from "../../azure/cluster-list.ts";
import type { ArmClient } from "../../azure/arm-client.ts";
import { explain } from "../../lib/errors.ts";
import { GUID } from "../../azure/resource-id.ts";
import { textAt } from "../../lib/json.ts";
import type { RunContext } from "../../lib/run-context.ts";
import type { DiscoverConfig } from "./inputs.ts";
import { matchesFilter } from "./cluster-filter.ts";
import { type ListedCluster, readListedCluster } from "./listed-cluster.ts";

/** A subscription whose clusters are not all known, and why. */
export interface ListGap {
  readonly subscriptionId: string;
  readonly reason: string;
  /** What to do about it; empty where nobody knows. */
  readonly remedy: string;
}

export interface ClusterList {
  /** The wanted ones, each once, by subscription, resource group and name. */
  readonly clusters: readonly ListedCluster[];
  /** How many clusters were looked at. */
  readonly seen: number;
  readonly subscriptions: readonly string[];
  readonly gaps: readonly ListGap[];
}

/** So many subscriptions are listed at a time: lists are throttled by subscription, and Resource Manager by identity. */
const AT_A_TIME = 6;

/**
 * Lists the clusters of each subscription. One that cannot be listed is a gap; the others go on.
 *
 * @throws ServiceError where the subscriptions themselves cannot be listed
 * @throws the run's own end (cancelled, deadline)
 */
export async function listClusters(arm: ArmClient, config: DiscoverConfig, context: RunContext): Promise<ClusterList> {
  const { subscriptions: given, filter: wanted } = config;
  const gaps: ListGap[] = [];
  const subscriptions = given.length > 0 ? given : await visibleSubscriptions(arm, gaps);
  context.log.info(`${subscriptions.length} subscriptions${given.length > 0 ? "" : " that the identity sees"}`);

  const found = new Map<string, ListedCluster>();
  const waiting = [...subscriptions];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const subscriptionId = next;
      try {
        const entries = await listSubscriptionClusters(arm, subscriptionId);
        for (const entry of entries) {
          const cluster = readListedCluster(entry, subscriptionId);
          if ("problem" in cluster) gaps.push({ subscriptionId, reason: `${cluster.problem}.`, remedy: "" });
          // A list that changes while it is read may show a cluster on two pages.
          else found.set(cluster.id.toLowerCase(), cluster);
        }
        context.log.info(`subscription ${subscriptionId}: ${entries.length} clusters`);
      } catch (error) {
        context.signal.throwIfAborted();
        const { doing, message, remedy } = explain(error);
        context.log.warning(`${doing}: ${message}`);
        gaps.push({ subscriptionId, reason: message, remedy });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));

  const clusters = [...found.values()].filter((cluster) => matchesFilter(cluster, wanted)).sort(inOrder);
  return { clusters, seen: found.size, subscriptions, gaps: gaps.sort((a, b) => compare(a.subscriptionId, b.subscriptionId)) };
}

/** In lower case, each once, in order. Deleted ones are gone; disabled ones can still be read. */
async function visibleSubscriptions(arm: ArmClient, gaps: ListGap[]): Promise<readonly string[]> {
  const ids = new Set<string>();
  for (const entry of await listSubscriptions(arm)) {
    const id = textAt(entry, "subscriptionId").toLowerCase();
    if (!GUID.test(id)) gaps.push({ subscriptionId: "", reason: "the list of subscriptions has an entry without an ID.", remedy: "" });
    else if (textAt(entry, "state") !== "Deleted") ids.add(id);
  }
  return [...ids].sort(compare);
}

function inOrder(a: ListedCluster, b: ListedCluster): number {
  return compare(key(a), key(b));
}

/** A space sorts before everything that a name may hold, so that `rg a` comes before `rg-1 a`. */
function key({ subscriptionId, resourceGroup, name }: ListedCluster): string {
  return `${subscriptionId} ${resourceGroup} ${name}`.toLowerCase();
}

/** By code units: the same order on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
