/** How a question is put, whatever carries it: one object, or all pages of a list, started over where the list changed too much. */
import { setImmediate } from "node:timers/promises";
import { ActionError, ServiceError } from "../lib/errors.ts";
import type { RunContext } from "../lib/run-context.ts";
import type { ListPage } from "./list-page.ts";
import type { Query } from "./query.ts";

/** Objects a page. */
export const PAGE_SIZE = 500;
/** Reading these takes a millisecond or two. */
const OBJECTS_A_TURN = 50;
/** A continue token lives for minutes; a list that outlives it this often will not end. */
const MAX_RESTARTS = 3;
/** A million objects: a server that always knows another page will not end. */
const MAX_PAGES = 2000;

/** Carries single requests. Both reject with a ServiceError for a refusal or where no answer came. */
export interface Transport {
  /** The object at a path. */
  object(query: Query, path: string): Promise<unknown>;
  /** A page of a list; undefined where the answer is no list. `continueAt` is empty for the first page. */
  page(query: Query, path: string, continueAt: string): Promise<ListPage | undefined>;
}

/**
 * Puts a question; it ends with its answer, or with why there is none.
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
    query.fail(`${error.doing}: ${error.message}`, error.remedy);
  }
}

async function get(query: Query, transport: Transport): Promise<void> {
  query.restart();
  try {
    for (const path of query.paths) {
      const object = await transport.object(query, path);
      if (typeof object !== "object" || object === null || Array.isArray(object)) throw notKubernetes(query.doing, "it answered something that is not an object.");
      query.receive(object);
    }
  } catch (error) {
    if (!(error instanceof ServiceError) || error.status !== 404) throw error;
  }
}

async function list(query: Query, transport: Transport, context: RunContext): Promise<void> {
  for (let restarts = 0; ; restarts += 1) {
    query.restart();
    try {
      for (const path of query.paths) await pages(query, transport, path);
      return;
    } catch (error) {
      if (!(error instanceof ServiceError) || error.status !== 410 || restarts === MAX_RESTARTS) throw error;
      context.log.info(`${query.doing}: the list changed too much to go on, starting over`);
    }
  }
}

/**
 * The next page is on its way while this one is read: the server makes it meanwhile. Every so many objects what has come of it is
 * taken in, so that it is unpacked, on another core, by the time it is read.
 */
async function pages(query: Query, transport: Transport, path: string): Promise<void> {
  let coming = transport.page(query, path, "");
  for (let continueAt = "", read = 1; ; read += 1) {
    const page = await coming;
    if (page === undefined) throw notKubernetes(query.doing, "it answered something that is not a list.");
    const isLast = page.continueAt === "";
    if (!isLast && (page.continueAt === continueAt || read === MAX_PAGES)) throw notKubernetes(query.doing, "it answered a list that does not end.");
    // Half a character can be no part of a URL.
    if (/\p{Cs}/u.test(page.continueAt)) throw notKubernetes(query.doing, "it answered a page that cannot be gone on from.");
    continueAt = page.continueAt;
    if (!isLast) {
      coming = transport.page(query, path, continueAt);
      // Awaited in the next round, if this page can be read to its end: else nobody asks what became of it.
      coming.catch(() => undefined);
    }
    let heard = 0;
    for (const item of page.items) {
      query.receive(item);
      heard += 1;
      if (!isLast && heard % OBJECTS_A_TURN === 0) await setImmediate();
    }
    if (isLast) return;
  }
}

/** An answer that no API server would give. */
export function notKubernetes(doing: string, message: string): ServiceError {
  return new ServiceError({ service: "Kubernetes", doing, status: 200, code: "NotKubernetes", message }, "Check that the API server's address leads to the cluster.");
}
