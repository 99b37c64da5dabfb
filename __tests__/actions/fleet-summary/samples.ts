/** Files as runs leave them. */
import type { FleetReport } from "../../../src/actions/fleet-summary/decode-report.ts";
import { decodeReport } from "../../../src/actions/fleet-summary/decode-report.ts";
import type { ReadReports } from "../../../src/actions/fleet-summary/report-files.ts";
import type { ExpectedClusters } from "../../../src/actions/fleet-summary/expected-clusters.ts";
import { fleetCauses } from "../../../src/actions/fleet-summary/causes.ts";
import type { Fleet, PreviousRun } from "../../../src/actions/fleet-summary/fleet.ts";
import { type FleetPage, renderFleet } from "../../../src/actions/fleet-summary/summary.ts";
import type { Report } from "../../../src/contract.ts";
import { report } from "../../report/samples.ts";

const SUBSCRIPTION = "11111111-2222-3333-4444-555555555555";

export function idOf(name: string, subscription = SUBSCRIPTION): string {
  return `/subscriptions/${subscription}/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/${name}`;
}

/** A report of a cluster, as the page sees it. */
export function fleetReport(name: string, overrides: Partial<Report> = {}, id = idOf(name)): FleetReport {
  const base = report(overrides);
  const decoded = decodeReport({ ...base, cluster: { ...base.cluster, name, id } });
  if ("problem" in decoded) throw new Error(decoded.problem);
  return decoded;
}

/** A list of clusters as discover's output is, which has no scope. */
export function listOf(clusters: readonly string[], more: Partial<ExpectedClusters> = {}): ExpectedClusters {
  return { clusters, gaps: [], otherBatches: [], batch: undefined, scope: undefined, subscriptionNames: new Map(), azureEnvironment: "", ...more };
}

/** A previous run that left reports, and perhaps a list. */
export function ranBefore(reports: readonly FleetReport[], clusters?: ExpectedClusters): PreviousRun {
  return { reports: reads(reports), clusters };
}

export function reads(reports: readonly FleetReport[], unreadable: ReadReports["unreadable"] = []): ReadReports {
  return { reports, unreadable };
}

/** The page of a fleet. */
export function pageOf(fleet: Fleet, more: Partial<FleetPage> = {}): string {
  return renderFleet({ fleet, causes: fleetCauses(fleet.members), comparing: false, history: [], subscriptionNames: new Map(), links: { run: "", azureEnvironment: "" }, ...more });
}
