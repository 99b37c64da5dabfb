/** The job summary of discover. Pure. */
import { code, markdown } from "../../report/escape.ts";
import { count, number } from "../../lib/plural.ts";
import { utf8Bytes } from "../../report/format.ts";
import { SUMMARY_LIMIT } from "../../report/summary/summary.ts";
import { alert, andMore, blocks, details, table } from "../../report/markdown.ts";
import type { DiscoverConfig, ClusterFilter } from "./inputs.ts";
import type { ListedCluster } from "./listed-cluster.ts";
import type { ListGap, ClusterList } from "./list-clusters.ts";

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

/** Renders the page, at most {@link SUMMARY_LIMIT} bytes. It says how many rows it leaves out. */
export function renderDiscovery(input: DiscoverSummary): string {
  for (const rows of ROWS) {
    const page = render(input, rows);
    if (utf8Bytes(page) <= SUMMARY_LIMIT) return page;
  }
  return render({ ...input, inventory: { ...input.inventory, gaps: [] } }, 0);
}

function render({ config, inventory, clusters, batches }: DiscoverSummary, rows: number): string {
  const { seen, subscriptions, gaps } = inventory;
  const inBatch = config.batch === undefined ? "" : ` Batch ${number(config.batch)} of ${number(batches)} has ${number(clusters.length)}.`;
  return `${blocks(
    `## ${gaps.length === 0 && inventory.clusters.length > 0 ? "🔎" : "⚠️"} ${count(inventory.clusters.length, "cluster")} found`,
    `Of ${count(seen, "cluster")} in ${count(subscriptions.length, "subscription")}, ${filterText(config.filter)}.${inBatch}`,
    gapsOf(gaps),
    table(
      ["Cluster", "Resource group", "Subscription", "Region", "SKU", "API server"],
      clusters.slice(0, rows).map(row),
    ),
    andMore(clusters.length - Math.min(rows, clusters.length), ", see the output matrix and the file"),
  )}\n`;
}

function row({ name, resourceGroup, subscriptionId, location, sku, isPrivate }: ListedCluster): string[] {
  return [code(name), markdown(resourceGroup), code(subscriptionId), markdown(location), markdown(sku), isPrivate ? "private" : "public"];
}

function gapsOf(gaps: readonly ListGap[]): string {
  if (gaps.length === 0) return "";
  const rows = gaps.slice(0, GAPS).map(({ subscriptionId, reason, remedy }) => [code(subscriptionId), markdown(reason, 500), markdown(remedy, 500)]);
  return blocks(
    alert("WARNING", `**The list has gaps.** ${count(new Set(gaps.map((gap) => gap.subscriptionId)).size, "subscription is", "subscriptions are")} missing from it, completely or in part.`),
    details("What is missing", blocks(table(["Subscription", "Why", "What to do"], rows), andMore(gaps.length - GAPS))),
  );
}

function filterText({ resourceGroups, locations, names, tags, sku, mesh }: ClusterFilter): string {
  const list = (what: string, values: readonly string[]): string[] =>
    values.length === 0 ? [] : [`${what} ${values.slice(0, 10).map((value) => code(value)).join(", ")}${values.length > 10 ? ", …" : ""}`];
  const words = [
    ...(mesh === "any" ? [] : [`mesh ${mesh}`]),
    ...(sku === "any" ? [] : [`SKU ${sku}`]),
    ...list("resource group", resourceGroups),
    ...list("name", names),
    ...list("region", locations),
    ...list("tags", tags.map(({ key, value }) => (value === undefined ? key : `${key}=${value}`))),
  ];
  return words.length === 0 ? "all of them" : `those with ${words.join("; ")}`;
}
