/** Files as runs leave them. */
import type { FleetReport } from "../../../src/actions/fleet-summary/decode-report.ts";
import { decodeReport } from "../../../src/actions/fleet-summary/decode-report.ts";
import type { ReadReports } from "../../../src/actions/fleet-summary/report-files.ts";
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

export function reads(reports: readonly FleetReport[], unreadable: ReadReports["unreadable"] = []): ReadReports {
  return { reports, unreadable };
}
