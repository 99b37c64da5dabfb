/** The activity log: `GET …/providers/Microsoft.Insights/eventtypes/management/values`, api-version 2015-04-01. */
import type { Reply, SimulatedRequest } from "../lib/http.ts";
import { type JsonObject, stableUuid } from "../lib/json.ts";
import type { ActivityEvent } from "../world/activity.ts";
import { STOP_CLUSTER, WRITE_CLUSTER } from "../world/changes.ts";
import type { World } from "../world/world.ts";
import { gatewayError } from "./errors.ts";
import { page } from "./paging.ts";

const KEPT = 90 * 24 * 60 * 60 * 1000;
const PAGE_SIZE = 200;

/** What a query asks for. Times are simulated milliseconds since the epoch. */
interface Filter {
  readonly from: number;
  readonly to: number;
  /** In lower case; undefined: of every resource. */
  readonly resourceId: string | undefined;
  readonly resourceGroup: string | undefined;
}

/** The filter of a query; undefined where it has another form than the service takes, or does not say from when on. az leaves out quotes, and says `resourceId`. */
function parseFilter(text: string): Filter | undefined {
  const terms = new Map<string, string>();
  for (const term of text.split(/ and /i)) {
    const [, name, operator, value] = /^\s*(\w+) (eq|ge|le) '?([^' ]*)'?\s*$/i.exec(term) ?? [];
    if (name === undefined || operator === undefined || value === undefined) return undefined;
    terms.set(`${name} ${operator}`.toLowerCase(), value);
  }
  const known = ["eventtimestamp ge", "eventtimestamp le", "resourceuri eq", "resourceid eq", "resourcegroupname eq"];
  const from = instant(terms.get("eventtimestamp ge") ?? "");
  const to = terms.has("eventtimestamp le") ? instant(terms.get("eventtimestamp le") ?? "") : Infinity;
  if ([...terms.keys()].some((name) => !known.includes(name)) || Number.isNaN(from) || Number.isNaN(to)) return undefined;
  const resource = terms.get("resourceuri eq") ?? terms.get("resourceid eq");
  return { from, to, resourceId: resource?.toLowerCase(), resourceGroup: terms.get("resourcegroupname eq")?.toLowerCase() };
}

/** A time of a filter, in ms since the epoch. It is UTC where it does not say so. */
function instant(text: string): number {
  return Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
}

/** The events of the cluster's operations: one when they start, one when they end. */
function eventsOfOperations({ cluster }: World, now: number): ActivityEvent[] {
  return cluster.operations.flatMap(({ change, startedAt, endsAt, status, startsWhenRead }) => {
    if (change === undefined || startsWhenRead) return [];
    const started: ActivityEvent = { at: startedAt, change, status: "Started" };
    const ended: ActivityEvent = { at: endsAt, change, status: status === "Succeeded" ? "Succeeded" : "Failed" };
    return endsAt <= now ? [started, ended] : [started];
  });
}

/** The operations' names for people, as the portal shows them. */
const LOCALIZED: Readonly<Record<string, string>> = {
  [WRITE_CLUSTER]: "Create or Update Managed Cluster",
  [STOP_CLUSTER]: "Stop Managed Cluster",
  "Microsoft.ContainerService/managedClusters/agentPools/write": "Create or Update Agent Pool",
};

function named(value: string, localizedValue = value): JsonObject {
  return { value, localizedValue };
}

function timestamp(at: number): string {
  return new Date(at).toISOString().replace("Z", "0000Z");
}

function eventBody(world: World, { at, change, status, httpStatus }: ActivityEvent): JsonObject {
  const { by, operation, method, resourceId, correlationId } = change;
  const eventDataId = stableUuid(`${correlationId} ${at} ${status}`);
  const [provider = ""] = operation.split("/");
  const people = by.name === undefined ? {} : { name: by.name, "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": by.caller };
  const identity = by.managedIdentity === undefined ? {} : { idtyp: "app", xms_mirid: by.managedIdentity };
  const subStatus = httpStatus === undefined ? { value: "", localizedValue: "" } : { value: String(httpStatus), localizedValue: `HTTP Status Code: ${httpStatus}` };
  return {
    authorization: { action: operation, scope: resourceId },
    caller: by.caller,
    claims: { aud: "https://management.core.windows.net/", iss: `https://sts.windows.net/${world.identity.tenantId}/`, appid: by.applicationId, ...people, ...identity },
    correlationId,
    description: "",
    eventDataId,
    eventName: status === "Started" ? named("BeginRequest") : named("EndRequest"),
    httpRequest: { clientRequestId: stableUuid(correlationId), clientIpAddress: "192.0.2.10", method },
    id: `${resourceId}/events/${eventDataId}/ticks/${at}`,
    level: status === "Failed" ? "Error" : "Informational",
    resourceGroupName: /\/resourceGroups\/([^/]+)/i.exec(resourceId)?.[1] ?? "",
    resourceProviderName: named(provider),
    resourceId,
    operationId: correlationId,
    operationName: named(operation, LOCALIZED[operation]),
    properties: {},
    status: named(status),
    subStatus,
    eventTimestamp: timestamp(at),
    submissionTimestamp: timestamp(at + world.timing.activityLog),
    subscriptionId: world.subscriptionId,
  };
}

/** The selected properties of an event; all where none is named. */
function selected(event: JsonObject, select: string | null): JsonObject {
  if (select === null) return event;
  const names = new Set(select.split(",").map((name) => name.trim().toLowerCase()));
  return Object.fromEntries(Object.entries(event).filter(([name]) => names.has(name.toLowerCase())));
}

/** Answers a query of the activity log, newest events first. Events appear some minutes late. */
export function activityLogReply(world: World, request: SimulatedRequest, armOrigin: string): Reply {
  const { at: now, query } = request;
  const filter = parseFilter(query.get("$filter") ?? "");
  if (filter === undefined) return gatewayError(400, "BadRequest", "The $filter is invalid. It needs eventTimestamp ge, and takes eventTimestamp le, resourceUri eq and resourceGroupName eq.");
  if (filter.from < now - KEPT) return gatewayError(400, "BadRequest", `The start time cannot be more than 90 days in the past: '${new Date(filter.from).toISOString()}'.`);
  const isWanted = ({ at, change }: ActivityEvent): boolean => {
    const resource = change.resourceId.toLowerCase();
    return (
      at >= filter.from &&
      at <= Math.min(filter.to, now - world.timing.activityLog) &&
      (filter.resourceId === undefined || resource === filter.resourceId) &&
      (filter.resourceGroup === undefined || resource.includes(`/resourcegroups/${filter.resourceGroup}/`))
    );
  };
  const events = [...world.activity, ...eventsOfOperations(world, now)].filter(isWanted).sort((a, b) => b.at - a.at);
  return page(events.map((event) => selected(eventBody(world, event), query.get("$select"))), request, armOrigin, PAGE_SIZE);
}
