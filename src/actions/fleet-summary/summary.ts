/** The page of a fleet: what is wrong first, then what changed, then everything. Pure. */
import { code, markdown } from "../../report/escape.ts";
import { count, number } from "../../lib/plural.ts";
import { utf8Bytes } from "../../report/format.ts";
import { SUMMARY_LIMIT } from "../../report/summary/summary.ts";
import { alert, andMore, blocks, details, table } from "../../report/markdown.ts";
import type { Change, Fleet, FleetMember, FleetState } from "./fleet.ts";

/** How much each part may show: rows, and UTF-16 units of a text. */
interface Allowance {
  readonly wrong: number;
  readonly changes: number;
  readonly all: number;
  readonly text: number;
}

/** What is tried, the first that fits is taken; and the words for what it leaves out. */
const ALLOWANCES: readonly (Allowance & { readonly cut: string })[] = [
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
  drifted: "not as it should be",
  unverified: "Azure is right, the cluster could not be looked into",
  failed: "the run could not finish, or a check failed after a change",
  missing: "expected, and no report came",
  unreadable: "a file that is no report",
  compliant: "as it should be",
  changed: "was changed by the run, and is as it should be",
};

const CHANGES: Readonly<Record<Change["kind"], string>> = {
  drifted: "⚠️ drifted",
  fixed: "✅ fixed",
  lost: "❓ could not be checked any more",
  "found-again": "✅ checked again",
  new: "🆕 new",
};

/** How many failing checks of a cluster are told in its row. */
const CHECKS_PER_ROW = 6;

/** The page, never above {@link SUMMARY_LIMIT}; what is left out to get there is said at its top. */
export function renderFleet(fleet: Fleet): string {
  let page = "";
  for (const { cut, ...allowance } of ALLOWANCES) {
    page = render(fleet, allowance, cut);
    if (utf8Bytes(page) <= SUMMARY_LIMIT) return page;
  }
  return page;
}

function render(fleet: Fleet, allowance: Allowance, cut: string): string {
  const { members } = fleet;
  const drifted = members.filter(({ verdict }) => verdict === "drift");
  const unchecked = members.filter(({ verdict }) => verdict === "could-not-check");
  return `${blocks(
    headline(fleet),
    cut === "" ? "" : alert("NOTE", `Left out to fit GitHub's limit of 1 MiB: ${cut}. The reports have everything.`),
    totals(fleet),
    section("Drifted", ["Cluster", "Where", "What is not as it should be"], drifted, allowance.wrong, (member) => [cluster(member), where(member), failing(member, allowance.text)]),
    section("Could not be checked", ["Cluster", "Where", "State", "Why"], unchecked, allowance.wrong, (member) => [cluster(member), where(member), state(member.state), markdown(member.reason, allowance.text)]),
    changes(fleet, allowance.changes),
    perSubscription(members, allowance.all),
    fleet.superseded === 0 ? "" : `<sub>${count(fleet.superseded, "older report")} of the same clusters left aside.</sub>`,
  )}\n`;
}

function headline({ members, status, counts }: Fleet): string {
  const fine = counts.compliant + counts.changed;
  const unchecked = counts.unverified + counts.failed + counts.missing + counts.unreadable;
  const icon = status === "compliant" ? "✅" : status === "drifted" ? "⚠️" : "❓";
  const parts = [
    `${number(fine)} of ${count(members.length, "cluster")} ${fine === 1 ? "is" : "are"} as ${fine === 1 ? "it" : "they"} should be`,
    ...(counts.drifted > 0 ? [`${number(counts.drifted)} drifted`] : []),
    ...(unchecked > 0 ? [`${number(unchecked)} could not be checked`] : []),
  ];
  return blocks(`## ${icon} Fleet: ${status}`, `${parts.join(", ")}.`);
}

const SHOWN: readonly FleetState[] = ["drifted", "unverified", "failed", "missing", "unreadable", "changed", "compliant"];

function totals({ counts }: Fleet): string {
  return table(
    ["", "Clusters", "Means"],
    SHOWN.filter((key) => counts[key] > 0).map((key) => [state(key), number(counts[key]), MEANINGS[key]]),
  );
}

function section(title: string, head: readonly string[], members: readonly FleetMember[], limit: number, row: (member: FleetMember) => string[]): string {
  if (members.length === 0) return "";
  return blocks(`### ${title}`, table(head, members.slice(0, limit).map(row)), andMore(members.length - limit));
}

function failing({ failing: checks }: FleetMember, limit: number): string {
  if (checks.length === 0) return "Steps are planned; no check fails.";
  const lines = checks.slice(0, CHECKS_PER_ROW).map(({ title, message }) => `<strong>${markdown(title, limit)}:</strong> ${markdown(message, limit)}`);
  const hidden = checks.length - lines.length;
  return [...lines, ...(hidden > 0 ? [andMore(hidden)] : [])].join("<br>");
}

function changes({ changes: all, gone, members }: Fleet, limit: number): string {
  if (all === undefined) return "";
  const still = members.filter(({ verdict }) => verdict === "drift").length - all.filter(({ kind }) => kind === "drifted").length;
  const rows = all.slice(0, limit).map(({ member, before, kind }) => [CHANGES[kind], cluster(member), where(member), `${before === undefined ? "no report" : state(before)} → ${state(member.state)}`]);
  return blocks(
    "### Since the previous run",
    all.length === 0 && gone.length === 0 ? "Nothing changed." : table(["", "Cluster", "Where", "State"], rows),
    andMore(all.length - rows.length),
    still > 0 ? `${count(still, "cluster")} drifted before and still ${still === 1 ? "does" : "do"}.` : "",
    gone.length === 0 ? "" : `No longer there: ${gone.slice(0, limit).map((name) => code(name)).join(", ")} ${andMore(gone.length - limit)}`.trim(),
  );
}

/** One table a subscription, folded; the clusters in them cut at `limit` in all. */
function perSubscription(members: readonly FleetMember[], limit: number): string {
  if (limit === 0) return "";
  const groups = new Map<string, FleetMember[]>();
  for (const member of members.slice(0, limit)) {
    const group = groups.get(member.subscriptionId);
    if (group === undefined) groups.set(member.subscriptionId, [member]);
    else group.push(member);
  }
  const tables = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([subscriptionId, group]) => {
    const wrong = group.filter(({ verdict }) => verdict !== "fine").length;
    const title = `${subscriptionId === "" ? "Subscription unknown" : code(subscriptionId)}: ${count(group.length, "cluster")}${wrong === 0 ? "" : `, ${number(wrong)} to look at`}`;
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

function cluster({ name }: FleetMember): string {
  return code(name, 200);
}

function where({ subscriptionId, resourceGroup }: FleetMember): string {
  return [markdown(resourceGroup), code(subscriptionId)].filter((part) => part !== "").join("<br>");
}

function state(value: FleetState): string {
  return `${ICONS[value]} ${value}`;
}
