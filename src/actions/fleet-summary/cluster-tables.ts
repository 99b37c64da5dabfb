/** The tables of a fleet's page: numbers by subscription, and all clusters with pods and agents. Pure. */
import { code, markdown } from "../../report/escape.ts";
import { andMore, blocks, details, table } from "../../report/markdown.ts";
import { count, number } from "../../lib/plural.ts";
import type { FleetMember, FleetState } from "./fleet.ts";
import { jobUrl, type LinkContext } from "./links.ts";
import { link } from "../../report/links.ts";

const STATES: Readonly<Record<FleetState, string>> = {
  compliant: "✅ compliant",
  changed: "✅ changed by the run, and compliant",
  drifted: "⚠️ drifted",
  unverified: "❓ unverified",
  failed: "❌ failed",
  missing: "❓ no report",
  unreadable: "❓ not a report",
};

/** How many subscriptions are listed. */
const SUBSCRIPTIONS = 200;

/** The numbers of each subscription, those with the most clusters that need attention first. */
export function subscriptionTable(members: readonly FleetMember[], names: ReadonlyMap<string, string>): string {
  const groups = new Map<string, FleetMember[]>();
  for (const member of members) {
    const id = member.subscriptionId.toLowerCase();
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [member]);
    else group.push(member);
  }
  const numbers = [...groups].map(([id, group]) => {
    const numberOf = (verdict: FleetMember["verdict"]): number => group.filter((member) => member.verdict === verdict).length;
    return { id, fine: numberOf("fine"), drifted: numberOf("drift"), unchecked: numberOf("could-not-check") };
  });
  const sorted = numbers.sort((a, b) => b.drifted - a.drifted || b.unchecked - a.unchecked || (a.id < b.id ? -1 : 1));
  const rows = sorted.slice(0, SUBSCRIPTIONS).map(({ id, fine, drifted, unchecked }) => [subscription(id, names), number(fine), number(drifted), number(unchecked)]);
  return blocks(table(["Subscription", "Compliant", "Drifted", "Not checked"], rows), andMore(sorted.length - rows.length));
}

/** How many subscriptions the clusters are in. */
export function subscriptionCount(members: readonly FleetMember[]): string {
  return count(new Set(members.map(({ subscriptionId }) => subscriptionId.toLowerCase())).size, "subscription");
}

function subscription(id: string, names: ReadonlyMap<string, string>): string {
  if (id === "") return "not known";
  const name = markdown(names.get(id) ?? "", 100);
  return name === "" ? markdown(id, 100) : `${name}<br><sub>${markdown(id, 100)}</sub>`;
}

/** All clusters, folded, in the order of the fleet: the worst first. Empty if `limit` is 0. */
export function clusterTable(members: readonly FleetMember[], limit: number, context: LinkContext): string {
  const clusters = members.filter(({ problem }) => problem?.kind !== "not-listed");
  if (limit === 0 || clusters.length === 0) return "";
  const rows = clusters.slice(0, limit).map((member) => [clusterCell(member, context), `${STATES[member.state]}<br>${countsOf(member)}`]);
  const title = clusters.length === 1 ? "The cluster, with pods and agents" : `All ${number(clusters.length)} clusters, with pods and agents`;
  return details(title, blocks(table(["Cluster", "State, redirected pods, ready agents"], rows), andMore(clusters.length - rows.length)));
}

/** The name, and where the cluster is. */
function clusterCell(member: FleetMember, context: LinkContext): string {
  const name = code(member.name, 200);
  const place = [member.resourceGroup, member.location, ...(member.report?.revisions ?? []).slice(0, 3)].map((text) => markdown(text, 100)).filter((text) => text !== "");
  return `${link(name, jobUrl(member, context)) || name}${place.length === 0 ? "" : `<br><sub>${place.join(", ")}</sub>`}`;
}

/** `7 of 9 pods, 5 of 5 agents`. In one cell, because a narrow screen has no room for more columns. */
function countsOf({ report }: FleetMember): string {
  const { podsInMesh, podsRedirected, agentsReady, agentsDesired } = report?.counts ?? {};
  const pods = podsInMesh === undefined || podsRedirected === undefined ? "" : `${number(podsRedirected)} of ${count(podsInMesh, "pod")}`;
  const agents = agentsReady === undefined || agentsDesired === undefined ? "" : agentsDesired === 0 ? "no agent" : `${number(agentsReady)} of ${count(agentsDesired, "agent")}`;
  return [pods, agents].filter((part) => part !== "").join(", ") || "pods and agents not known";
}
