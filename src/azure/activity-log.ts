/** The activity log: who wrote a managed cluster, and when. Shape: the example GetActivityLogsFiltered of Azure's specification. */
import type { LastWrite } from "../contract.ts";
import { duration } from "../lib/duration.ts";
import { type Right, ServiceError } from "../lib/errors.ts";
import { at, textAt } from "../lib/json.ts";
import type { Observed, Unobserved } from "../lib/observed.ts";
import { isMissingRole, missingRole } from "../lib/role-propagation.ts";
import type { RunContext } from "../lib/run-context.ts";
import type { ArmClient } from "./arm-client.ts";
import { type ClusterParts, resourceId } from "./resource-id.ts";

const READ_EVENTS: Right = { action: "Microsoft.Insights/eventtypes/values/read", scope: "the subscription", role: "Reader" };
const API_VERSION = "2015-04-01";
/** How far back the log is read. Azure keeps it for 90 days. */
export const HISTORY_MS = 7 * 24 * 3_600_000;
/** For the request and its repetitions: what it tells is worth no longer wait. */
const LIMIT_MS = 10_000;
const MAX_WRITES = 10;
/** UTF-16 units: why the log could not be read is one line on the page. */
const MAX_REASON = 200;

/** The activity log of one cluster. */
export class ActivityLog {
  readonly #armWith: (context: RunContext) => ArmClient;
  readonly #id: ClusterParts;
  readonly #context: RunContext;

  /** @param armWith creates the client for a context whose time is shorter than the run's */
  constructor(armWith: (context: RunContext) => ArmClient, id: ClusterParts, context: RunContext) {
    this.#armWith = armWith;
    this.#id = id;
    this.#context = context;
  }

  /**
   * Reads the cluster's last writes, with one request that is given up after {@link LIMIT_MS}. A refusal or an error is part of the result.
   *
   * @param until milliseconds since the epoch; `since` as well
   * @throws only the reason why the run ends
   */
  async lastWrites(until: number, since = until - HISTORY_MS): Promise<Observed<readonly LastWrite[]>> {
    const { signal, deadlineAt, clock } = this.#context;
    const limited = { ...this.#context, signal: AbortSignal.any([signal, clock.timeout(LIMIT_MS)]), deadlineAt: Math.min(deadlineAt, clock.now() + LIMIT_MS) };
    const doing = "reading the activity log of the cluster";
    const unknown = (reason: string): Unobserved => ({ seen: false, why: `${doing}: ${reason.slice(0, MAX_REASON)}`, remedy: "" });
    try {
      const answer = await this.#armWith(limited).send({ doing, method: "GET", path: this.#path(since, until), needs: READ_EVENTS });
      const events = at(answer.json(), "value");
      if (!Array.isArray(events)) throw answer.unreadable("a list of events");
      return { seen: true, value: lastWritesIn(events, since, until) };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ServiceError) return unknown(isMissingRole(error.failure) ? missingRole(error.failure) : error.message);
      if (!limited.signal.aborted) throw error;
      return unknown(`no answer within ${duration(LIMIT_MS)}`);
    }
  }

  /** One of the few filters that the service takes. It is used without `$select`, which is not documented to know `caller`. */
  #path(since: number, until: number): string {
    const filter = `eventTimestamp ge '${new Date(since).toISOString()}' and eventTimestamp le '${new Date(until).toISOString()}' and resourceUri eq '${resourceId(this.#id)}'`;
    return `/subscriptions/${this.#id.subscriptionId}/providers/Microsoft.Insights/eventtypes/management/values?api-version=${API_VERSION}&$filter=${encodeURIComponent(filter)}`;
  }
}

/**
 * Operations that change a cluster: writes, deletions, and actions such as `start` and `stop`. Fetching credentials and running commands
 * are actions that do not. Policies and Resource Health log events about the cluster under names of their own.
 */
const CHANGE = /^microsoft\.containerservice\/managedclusters\/(?:.+\/)?(?:write|delete|(?!list\w*\/|runcommand\/)\w+\/action)$/i;
const ENDED = /^(?:succeeded|failed|cancell?ed)$/i;

/** A {@link LastWrite} so far: its time in milliseconds since the epoch, and Azure's name of the operation in place of the translated one. */
interface WriteEvent {
  readonly sentAt: number;
  readonly operation: string;
  readonly write: LastWrite;
}

/**
 * The writes among events, newest first, one an operation: its events share the correlation ID, and the last one has its status.
 *
 * @param since milliseconds since the epoch, as `until`: what is outside is left out
 */
export function lastWritesIn(events: readonly unknown[], since: number, until: number): readonly LastWrite[] {
  const operations = new Map<string, WriteEvent>();
  for (const event of events.flatMap(readEvent).sort(byTime)) {
    if (event.sentAt < since || event.sentAt > until) continue;
    const { correlationId } = event.write;
    const key = correlationId === "" ? `event ${String(operations.size)}` : `${correlationId} ${event.operation.toLowerCase()}`;
    const first = operations.get(key) ?? event;
    operations.set(key, { ...first, write: { ...first.write, status: event.write.status } });
  }
  return [...operations.values()].reverse().slice(0, MAX_WRITES).map(({ write }) => write);
}

/** The oldest first; of two events of the same time, the one that ends the operation is the later one. */
function byTime(one: WriteEvent, other: WriteEvent): number {
  return one.sentAt - other.sentAt || Number(ENDED.test(one.write.status)) - Number(ENDED.test(other.write.status));
}

/** The event as a write; nothing if it is about something else, or has no time. */
function readEvent(event: unknown): readonly WriteEvent[] {
  const sentAt = Date.parse(textAt(event, "eventTimestamp"));
  const operation = textAt(event, "operationName", "value");
  if (Number.isNaN(sentAt) || !CHANGE.test(operation)) return [];
  const caller = textAt(event, "caller");
  const write: LastWrite = {
    at: new Date(sentAt).toISOString(),
    by: nameOf(event) || caller,
    application: textAt(event, "claims", "appid") || caller,
    operation: textAt(event, "operationName", "localizedValue") || operation,
    status: textAt(event, "status", "value"),
    correlationId: textAt(event, "correlationId"),
  };
  return [{ sentAt, operation, write }];
}

/** The name of the caller in the claims of its token. `xms_mirid` is the resource ID of a managed identity, such as a pipeline's. */
function nameOf(event: unknown): string {
  const managedIdentity = /\/userAssignedIdentities\/([^/]+)$/i.exec(textAt(event, "claims", "xms_mirid"))?.[1];
  return textAt(event, "claims", "name") || (managedIdentity ?? "");
}
