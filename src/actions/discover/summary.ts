/** The job summary of discover. Pure. */
import { code, markdown } from "../../report/escape.ts";
import { count, number } from "../../lib/plural.ts";
import { utf8Bytes } from "../../report/format.ts";
import { SUMMARY_LIMIT } from "../../report/summary/summary.ts";
import { andMore, blocks, details, list, table } from "../../report/markdown.ts";
import { remedyMarkdown } from "../../report/remedy.ts";
import { joinRemedies, remedyCommands, remedyText } from "../../lib/remedy.ts";
import { reasonHead } from "../gap-reason.ts";
import type { DiscoverConfig, ClusterFilter } from "./inputs.ts";
import type { ListedCluster } from "./listed-cluster.ts";
import type { ClusterList, ExcludedCluster, ListGap } from "./list-clusters.ts";

export interface DiscoverSummary {
  readonly config: DiscoverConfig;
  readonly inventory: ClusterList;
  /** The clusters of the matrix: all, or a batch. */
  readonly clusters: readonly ListedCluster[];
  readonly batches: number;
}

/** Numbers of rows, tried in this order until the page fits. */
const ROWS = [1000, 250, 50, 0];
const GAPS = 50;
const SUBSCRIPTIONS = 200;

/** Renders the page, at most {@link SUMMARY_LIMIT} bytes. It says how many rows it leaves out. */
export function renderDiscovery(input: DiscoverSummary): string {
  for (const rows of ROWS) {
    const page = render(input, rows);
    if (utf8Bytes(page) <= SUMMARY_LIMIT) return page;
  }
  return render({ ...input, inventory: { ...input.inventory, gaps: [] } }, 0);
}

function render({ config, inventory, clusters, batches }: DiscoverSummary, rows: number): string {
  const { gaps, subscriptionNames, excluded } = inventory;
  const inBatch = config.batch === undefined ? "" : `Batch ${number(config.batch)} of ${number(batches)} has ${number(clusters.length)} of them.`;
  const rest = andMore(clusters.length - Math.min(rows, clusters.length), ", see the output matrix and the file");
  return `${blocks(
    headline(inventory),
    inBatch,
    gapsOf(gaps, subscriptionNames),
    subscriptionTable(inventory),
    details(
      clusters.length === 1 ? "The cluster" : `All ${count(clusters.length, "cluster")}`,
      clusters.length === 0 ? "" : blocks(table(["Cluster", "Resource group", "Region", "SKU", "API server"], clusters.slice(0, rows).map(row)), rest),
    ),
    excludedClusters(excluded, config.filter, rows),
  )}\n`;
}

/** The verdict: how many clusters there are to check, and where. */
function headline({ clusters, subscriptions, gaps }: ClusterList): string {
  const unlisted = new Set(gaps.map(({ subscriptionId }) => subscriptionId)).size;
  const isFine = unlisted === 0 && clusters.length > 0;
  const found = clusters.length === 0 ? "No cluster" : count(clusters.length, "cluster");
  return `## ${isFine ? "✅" : "⚠️"} ${found} to check in ${count(subscriptions.length, "subscription")}${unlisted === 0 ? "" : `, ${number(unlisted)} of them not listed completely`}`;
}

function row({ name, resourceGroup, location, sku, isPrivate }: ListedCluster): string[] {
  return [code(name), markdown(resourceGroup), markdown(location) || "not known", markdown(sku) || "not known", isPrivate ? "private" : "public"];
}

/** The name with the ID, or the ID alone. */
function subscription(id: string, names: ClusterList["subscriptionNames"]): string {
  const name = markdown(names.get(id.toLowerCase()) ?? "", 100);
  const shown = markdown(id, 100) || "not known";
  return name === "" ? shown : `${name}<br><sub>${shown}</sub>`;
}

/** What could not be listed: the subscriptions with the same reason together, what to do about it, and what came back, folded. */
function gapsOf(gaps: readonly ListGap[], names: ClusterList["subscriptionNames"]): string {
  if (gaps.length === 0) return "";
  const shown = gaps.slice(0, GAPS);
  const reasons = new Map<string, ListGap[]>();
  for (const gap of shown) {
    const head = reasonHead(gap.reason);
    reasons.set(head, [...(reasons.get(head) ?? []), gap]);
  }
  const sections = [...reasons].map(([head, group]) => {
    const ids = [...new Set(group.map(({ subscriptionId }) => subscriptionId))];
    const remedy = joinRemedies(group.map((gap) => gap.remedy));
    return blocks(
      `### ⚠️ Not listed: ${markdown(head, 500)}`,
      list(ids.map((id) => `${markdown(names.get(id.toLowerCase()) ?? "", 100)} ${code(id) || "subscription not known"}`.trim())),
      remedy === "" ? "" : `**What to do:** ${markdown(remedyText(remedy), 500)}`,
      remedyMarkdown(remedyCommands(remedy).join("\n")),
      details("What came back", list(group.map(({ reason }) => markdown(reason, 500)))),
    );
  });
  return blocks(...sections, andMore(gaps.length - shown.length));
}

/** The numbers of each subscription, in the order of the list. */
function subscriptionTable({ clusters, excluded, subscriptions, subscriptionNames, gaps }: ClusterList): string {
  const tally = (all: readonly ListedCluster[]): ReadonlyMap<string, number> => {
    const numbers = new Map<string, number>();
    for (const { subscriptionId } of all) numbers.set(subscriptionId.toLowerCase(), (numbers.get(subscriptionId.toLowerCase()) ?? 0) + 1);
    return numbers;
  };
  const [matching, others] = [tally(clusters), tally(excluded.map(({ cluster }) => cluster))];
  const unlisted = new Set(gaps.map(({ subscriptionId }) => subscriptionId.toLowerCase()));
  const rows = subscriptions.slice(0, SUBSCRIPTIONS).map((id) => {
    const [toCheck, filtered] = [matching, others].map((numbers) => number(numbers.get(id.toLowerCase()) ?? 0));
    return [subscription(id, subscriptionNames), unlisted.has(id.toLowerCase()) ? `${toCheck ?? ""}, not complete` : (toCheck ?? ""), filtered ?? ""];
  });
  return blocks(table(["Subscription", "To check", "Filtered out"], rows), andMore(subscriptions.length - rows.length));
}

/** The clusters that do not match, with the inputs that they do not match, folded. */
function excludedClusters(excluded: readonly ExcludedCluster[], filter: ClusterFilter, limit: number): string {
  if (excluded.length === 0) return "";
  const rows = excluded.slice(0, limit).map(({ cluster, inputs }) => [code(cluster.name), markdown(cluster.resourceGroup), inputs.map((input) => code(input)).join(", ")]);
  return details(
    `${count(excluded.length, "cluster")} filtered out (filter: ${filterText(filter)})`,
    blocks(table(["Cluster", "Resource group", "Does not match"], rows), andMore(excluded.length - rows.length)),
  );
}

function filterText({ resourceGroups, locations, names, tags, sku, mesh }: ClusterFilter): string {
  const listed = (what: string, values: readonly string[]): string[] =>
    values.length === 0 ? [] : [`${what} ${values.slice(0, 10).map((value) => code(value)).join(", ")}${values.length > 10 ? ", …" : ""}`];
  return [
    ...(mesh === "any" ? [] : [`mesh ${mesh}`]),
    ...(sku === "any" ? [] : [`SKU ${sku}`]),
    ...listed("resource group", resourceGroups),
    ...listed("name", names),
    ...listed("region", locations),
    ...listed("tags", tags.map(({ key, value }) => (value === undefined ? key : `${key}=${value}`))),
  ].join("; ");
}
