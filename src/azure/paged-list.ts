/** Lists of Resource Manager, page by page. */
import { type Right, ServiceError } from "../lib/errors.ts";
import { remedyFor } from "../lib/error-table.ts";
import type { ArmClient } from "./arm-client.ts";

/** A server that always knows another page will not end. */
const MAX_PAGES = 1000;

/** A list, in the terms of the domain. */
export interface ListRequest {
  /** A gerund phrase for errors: `listing the subscriptions`. */
  readonly doing: string;
  /** Path and query of the first page. */
  readonly path: string;
  readonly needs?: Right;
}

/**
 * Every item of a list, in the order in which Azure sends them; one request a page, the next only when the former has come.
 *
 * @throws ServiceError for a refusal, for a page that is none, and for a next page that is elsewhere or was read before:
 * tokens go to the chosen Resource Manager only, and a list must end
 */
export async function listAll(arm: ArmClient, { doing, path, needs }: ListRequest): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  const seen = new Set<string>();
  let next: string | undefined = path;
  while (next !== undefined) {
    seen.add(next);
    const answer = await arm.send({ doing, method: "GET", path: next, ...(needs === undefined ? {} : { needs }) });
    const page = fields(answer.json());
    if (!Array.isArray(page["value"])) throw notAzure(doing, answer.status, "it answered a page without a list.");
    for (const item of page["value"]) items.push(item);
    next = nextPath(page["nextLink"], arm.origin, doing, answer.status);
    if (next !== undefined && seen.has(next)) throw notAzure(doing, answer.status, "its next page is one that was read before.");
    if (next !== undefined && seen.size >= MAX_PAGES) throw notAzure(doing, answer.status, `it has more than ${MAX_PAGES} pages.`);
  }
  return items;
}

/** Path and query of the next page; undefined at the end of the list. */
function nextPath(link: unknown, origin: string, doing: string, status: number): string | undefined {
  if (link === undefined || link === null || link === "") return undefined;
  const url = typeof link === "string" && URL.canParse(link) ? new URL(link) : undefined;
  if (url?.origin !== origin) throw notAzure(doing, status, `its next page is at ${url?.origin ?? "no address"}, not at ${origin}, and is not followed.`);
  return `${url.pathname}${url.search}`;
}

function notAzure(doing: string, status: number, message: string): ServiceError {
  const failure = { service: "Resource Manager", doing, status, code: "NotAzure", message } as const;
  return new ServiceError(failure, remedyFor(failure));
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}
