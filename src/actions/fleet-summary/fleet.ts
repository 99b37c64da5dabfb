/** Merges reports into a fleet: the state of each cluster, and what changed since the previous run. Pure. */
import type { Status } from "../../contract.ts";
import { clusterParts } from "../../azure/resource-id.ts";
import type { FleetReport } from "./decode-report.ts";
import type { ExpectedClusters } from "./expected-clusters.ts";
import type { ReadReports, UnreadableFile } from "./report-files.ts";
import { type VanishedCluster, vanishedClusters } from "./vanished.ts";

/** The status of a cluster's report, or `missing` or `unreadable` if there is no usable report. */
export type FleetState = Status | "missing" | "unreadable";

/** What a state means for the fleet. A cluster that could not be checked counts neither as compliant nor as drifted. */
export type Verdict = "fine" | "drift" | "could-not-check";

/** What stands in for a report: a cluster without one, a file that is not one, or a subscription that could not be listed. */
export interface Problem {
  readonly kind: "no-report" | "not-a-report" | "not-listed";
  /** As a sentence. */
  readonly reason: string;
  readonly remedy: string;
}

export interface FleetMember {
  /** The resource ID in lower case; another unique text if the ID is unknown. */
  readonly key: string;
  readonly name: string;
  readonly resourceGroup: string;
  readonly subscriptionId: string;
  readonly location: string;
  readonly state: FleetState;
  readonly verdict: Verdict;
  /** Why there is no report that can be read; undefined if there is one. */
  readonly problem: Problem | undefined;
  readonly report: FleetReport | undefined;
}

/** A cluster whose verdict differs from the previous run. */
export interface Change {
  readonly member: FleetMember;
  /** Undefined: the previous run had no report of the cluster. */
  readonly before: FleetState | undefined;
  readonly kind: "drifted" | "fixed" | "lost" | "found-again" | "new";
}

/** A cluster of the previous run that is not in the list of this run. */
export interface VanishedMember extends VanishedCluster {
  /** Its state in the previous run; undefined if that run has no report of it that can be read. */
  readonly before: FleetState | undefined;
}

/** What the previous run left. */
export interface PreviousRun {
  readonly reports: ReadReports;
  /** Its clusters, in all batches; undefined: only its reports are known. */
  readonly clusters: ExpectedClusters | undefined;
}

