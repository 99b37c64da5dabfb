/** The verdict on a fleet in words and numbers. Plain text. Pure. */
import { count, number } from "../../lib/plural.ts";
import type { FleetCause } from "./causes.ts";
import type { Fleet, FleetMember } from "./fleet.ts";

/** How many names of clusters a message lists. */
const NAMES = 10;

/** An icon, which never stands alone, and the headline: `Fleet: 6 of 50 clusters drifted, 2 not checked, 1 vanished`. */
export function fleetVerdict({ members, status, vanished, hasOtherBatches }: Fleet): { readonly icon: string; readonly title: string } {
  const gaps = members.filter(({ problem }) => problem?.kind === "not-listed");
  const clusters = members.length - gaps.length;
  const notListed = new Set(gaps.map(({ subscriptionId }) => subscriptionId)).size;
  const counts: readonly (readonly [number, string])[] = [
    [numberOf(members, "drift"), "drifted"],
    [numberOf(members, "could-not-check") - gaps.length, "not checked"],
    [vanished.filter(({ isLost }) => isLost).length, "vanished"],
  ];
  const wrong = counts.filter(([value]) => value > 0);
  // Only the first number says of what it is; vanished clusters are none of those that were checked.
  const parts = wrong.map(([value, word], index) => (index > 0 ? `${number(value)} ${word}` : word === "vanished" ? `${count(value, "cluster")} ${word}` : `${number(value)} of ${count(clusters, "cluster")} ${word}`));
  const gap = notListed === 0 ? [] : [`${count(notListed, "subscription")} not listed`];
  const isFine = clusters > 0 && wrong.every(([, word]) => word === "vanished");
  const fine = parts.length + gap.length > 0 ? `${number(clusters)} compliant` : clusters === 1 ? "1 cluster compliant" : `all ${number(clusters)} clusters compliant`;
  const none = hasOtherBatches ? "no cluster is in this batch" : "no cluster was checked";
  const title = [...parts, ...gap, ...(isFine ? [fine] : [])].join(", ") || none;
  return { icon: status === "compliant" ? "✅" : status === "unverified" ? "❓" : "⚠️", title: `Fleet: ${title}` };
}

function numberOf(members: readonly FleetMember[], verdict: FleetMember["verdict"]): number {
  return members.filter((member) => member.verdict === verdict).length;
}

/** What is proven, in numbers; empty where nothing was counted. */
export function fleetProof({ members }: Fleet): string {
  const counted = members.flatMap(({ report }) => (report?.counts.podsInMesh === undefined || report.mode === "disable" ? [] : [report.counts]));
  const withReport = members.filter(({ problem }) => problem?.kind !== "not-listed").length;
  if (counted.length === 0) return "";
  const sum = (key: keyof (typeof counted)[number]): number => counted.reduce((total, counts) => total + (counts[key] ?? 0), 0);
  const pods = `${number(sum("podsRedirected"))} of ${count(sum("podsInMesh"), "pod")} in the mesh are redirected by the CNI agent`;
  const without = counted.filter(({ agentsDesired }) => agentsDesired === 0).length;
  const agents = sum("agentsDesired") === 0 ? "" : `, which is ready on ${number(sum("agentsReady"))} of ${count(sum("agentsDesired"), "node")}${without === 0 ? "" : ` and missing in ${count(without, "cluster")}`}`;
  return `${pods}${agents}${counted.length === withReport ? "" : `. Counted in ${number(counted.length)} of ${count(withReport, "cluster")}`}.`;
}

/** `6 clusters drifted: CNI chaining is off`. */
export function causeTitle({ verdict, title, members }: FleetCause): string {
  const gaps = new Set(members.filter(({ member }) => member.problem?.kind === "not-listed").map(({ member }) => member.subscriptionId));
  return gaps.size > 0 ? `${count(gaps.size, "subscription")} not listed: ${title}` : `${count(members.length, "cluster")} ${verdict === "drift" ? "drifted" : "not checked"}: ${title}`;
}

/** The clusters of a cause and what to do, as a message. @param label the name of a cluster that tells it apart */
export function causeMessage({ written, remedy, members }: FleetCause, label: (member: FleetMember) => string): string {
  const names = members.map(({ member }) => (member.problem?.kind === "not-listed" ? member.subscriptionId : label(member)));
  return [`${namesOf([...new Set(names)].filter((name) => name !== ""))}${written === "" ? "" : `; ${written}`}.`, remedy].filter((part) => part !== "").join(" ");
}

/** The first names, and how many more there are. */
export function namesOf(names: readonly string[]): string {
  const more = names.length - NAMES;
  return `${names.slice(0, NAMES).join(", ")}${more > 0 ? `, and ${number(more)} more` : ""}`;
}

/** The verdict and the first thing to do, in one line. */
export function fleetMessage(fleet: Fleet, causes: readonly FleetCause[]): string {
  const { title } = fleetVerdict(fleet);
  const [first] = causes;
  if (first === undefined) {
    const [lost] = fleet.vanished.filter(({ isLost }) => isLost);
    return `${title}.${lost === undefined ? "" : ` First: ${lost.name}. ${lost.why}`}`;
  }
  return `${title}. First: ${first.title}${first.written === "" ? "" : `, ${first.written}`}.${first.remedy === "" ? "" : ` ${first.remedy}`}`;
}
