/** Lists of Resource Manager, page by page, as raw JSON. */
import type { Right } from "../lib/errors.ts";
import { at } from "../lib/json.ts";
import type { ArmClient } from "./arm-client.ts";
import { invalidAnswer } from "./invalid-answer.ts";

/** The most pages of one list, so that a server that always names another page cannot keep a run busy. */
const MAX_PAGES = 1000;

/** A list to read. */
export interface ListRequest {
  /** A gerund phrase for errors: `listing the subscriptions`. */
  readonly doing: string;
  /** Path and query of the first page. */
  readonly path: string;
  readonly needs?: Right;
}

/**
 * Reads every item of a list, in Azure's order, with one request per page.
 *
 * @throws ServiceError for a refusal, for a page without a list, and for a next page that is at another origin or was read
 * before: tokens go to the cloud's own Resource Manager only, and a list must end
 */
export async function listAll(arm: ArmClient, { doing, path, needs }: ListRequest): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  const seen = new Set<string>();
  let next: string | undefined = path;
  while (next !== undefined) {
    seen.add(next);
    const answer = await arm.send({ doing, method: "GET", path: next, ...(needs === undefined ? {} : { needs }) });
    const invalid = (message: string): Error => invalidAnswer(doing, message, answer.status);
    const page = answer.json();
    const value = at(page, "value");
    if (!Array.isArray(value)) throw invalid("it answered a page without a list.");
    // Spreading a million items would exceed the arguments that a function may have.
    for (const item of value) items.push(item);
    next = nextPath(at(page, "nextLink"), arm.origin, invalid);
    if (next !== undefined && seen.has(next)) throw invalid("its next page is one that was read before.");
    if (next !== undefined && seen.size >= MAX_PAGES) throw invalid(`it has more than ${MAX_PAGES} pages.`);
  }
  return items;
}

/** Path and query of the next page; undefined at the end of the list. */
function nextPath(link: unknown, origin: string, invalid: (message: string) => Error): string | undefined {
  if (link === undefined || link === null || link === "") return undefined;
  const url = typeof link === "string" && URL.canParse(link) ? new URL(link) : undefined;
  if (url?.origin !== origin) throw invalid(`its next page is at ${url?.origin ?? "no address"}, not at ${origin}, and is not followed.`);
  return `${url.pathname}${url.search}`;
}
