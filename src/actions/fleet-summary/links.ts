/** The links of a cluster on the page of a fleet. Pure. */
import { code } from "../../report/escape.ts";
import { link, portalLinks } from "../../report/links.ts";
import type { FleetMember } from "./fleet.ts";

/** What decides which links are made. */
export interface LinkContext {
  /** The URL of this run, `https://github.com/contoso/platform/actions/runs/42`; empty if it is not known. */
  readonly run: string;
  /** The cloud, such as `AzureCloud`; empty if it is not known. */
  readonly azureEnvironment: string;
}

const RUN_PATH = /^\/[\w.-]+\/[\w.-]+\/actions\/runs\/\d+(?:\/job\/\d+)?$/;

/**
 * The job of a cluster's check, or its run. Only on the server of this run: the URL comes from the report. Empty also for this run, which
 * is the page that the reader is on.
 */
export function jobUrl({ report }: Pick<FleetMember, "report">, { run }: LinkContext): string {
  const server = /^https?:\/\/[^/]+/.exec(run)?.[0] ?? "";
  const url = report?.runUrl ?? "";
  const isSafe = server !== "" && url.startsWith(`${server}/`) && RUN_PATH.test(url.slice(server.length)) && !url.split("/").includes("..");
  return isSafe && url !== run ? url : "";
}

/** The cluster in the portal of its cloud; empty if the cloud or the cluster is not known. */
export function portalUrl(clusterId: string, { azureEnvironment }: LinkContext): string {
  return portalLinks(azureEnvironment, clusterId).portal;
}

/** The name of a cluster, linked to its job, with its portal page. */
export function clusterWithLinks(member: FleetMember, context: LinkContext): string {
  const name = code(member.name, 200);
  const portal = link("portal", portalUrl(member.report?.clusterId ?? "", context));
  return `${link(name, jobUrl(member, context)) || name}${portal === "" ? "" : ` (${portal})`}`;
}