export interface Fleet {
  /** Drifted clusters first, then those that could not be checked, then the others; each group by subscription, resource group and name. */
  readonly members: readonly FleetMember[];
  readonly counts: Readonly<Record<FleetState, number>>;
  /** `empty`: there is no cluster, neither one that was checked nor one that vanished. */
  readonly status: "compliant" | "drifted" | "unverified" | "empty";
  /** Whether other batches have clusters. */
  readonly hasOtherBatches: boolean;
  /** How many reports were ignored because the same cluster has a later one. */
  readonly superseded: number;
  /** Undefined: there is no previous run to compare with. */
  readonly changes: readonly Change[] | undefined;
  /** When the previous run ended, in milliseconds since the epoch; undefined if it left no report. */
  readonly previousAt: number | undefined;
  /** Clusters that only the previous run had. Those of which sight was lost come first. */
  readonly vanished: readonly VanishedMember[];
  /** Resource IDs of the clusters that the next run should find, in all batches. */
  readonly known: readonly string[];
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

/** Merges the reports of this run with the expected clusters, and compares them with the previous run. */
export function assembleFleet(now: ReadReports, expected: ExpectedClusters | undefined, previous: PreviousRun | undefined): Fleet {
  const latest = latestReports(now.reports);
  const unreadable = unreadableMembers(now.unreadable, latest);
  const present = new Set([...latest.keys(), ...unreadable.map(({ key }) => key)]);
  const missing = (expected?.clusters ?? []).filter((id) => !present.has(id.toLowerCase()));
  const members = [
    ...[...latest].map(([key, report]) => memberOf(key, report)),
    ...missing.map((id) => withoutReport(id.toLowerCase(), NO_REPORT, id)),
    ...(expected?.gaps ?? []).map(({ subscriptionId, reason, remedy }) => ({
      ...withoutReport(`gap ${subscriptionId} ${reason}`, { kind: "not-listed", reason, remedy }),
      name: "(not listed)",
      subscriptionId,
    })),
    ...unreadable,
  ].sort(worstFirst);
  const counts: Record<FleetState, number> = { compliant: 0, changed: 0, drifted: 0, unverified: 0, failed: 0, missing: 0, unreadable: 0 };
  for (const { state } of members) counts[state] += 1;
  const hasAny = (verdict: Verdict): boolean => members.some((member) => member.verdict === verdict);
  const before = previousStates(previous);
  const vanished = vanishedClusters(before?.known.values() ?? [], present, expected).map((cluster) => ({ ...cluster, before: before?.reports.get(cluster.id.toLowerCase())?.status }));
  const lost = vanished.some(({ isLost }) => isLost);
  const otherBatches = expected?.otherBatches ?? [];
  // What could not be listed is expected to be there again: the next run compares with it too.
  const unlisted = vanished.filter(({ reason }) => reason === "subscription-not-listed").map(({ id }) => id);
  const reported = [...now.reports, ...now.unreadable].map(({ clusterId }) => clusterId).filter((id) => clusterParts(id) !== undefined);
  return {
    members,
    counts,
    status: hasAny("drift") ? "drifted" : hasAny("could-not-check") || lost ? "unverified" : members.length === 0 ? "empty" : "compliant",
    hasOtherBatches: otherBatches.length > 0,
    superseded: now.reports.length - latest.size,
    changes: before === undefined ? undefined : changesOf(members, before),
    previousAt: before === undefined ? undefined : [...before.reports.values()].reduce<number | undefined>((last, { finishedAt }) => Math.max(last ?? 0, finishedAt), undefined),
    vanished,
    known: [...new Map([...(expected?.clusters ?? []), ...otherBatches, ...unlisted, ...reported].map((id) => [id.toLowerCase(), id])).values()],
  };
}

interface PreviousStates {
  readonly reports: ReadonlyMap<string, FleetReport>;
  /** Resource IDs of all clusters of the previous run, by the same in lower case. */
  readonly known: ReadonlyMap<string, string>;
}

/** The previous run; undefined if it left nothing. */
function previousStates(previous: PreviousRun | undefined): PreviousStates | undefined {
  if (previous === undefined) return undefined;
  const { reports, clusters } = previous;
  const ids = [...(clusters?.clusters ?? []), ...(clusters?.otherBatches ?? []), ...[...reports.reports, ...reports.unreadable].map(({ clusterId }) => clusterId)];
  const known = new Map(ids.filter((id) => id !== "").map((id) => [id.toLowerCase(), id]));
  return reports.reports.length === 0 && known.size === 0 && clusters === undefined ? undefined : { reports: latestReports(reports.reports), known };
}

/** Files without a readable report. One that is about a cluster without another report stands for that cluster. */
function unreadableMembers(files: readonly UnreadableFile[], latest: ReadonlyMap<string, FleetReport>): readonly FleetMember[] {
  const taken = new Set(latest.keys());
  return files.map(({ path, problem, clusterId }) => {
    const key = clusterId.toLowerCase();
    if (key === "" || taken.has(key)) return { ...withoutReport(`file ${path}`, notAReport(`The file is not a report: ${problem}.`)), name: path };
    taken.add(key);
    return withoutReport(key, notAReport(`The report cannot be read: ${problem}.`), clusterId);
  });
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
  return {
    key,
    name: report.clusterName || parts?.name || "(unknown)",
    resourceGroup: parts?.resourceGroup ?? "",
    subscriptionId: parts?.subscriptionId ?? "",
    location: report.location,
    state: report.status,
    verdict: verdictOf(report.status),
    problem: undefined,
    report,
  };
}

const NO_REPORT: Problem = { kind: "no-report", reason: "The check did not run, was cancelled, or its report was lost.", remedy: "Run the failed jobs again." };

function notAReport(reason: string): Problem {
  return { kind: "not-a-report", reason, remedy: "Use fleet-summary of the release that wrote the reports." };
}

function withoutReport(key: string, problem: Problem, id = ""): FleetMember {
  const parts = clusterParts(id);
  const state = problem.kind === "not-a-report" ? "unreadable" : "missing";
  return {
    key,
    name: parts?.name ?? "",
    resourceGroup: parts?.resourceGroup ?? "",
    subscriptionId: parts?.subscriptionId ?? "",
    location: "",
    state,
    verdict: verdictOf(state),
    problem,
    report: undefined,
  };
}

function changesOf(members: readonly FleetMember[], { reports, known }: PreviousStates): readonly Change[] {
  return members.flatMap((member) => {
    const statusBefore = reports.get(member.key)?.status;
    // It was there, in a state that is not known: in another batch, without a report, or with one that cannot be read.
    if (statusBefore === undefined && known.has(member.key) && member.verdict !== "drift") return [];
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
