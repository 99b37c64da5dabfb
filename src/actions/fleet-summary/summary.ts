/** The job summary of a fleet: the verdict, what changed, the causes and what to do; everything else folded. Pure. */
import { markdown } from "../../report/escape.ts";
import { count } from "../../lib/plural.ts";
import { utf8Bytes } from "../../report/format.ts";
import { SUMMARY_LIMIT } from "../../report/summary/summary.ts";
import { alert, blocks, details } from "../../report/markdown.ts";
import { type CauseLimits, causeSections } from "./cause-sections.ts";
import type { FleetCause } from "./causes.ts";
import { changeSection } from "./change-section.ts";
import { clusterTable, subscriptionCount, subscriptionTable } from "./cluster-tables.ts";
import type { Fleet } from "./fleet.ts";
import { type HistoryEntry, trend } from "./history.ts";
import type { LinkContext } from "./links.ts";
import { fleetProof, fleetVerdict } from "./verdict.ts";

export interface FleetPage {
  readonly fleet: Fleet;
  readonly causes: readonly FleetCause[];
  /** Whether the inputs ask for a comparison with the previous run. */
  readonly comparing: boolean;
  /** The last runs with this one, oldest first. */
  readonly history: readonly HistoryEntry[];
  /** Names of subscriptions by their IDs in lower case. */
  readonly subscriptionNames: ReadonlyMap<string, string>;
  readonly links: LinkContext;
}

/** Limits of the parts: `changes` is names of each kind, `all` rows of the table of all clusters. */
interface Limits extends CauseLimits {
  readonly changes: number;
  readonly all: number;
}

/** Tried in this order until the page fits. `cut` says what is left out. */
const LIMITS: readonly (Limits & { readonly cut: string })[] = [
  { causes: 100, clusters: 500, changes: 50, all: 5000, text: 500, cut: "" },
  { causes: 50, clusters: 200, changes: 20, all: 1000, text: 300, cut: "clusters beyond the first 1,000 of the table, and the ends of long texts" },
  { causes: 20, clusters: 100, changes: 10, all: 0, text: 200, cut: "the table of all clusters, and the ends of long texts" },
  { causes: 10, clusters: 20, changes: 5, all: 0, text: 100, cut: "all but the first 20 clusters of each cause" },
];

/** Renders the page, at most {@link SUMMARY_LIMIT} bytes. A note at the top says what was left out. */
export function renderFleet(page: FleetPage): string {
  let text = "";
  for (const { cut, ...limits } of LIMITS) {
    text = render(page, limits, cut);
    if (utf8Bytes(text) <= SUMMARY_LIMIT) return text;
  }
  return text;
}

function render({ fleet, causes, comparing, history, subscriptionNames, links }: FleetPage, limits: Limits, cut: string): string {
  const { members, vanished, status, superseded } = fleet;
  const { icon, title } = fleetVerdict(fleet);
  const isWrong = status !== "compliant";
  const subscriptions = subscriptionTable(members, subscriptionNames);
  const proof = fleetProof(fleet);
  return `${blocks(
    `## ${icon} ${markdown(title)}`,
    cut === "" ? "" : alert("NOTE", `Left out to fit GitHub's limit of 1 MiB: ${cut}. The reports are complete.`),
    // The first number in bold.
    markdown(proof).replace(/^[\d,]+ of [\d,]+ pods?/, "**$&**"),
    comparing && fleet.changes === undefined ? "There is no previous run to compare with, so clusters that vanished cannot be told." : "",
    changeSection(fleet, limits.changes, limits.text, links),
    causeSections(causes, limits, links),
    isWrong && members.length > 0 ? blocks("### By subscription", subscriptions) : details(subscriptionCount(members), subscriptions),
    clusterTable(members, limits.all, links),
    isWrong || vanished.length > 0 ? trend(history) : "",
    superseded === 0 ? "" : `<sub>${count(superseded, "older report")} of the same clusters ignored.</sub>`,
  )}\n`;
}
