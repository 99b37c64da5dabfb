/** Lists the clusters of all subscriptions, a few subscriptions at a time. */
import { listSubscriptionClusters, listSubscriptions } from "../../azure/cluster-list.ts";
import { ApiVersion } from "../../azure/api-version.ts";
import type { ArmClient } from "../../azure/arm-client.ts";
import { explain } from "../../lib/errors.ts";
import { GUID } from "../../azure/resource-id.ts";
import { textAt } from "../../lib/json.ts";
import { fillPlaceholders, type PlaceholderValues } from "../../lib/remedy.ts";
import type { RunContext } from "../../lib/run-context.ts";
import type { DiscoverConfig } from "./inputs.ts";
import { type FilterInput, mismatches } from "./cluster-filter.ts";
import { type ListedCluster, readListedCluster } from "./listed-cluster.ts";

/** A subscription whose list of clusters is incomplete, and why. */
export interface ListGap {
  readonly subscriptionId: string;
  readonly reason: string;
  /** What to do about it; empty if there is no known remedy. */
  readonly remedy: string;
}

/** A cluster that was listed and does not match the filter. */
export interface ExcludedCluster {
  readonly cluster: ListedCluster;
  /** The inputs that it does not match. */
  readonly inputs: readonly FilterInput[];
}

/** The result of a listing. */
export interface ClusterList {
  /** The clusters that match the filter, without duplicates, ordered by subscription, resource group and name. */
  readonly clusters: readonly ListedCluster[];
  /** The other clusters, in the same order. */
  readonly excluded: readonly ExcludedCluster[];
  /** How many clusters were listed. */
  readonly seen: number;
  readonly subscriptions: readonly string[];
  /** Their names by their IDs in lower case, as far as they were listed: those that the input names are not. */
  readonly subscriptionNames: ReadonlyMap<string, string>;
  /** Whether the input subscriptions names them, or they are those that the identity sees. */
  readonly subscriptionsFrom: "input" | "identity";
  readonly gaps: readonly ListGap[];
}

/** What the remedies of a list do not name. */
const UNKNOWN: PlaceholderValues = { GROUP: "", CLUSTER: "", SUBSCRIPTION: "", CLUSTER_ID: "", LOCATION: "", CORRELATION_ID: "" };

/** How many subscriptions are listed at a time. Lists are throttled per subscription, and all requests per identity. */
const PARALLEL_LISTS = 6;

/**
 * Lists the clusters of each subscription. A subscription that cannot be listed is a gap; the others are listed all the same.
 *
 * @throws ServiceError if the subscriptions themselves cannot be listed
 * @throws the reason of the run's abort signal (cancelled, deadline)
 */
export async function listClusters(arm: ArmClient, config: DiscoverConfig, context: RunContext): Promise<ClusterList> {
  const { subscriptions: given, filter } = config;
  const gaps: ListGap[] = [];
  const subscriptionsFrom = given.length > 0 ? "input" : "identity";
  const subscriptionNames = subscriptionsFrom === "input" ? new Map<string, string>() : await visibleSubscriptions(arm, gaps);
  const subscriptions = subscriptionsFrom === "input" ? given : [...subscriptionNames.keys()].sort(compare);
  context.log.info(`${subscriptions.length} subscriptions${subscriptionsFrom === "input" ? "" : " that the identity can list"}`);

  const found = new Map<string, ListedCluster>();
  const waiting = [...subscriptions];
  const apiVersion = new ApiVersion(arm, context.log);
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const subscriptionId = next;
      try {
        const entries = await listSubscriptionClusters(arm, apiVersion, subscriptionId);
        for (const entry of entries) {
          const cluster = readListedCluster(entry, subscriptionId);
          if ("problem" in cluster) gaps.push({ subscriptionId, reason: `${cluster.problem}.`, remedy: "" });
          // If the list changes while it is read, a cluster can be on two pages.
          else found.set(cluster.id.toLowerCase(), cluster);
        }
        context.log.info(`subscription ${subscriptionId}: ${entries.length} clusters`);
      } catch (error) {
        context.signal.throwIfAborted();
        const { doing, message, remedy } = explain(error);
        context.log.warning(`${doing}: ${message}`);
        gaps.push({ subscriptionId, reason: message, remedy: fillPlaceholders(remedy, { ...UNKNOWN, SUBSCRIPTION: subscriptionId }) });
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_LISTS }, work));

  const compared = [...found.values()].sort(inOrder).map((cluster) => ({ cluster, inputs: mismatches(cluster, filter) }));
  const clusters = compared.filter(({ inputs }) => inputs.length === 0).map(({ cluster }) => cluster);
  const excluded = compared.filter(({ inputs }) => inputs.length > 0);
  return { clusters, excluded, seen: found.size, subscriptions, subscriptionNames, subscriptionsFrom, gaps: gaps.sort((a, b) => compare(a.subscriptionId, b.subscriptionId)) };
}

/** The names of the subscriptions that the identity can list, by their IDs in lower case, without deleted ones. Disabled ones can still be read. */
async function visibleSubscriptions(arm: ArmClient, gaps: ListGap[]): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for (const entry of await listSubscriptions(arm)) {
    const id = textAt(entry, "subscriptionId").toLowerCase();
    if (!GUID.test(id)) gaps.push({ subscriptionId: "", reason: "the list of subscriptions has an entry without an ID.", remedy: "" });
    else if (textAt(entry, "state") !== "Deleted") names.set(id, textAt(entry, "displayName"));
  }
  return names;
}

function inOrder(a: ListedCluster, b: ListedCluster): number {
  return compare(sortKey(a), sortKey(b));
}

/** The sort key. A space sorts before every character of a name, so that `rg a` comes before `rg-1 a`. */
function sortKey({ subscriptionId, resourceGroup, name }: ListedCluster): string {
  return `${subscriptionId} ${resourceGroup} ${name}`.toLowerCase();
}

/** Compares by UTF-16 code units, which is the same on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
