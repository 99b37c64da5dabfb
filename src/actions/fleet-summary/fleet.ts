/** A fleet: what is known of each cluster, now and the time before. Pure. */
import type { Status } from "../../contract.ts";
import { clusterParts } from "../../azure/resource-id.ts";
import type { FleetCheck, FleetReport } from "./decode-report.ts";
import type { ExpectedClusters } from "./expected-clusters.ts";
import type { ReadReports } from "./report-files.ts";

/** What became of a cluster's check: its status, or that nobody heard of it. */
export type FleetState = Status | "missing" | "unreadable";

/** Three outcomes that are never mixed up. */
export type Verdict = "fine" | "drift" | "could-not-check";

export interface FleetMember {
  /** The resource ID in lower case; something else of its own where there is none. */
  readonly key: string;
  readonly name: string;
  readonly resourceGroup: string;
  readonly subscriptionId: string;
  readonly location: string;
  readonly state: FleetState;
  readonly verdict: Verdict;
  /** Why it could not be checked; empty where it could. */
  readonly reason: string;
  readonly failing: readonly FleetCheck[];
  readonly warnings: number;
  readonly report: FleetReport | undefined;
}

/** A cluster whose verdict is another one than the time before. */
export interface Change {
  readonly member: FleetMember;
  /** Undefined: the former run had no report of it. */
  readonly before: FleetState | undefined;
  readonly kind: "drifted" | "fixed" | "lost" | "found-again" | "new";
}

export interface Fleet {
  /** Drifted ones first, then those that could not be checked, then the others; by name among their like. */
  readonly members: readonly FleetMember[];
  readonly counts: Readonly<Record<FleetState, number>>;
  readonly status: "compliant" | "drifted" | "unverified";
  /** Reports beside a later one of the same cluster. */
  readonly superseded: number;
  /** Undefined: there is no former run to compare with. */
  readonly changes: readonly Change[] | undefined;
  /** Names of clusters that the former run had and this one has not. */
  readonly gone: readonly string[];
}

export function verdictOf(state: FleetState): Verdict {
  switch (state) {
    case "compliant":
    case "changed":
      return "fine";
    case "drifted":
      return "drift";
    case "unverified":
    case "failed":
    case "missing":
    case "unreadable":
      return "could-not-check";
  }
}

/** Merges the reports of a run, what was expected of it, and the reports of the run before. */
export function assembleFleet(now: ReadReports, expected: ExpectedClusters | undefined, previous: ReadReports | undefined): Fleet {
  const latest = latestReports(now.reports);
  const missing = (expected?.clusters ?? []).filter((id) => !latest.has(id.toLowerCase()));
  const members = [
    ...[...latest].map(([key, report]) => memberOf(key, report)),
    ...missing.map((id) => absent(id.toLowerCase(), "missing", "No report came: its check did not run, was cancelled, or lost its report.", id)),
    ...(expected?.gaps ?? []).map(({ subscriptionId, reason }) => ({
      ...absent(`gap ${subscriptionId} ${reason}`, "missing", `The clusters of this subscription could not be listed: ${reason}`),
      name: "(not listed)",
      subscriptionId,
    })),
    ...now.unreadable.map(({ path, problem }) => ({ ...absent(`file ${path}`, "unreadable", `The file is not a report: ${problem}.`), name: path })),
  ].sort(worstFirst);
  const counts: Record<FleetState, number> = { compliant: 0, changed: 0, drifted: 0, unverified: 0, failed: 0, missing: 0, unreadable: 0 };
  for (const { state } of members) counts[state] += 1;
  const is = (verdict: Verdict): boolean => members.some((member) => member.verdict === verdict);
  const before = previous === undefined || previous.reports.length === 0 ? undefined : latestReports(previous.reports);
  const keys = new Set(members.map(({ key }) => key));
  return {
    members,
    counts,
    status: is("drift") ? "drifted" : is("could-not-check") ? "unverified" : "compliant",
    superseded: now.reports.length - latest.size,
    changes: before === undefined ? undefined : changesOf(members, before),
    gone: [...(before ?? [])].filter(([key]) => !keys.has(key)).map(([, report]) => report.clusterName || report.clusterId),
  };
}

/** The last report of each cluster: a job that ran again leaves two. */
function latestReports(reports: readonly FleetReport[]): ReadonlyMap<string, FleetReport> {
  const latest = new Map<string, FleetReport>();
  reports.forEach((report, index) => {
    // A run that never learnt its cluster's ID may be any cluster's: it stands for itself.
    const key = report.clusterId === "" ? `unnamed ${report.clusterName} ${index}` : report.clusterId.toLowerCase();
    const other = latest.get(key);
    if (other === undefined || other.finishedAt <= report.finishedAt) latest.set(key, report);
  });
  return latest;
}

function memberOf(key: string, report: FleetReport): FleetMember {
  const parts = clusterParts(report.clusterId);
  const verdict = verdictOf(report.status);
  const failing = report.checks.filter(({ result }) => result === "fail");
  const skipped = report.checks.find(({ result }) => result === "skip");
  return {
    key,
    name: report.clusterName || parts?.name || "(unknown)",
    resourceGroup: parts?.resourceGroup ?? "",
    subscriptionId: parts?.subscriptionId ?? "",
    location: report.location,
    state: report.status,
    verdict,
    reason: verdict === "could-not-check" ? report.error || failing[0]?.message || skipped?.message || "" : "",
    failing,
    warnings: report.checks.filter(({ result }) => result === "warn").length,
    report,
  };
}

function absent(key: string, state: "missing" | "unreadable", reason: string, id = ""): FleetMember {
  const parts = clusterParts(id);
  return {
    key,
    name: parts?.name ?? "",
    resourceGroup: parts?.resourceGroup ?? "",
    subscriptionId: parts?.subscriptionId ?? "",
    location: "",
    state,
    verdict: verdictOf(state),
    reason,
    failing: [],
    warnings: 0,
    report: undefined,
  };
}

function changesOf(members: readonly FleetMember[], before: ReadonlyMap<string, FleetReport>): readonly Change[] {
  return members.flatMap((member) => {
    const was = before.get(member.key)?.status;
    const kind = kindOf(member.verdict, was);
    return kind === undefined ? [] : [{ member, before: was, kind }];
  });
}

function kindOf(now: Verdict, was: FleetState | undefined): Change["kind"] | undefined {
  const before = was === undefined ? undefined : verdictOf(was);
  if (now === before) return undefined;
  if (now === "drift") return "drifted";
  if (before === undefined) return "new";
  if (now === "could-not-check") return "lost";
  return before === "drift" ? "fixed" : "found-again";
}

const ORDER: readonly Verdict[] = ["drift", "could-not-check", "fine"];

function worstFirst(a: FleetMember, b: FleetMember): number {
  const byVerdict = ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict);
  if (byVerdict !== 0) return byVerdict;
  const [left, right] = [a, b].map(({ subscriptionId, resourceGroup, name }) => `${subscriptionId} ${resourceGroup} ${name}`.toLowerCase());
  return (left ?? "") < (right ?? "") ? -1 : left === right ? 0 : 1;
}
