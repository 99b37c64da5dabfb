/** The job summary of a fleet: clusters that need attention first, then what changed, then all clusters. Pure. */
import { code, markdown } from "../../report/escape.ts";
import { count, number } from "../../lib/plural.ts";
import { utf8Bytes } from "../../report/format.ts";
import { SUMMARY_LIMIT } from "../../report/summary/summary.ts";
import { alert, andMore, blocks, details, table } from "../../report/markdown.ts";
import type { Change, Fleet, FleetMember, FleetState, VanishedMember } from "./fleet.ts";
import type { VanishReason } from "./vanished.ts";

/** Limits of the parts: numbers of rows, and the length of a text in UTF-16 units. */
interface Limits {
  readonly wrong: number;
  readonly changes: number;
  readonly all: number;
  readonly text: number;
}

/** Tried in this order until the page fits. `cut` says what is left out. */
const LIMITS: readonly (Limits & { readonly cut: string })[] = [
  { wrong: 2000, changes: 500, all: 5000, text: 500, cut: "" },
  { wrong: 1000, changes: 200, all: 1000, text: 300, cut: "clusters beyond the first 1,000 of the tables, and the ends of long texts" },
  { wrong: 500, changes: 100, all: 0, text: 200, cut: "the tables of all clusters, and the ends of long texts" },
  { wrong: 50, changes: 0, all: 0, text: 100, cut: "all but the first 50 clusters that need attention" },
];

const ICONS: Readonly<Record<FleetState, string>> = {
  compliant: "✅",
  changed: "✅",
  drifted: "⚠️",
  unverified: "❓",
  failed: "❌",
  missing: "🚫",
  unreadable: "🚫",
};

const MEANINGS: Readonly<Record<FleetState, string>> = {
  drifted: "a check failed or a step is planned",
  unverified: "Azure's settings are right; the cluster could not be checked",
  failed: "the run could not finish, or a check failed after a change",
  missing: "expected, but there is no report",
  unreadable: "a file that is not a report",
  compliant: "nothing to do, all checks pass",
  changed: "changed by the run, all checks pass",
};

const CHANGES: Readonly<Record<Change["kind"], string>> = {
  drifted: "⚠️ drifted",
  fixed: "✅ fixed",
  lost: "❓ could not be checked any more",
  "found-again": "✅ checked again",
  new: "🆕 new",
};

const VANISHED: Readonly<Record<VanishReason, string>> = {
  "subscription-not-visible": "❓ subscription not visible",
  "subscription-not-listed": "❓ subscription not listed",
  "mesh-off": "⚠️ mesh off",
  unknown: "❓ unknown",
  "not-matching": "➖ no longer matches",
  "subscription-not-selected": "➖ subscription not selected",
  deleted: "➖ deleted",
};

/** How many failing checks of a cluster its row lists. */
const CHECKS_PER_ROW = 6;

/**
 * Renders the page, at most {@link SUMMARY_LIMIT} bytes. A note at the top says what was left out.
 *
 * @param comparing whether the inputs ask for a comparison with the previous run
 */
export function renderFleet(fleet: Fleet, comparing = false): string {
  const note = comparing && fleet.changes === undefined ? "There is no previous run to compare with, so clusters that vanished cannot be told." : "";
  let page = "";
  for (const { cut, ...limits } of LIMITS) {
    page = render(fleet, limits, cut, note);
    if (utf8Bytes(page) <= SUMMARY_LIMIT) return page;
  }
  return page;
}

function render(fleet: Fleet, limits: Limits, cut: string, note: string): string {
  const { members } = fleet;
  const drifted = members.filter(({ verdict }) => verdict === "drift");
  const unchecked = members.filter(({ verdict }) => verdict === "could-not-check");
  return `${blocks(
    headline(fleet),
    cut === "" ? "" : alert("NOTE", `Left out to fit GitHub's limit of 1 MiB: ${cut}. The reports are complete.`),
    note === "" ? "" : alert("NOTE", note),
    vanished(fleet.vanished, limits),
    totals(fleet),
    section("Drifted", ["Cluster", "Where", "What is wrong"], drifted, limits.wrong, (member) => [cluster(member), where(member), failing(member, limits.text)]),
    section("Could not be checked", ["Cluster", "Where", "State", "Why"], unchecked, limits.wrong, (member) => [cluster(member), where(member), state(member.state), markdown(member.reason, limits.text)]),
    changes(fleet, limits.changes),
    perSubscription(members, limits.all),
    fleet.superseded === 0 ? "" : `<sub>${count(fleet.superseded, "older report")} of the same clusters ignored.</sub>`,
  )}\n`;
}

function headline({ members, status, counts, vanished: gone, hasOtherBatches }: Fleet): string {
  const fine = counts.compliant + counts.changed;
  const unchecked = counts.unverified + counts.failed + counts.missing + counts.unreadable;
  const icon = status === "compliant" ? "✅" : status === "unverified" ? "❓" : "⚠️";
  const lost = gone.filter(({ isLost }) => isLost).length;
  const none = hasOtherBatches ? "No cluster is in this batch" : "There is no cluster, so none was checked";
  const parts = [
    ...(lost > 0 ? [`${count(lost, "cluster")} vanished since the previous run`] : []),
    members.length === 0 ? none : `${number(fine)} of ${count(members.length, "cluster")} ${fine === 1 ? "is" : "are"} compliant`,
    ...(counts.drifted > 0 ? [`${number(counts.drifted)} drifted`] : []),
    ...(unchecked > 0 ? [`${number(unchecked)} could not be checked`] : []),
  ];
  return blocks(`## ${icon} Fleet: ${status}`, `${parts.join(", ")}.`);
}

