/** Runs a query through a transport that sends single requests: gets one object, or reads all pages of a list. */
import { setImmediate } from "node:timers/promises";
import { ActionError, ServiceError } from "../lib/errors.ts";
import type { RunContext } from "../lib/run-context.ts";
import type { ListPage } from "./list-page.ts";
import { ListRestarts, MAX_PAGES } from "./paging.ts";
import type { Query } from "./query.ts";

/** Reading this many objects takes a millisecond or two. */
const OBJECTS_PER_TURN = 50;

/** Sends single requests. Both methods reject with a ServiceError for a refusal or if there is no response. */
export interface Transport {
  /** The object at a path. */
  getObject(query: Query, path: string): Promise<unknown>;
  /** A page of a list; undefined if the response is not a list. `continueToken` is empty for the first page. */
  getPage(query: Query, path: string, continueToken: string): Promise<ListPage | undefined>;
  /** A whole list in one answer, which needs no continue token. Only for transports that do not show the token of a refusal. */
  getWhole?(query: Query, path: string): Promise<ListPage | undefined>;
  /** Reports that a list is complete, but not of one moment. */
  warn(text: string): void;
}

/**
 * Runs a query, which holds its result afterwards, or why it failed.
 *
 * @throws only the run's own end
 */
export async function runQuery(query: Query, transport: Transport, context: RunContext): Promise<void> {
  try {
    if (query.verb === "get") await get(query, transport);
    else await list(query, transport, context);
    query.finish();
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof ActionError)) throw error;
    query.fail(`${error.doing}: ${error.message}`, error.remedy, error instanceof ServiceError ? error.failure : undefined);
  }
}

async function get(query: Query, transport: Transport): Promise<void> {
  query.restart();
  try {
    for (const path of query.paths) {
      const object = await transport.getObject(query, path);
      if (typeof object !== "object" || object === null || Array.isArray(object)) throw notKubernetes(query.doing, "the response is not an object.");
      query.receive(object);
    }
  } catch (error) {
    if (!(error instanceof ServiceError) || error.status !== 404) throw error;
  }
}

async function list(query: Query, transport: Transport, context: RunContext): Promise<void> {
  const restarts = new ListRestarts(query.doing, context.log);
  for (;;) {
    query.restart();
    try {
      for (const path of query.paths) await readPages(query, transport, path, restarts);
      return;
    } catch (error) {
      if (!(error instanceof ServiceError) || error.status !== 410) throw error;
      if (restarts.allows(error.failure)) continue;
      if (transport.getWhole === undefined) throw error;
      query.restart();
      for (const path of query.paths) receiveAll(query, await transport.getWhole(query, path));
      return;
    }
  }
}

/**
 * Requests the next page before it reads the current one, so that the server prepares it in the meantime. After every
 * {@link OBJECTS_PER_TURN} objects the event loop gets a turn: it receives the next page and decompresses it on another core.
 */
async function readPages(query: Query, transport: Transport, path: string, restarts: ListRestarts): Promise<void> {
  let nextPage = transport.getPage(query, path, "");
  for (let continueToken = "", pages = 1; ; pages += 1) {
    const page = await nextPage.catch((error: unknown) => readRemainder(error, query, transport, path, restarts));
    if (page === undefined) throw notKubernetes(query.doing, "the response is not a list.");
    const isLast = page.continueToken === "";
    if (!isLast && (page.continueToken === continueToken || pages === MAX_PAGES)) throw notKubernetes(query.doing, "the list does not end.");
    // Half of a surrogate pair cannot be encoded in a URL.
    if (/\p{Cs}/u.test(page.continueToken)) throw notKubernetes(query.doing, "the continue token is not valid.");
    continueToken = page.continueToken;
    if (!isLast) {
      nextPage = transport.getPage(query, path, continueToken);
      // The next iteration awaits it. If reading this page fails, the rejection would be unhandled.
      nextPage.catch(() => undefined);
    }
    let received = 0;
    for (const item of page.items) {
      query.receive(item);
      received += 1;
      if (!isLast && received % OBJECTS_PER_TURN === 0) await setImmediate();
    }
    if (isLast) return;
  }
}

function receiveAll(query: Query, page: ListPage | undefined): void {
  if (page === undefined) throw notKubernetes(query.doing, "the response is not a list.");
  for (const item of page.items) query.receive(item);
}

/** The page after one that has expired again and again, from the state that the cluster has now. @throws the error if the server offers no such page */
async function readRemainder(error: unknown, query: Query, transport: Transport, path: string, restarts: ListRestarts): Promise<ListPage | undefined> {
  const token = error instanceof ServiceError ? restarts.remainder(error.failure) : undefined;
  if (token === undefined) throw error;
  transport.warn(`${query.doing}: the list expired again and again while it was read, so its end is from a later moment than its start. Counts may be off.`);
  return transport.getPage(query, path, token);
}

/** The error for a response that an API server does not send. */
export function notKubernetes(doing: string, message: string): ServiceError {
  return new ServiceError({ service: "Kubernetes", doing, status: 200, code: "NotKubernetes", message }, "Check that the API server's address is correct and that no proxy responds in its place.");
}
