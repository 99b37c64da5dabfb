/** Merges reports into a fleet: the state of each cluster, and what changed since the previous run. Pure. */
import type { Status } from "../../contract.ts";
import { clusterParts } from "../../azure/resource-id.ts";
import type { FleetCheck, FleetReport } from "./decode-report.ts";
import type { ExpectedClusters } from "./expected-clusters.ts";
import type { ReadReports } from "./report-files.ts";

/** The status of a cluster's report, or `missing` or `unreadable` if there is no usable report. */
export type FleetState = Status | "missing" | "unreadable";

/** What a state means for the fleet. A cluster that could not be checked counts neither as compliant nor as drifted. */
export type Verdict = "fine" | "drift" | "could-not-check";

export interface FleetMember {
  /** The resource ID in lower case; another unique text if the ID is unknown. */
  readonly key: string;
  readonly name: string;
  readonly resourceGroup: string;
  readonly subscriptionId: string;
  readonly location: string;
  readonly state: FleetState;
  readonly verdict: Verdict;
  /** Why the cluster could not be checked; empty if it was. */
  readonly reason: string;
  readonly failing: readonly FleetCheck[];
  readonly warnings: number;
  readonly report: FleetReport | undefined;
}

/** A cluster whose verdict differs from the previous run. */
export interface Change {
  readonly member: FleetMember;
  /** Undefined: the previous run had no report of the cluster. */
  readonly before: FleetState | undefined;
  readonly kind: "drifted" | "fixed" | "lost" | "found-again" | "new";
}

export interface Fleet {
  /** Drifted clusters first, then those that could not be checked, then the others; each group by subscription, resource group and name. */
  readonly members: readonly FleetMember[];
  readonly counts: Readonly<Record<FleetState, number>>;
  readonly status: "compliant" | "drifted" | "unverified";
  /** How many reports were ignored because the same cluster has a later one. */
  readonly superseded: number;
  /** Undefined: there is no previous run to compare with. */
  readonly changes: readonly Change[] | undefined;
  /** Names of clusters that only the previous run had. */
  readonly gone: readonly string[];
}

function verdictOf(state: FleetState): Verdict {
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

/** Merges the reports of this run with the expected clusters, and compares them with the reports of the previous run. */
export function assembleFleet(now: ReadReports, expected: ExpectedClusters | undefined, previous: ReadReports | undefined): Fleet {
  const latest = latestReports(now.reports);
  const missing = (expected?.clusters ?? []).filter((id) => !latest.has(id.toLowerCase()));
  const members = [
    ...[...latest].map(([key, report]) => memberOf(key, report)),
    ...missing.map((id) => withoutReport(id.toLowerCase(), "missing", "There is no report: the check did not run, was cancelled, or its report was lost.", id)),
    ...(expected?.gaps ?? []).map(({ subscriptionId, reason }) => ({
      ...withoutReport(`gap ${subscriptionId} ${reason}`, "missing", `The clusters of this subscription could not be listed: ${reason}`),
      name: "(not listed)",
      subscriptionId,
    })),
    ...now.unreadable.map(({ path, problem }) => ({ ...withoutReport(`file ${path}`, "unreadable", `The file is not a report: ${problem}.`), name: path })),
  ].sort(worstFirst);
  const counts: Record<FleetState, number> = { compliant: 0, changed: 0, drifted: 0, unverified: 0, failed: 0, missing: 0, unreadable: 0 };
  for (const { state } of members) counts[state] += 1;
  const hasAny = (verdict: Verdict): boolean => members.some((member) => member.verdict === verdict);
  const before = previous === undefined || previous.reports.length === 0 ? undefined : latestReports(previous.reports);
  const keys = new Set(members.map(({ key }) => key));
  return {
    members,
    counts,
    status: hasAny("drift") ? "drifted" : hasAny("could-not-check") ? "unverified" : "compliant",
    superseded: now.reports.length - latest.size,
    changes: before === undefined ? undefined : changesOf(members, before),
    gone: [...(before ?? [])].filter(([key]) => !keys.has(key)).map(([, report]) => report.clusterName || report.clusterId),
  };
}

/** The last report of each cluster. A job that ran again leaves two. */
function latestReports(reports: readonly FleetReport[]): ReadonlyMap<string, FleetReport> {
  const latest = new Map<string, FleetReport>();
  reports.forEach((report, index) => {
    // Without an ID the report may belong to any cluster, so it is never merged with another one.
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

function withoutReport(key: string, state: "missing" | "unreadable", reason: string, id = ""): FleetMember {
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
    const statusBefore = before.get(member.key)?.status;
    const kind = kindOf(member.verdict, statusBefore);
    return kind === undefined ? [] : [{ member, before: statusBefore, kind }];
  });
}

function kindOf(now: Verdict, statusBefore: FleetState | undefined): Change["kind"] | undefined {
  const before = statusBefore === undefined ? undefined : verdictOf(statusBefore);
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