function vanished(clusters: readonly VanishedMember[], limits: Limits): string {
  if (clusters.length === 0) return "";
  const rows = clusters.slice(0, limits.wrong).map((member) => [VANISHED[member.reason], cluster(member), where(member), member.before === undefined ? "" : state(member.before), markdown(member.why, limits.text)]);
  return blocks("### No longer in the list", table(["", "Cluster", "Where", "Before", "Why"], rows), andMore(clusters.length - rows.length));
}

const SHOWN: readonly FleetState[] = ["drifted", "unverified", "failed", "missing", "unreadable", "changed", "compliant"];

function totals({ counts }: Fleet): string {
  return table(
    ["", "Clusters", "Meaning"],
    SHOWN.filter((key) => counts[key] > 0).map((key) => [state(key), number(counts[key]), MEANINGS[key]]),
  );
}

function section(title: string, head: readonly string[], members: readonly FleetMember[], limit: number, row: (member: FleetMember) => string[]): string {
  if (members.length === 0) return "";
  return blocks(`### ${title}`, table(head, members.slice(0, limit).map(row)), andMore(members.length - limit));
}

function failing({ failing: checks }: FleetMember, limit: number): string {
  if (checks.length === 0) return "No check fails; steps are planned.";
  // The title of a check says what should be: beside it, its failure would be misread.
  const lines = checks.slice(0, CHECKS_PER_ROW).map(({ message }) => markdown(message, limit));
  const hidden = checks.length - lines.length;
  return [...lines, ...(hidden > 0 ? [andMore(hidden)] : [])].join("<br>");
}

function changes({ changes: all, members }: Fleet, limit: number): string {
  if (all === undefined) return "";
  const still = members.filter(({ verdict }) => verdict === "drift").length - all.filter(({ kind }) => kind === "drifted").length;
  const rows = all.slice(0, limit).map(({ member, before, kind }) => [CHANGES[kind], cluster(member), where(member), `${before === undefined ? "no report" : state(before)} → ${state(member.state)}`]);
  return blocks(
    "### Since the previous run",
    all.length === 0 ? "Nothing changed in the clusters that both runs have checked." : table(["", "Cluster", "Where", "State"], rows),
    andMore(all.length - rows.length),
    still > 0 ? `${count(still, "cluster")} drifted before and still ${still === 1 ? "does" : "do"}.` : "",
  );
}

/** One folded table per subscription, with at most `limit` clusters in all. */
function perSubscription(members: readonly FleetMember[], limit: number): string {
  if (limit === 0 || members.length === 0) return "";
  const groups = new Map<string, FleetMember[]>();
  for (const member of members.slice(0, limit)) {
    const group = groups.get(member.subscriptionId);
    if (group === undefined) groups.set(member.subscriptionId, [member]);
    else group.push(member);
  }
  const tables = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([subscriptionId, group]) => {
    const wrong = group.filter(({ verdict }) => verdict !== "fine").length;
    const title = `${subscriptionId === "" ? "Subscription unknown" : code(subscriptionId)}: ${count(group.length, "cluster")}${wrong === 0 ? "" : `, ${number(wrong)} need attention`}`;
    const rows = group.map((member) => [
      state(member.state),
      cluster(member),
      markdown(member.resourceGroup),
      markdown(member.location),
      code(member.report?.mechanism ?? ""),
      (member.report?.revisions ?? []).slice(0, 5).map((revision) => code(revision)).join(", "),
      member.warnings === 0 ? "" : count(member.warnings, "warning"),
    ]);
    return details(title, table(["", "Cluster", "Resource group", "Region", "Redirection", "Revisions", ""], rows));
  });
  return blocks("### All clusters", ...tables, andMore(members.length - limit));
}

function cluster({ name }: Pick<FleetMember, "name">): string {
  return code(name, 200);
}

function where({ subscriptionId, resourceGroup }: Pick<FleetMember, "subscriptionId" | "resourceGroup">): string {
  return [markdown(resourceGroup), code(subscriptionId)].filter((part) => part !== "").join("<br>");
}

function state(value: FleetState): string {
  return `${ICONS[value]} ${value}`;
}
