/** Lists are read in pages. All transports use the same limits and the same rule for starting again. */
import type { Failure } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { Query } from "./query.ts";
import { checkSelectors, parsePath } from "./resource-path.ts";

/** Objects per page. */
export const PAGE_SIZE = 500;
/** Objects per page in a run command, where jq holds a page in the memory of a small pod. */
export const RUN_COMMAND_PAGE_SIZE = 250;
/** A million objects. Limits a list whose every page has another continue token. */
export const MAX_PAGES = 2000;
/** A continue token is valid for some minutes. A list whose token expires more often than this is given up. */
const MAX_RESTARTS = 3;

/**
 * The path of a list up to its limit. The number must follow, then the continue token.
 *
 * @throws ActionError for names or selectors that are not valid
 */
export function listPath({ selectors, doing }: Query, path: string): string {
  parsePath(path, doing);
  return `${path}?${selectors === undefined ? "" : `${checkSelectors(selectors, doing)}&`}limit=`;
}

/**
 * The path of a page of a list. `continueToken` is empty for the first page. With the limit 0 the page is the whole list.
 *
 * @throws ActionError for names or selectors that are not valid
 */
export function pagePath(query: Query, path: string, continueToken: string, limit = PAGE_SIZE): string {
  return `${listPath(query, path)}${limit}${continueToken === "" ? "" : `&continue=${encodeURIComponent(continueToken)}`}`;
}

/** Decides how a list goes on after its continue token has expired (status 410): from the first page a few times, then with what is left. */
export class ListRestarts {
  readonly #doing: string;
  readonly #log: Log;
  #count = 0;

  constructor(doing: string, log: Log) {
    this.#doing = doing;
    this.#log = log;
  }

  /**
   * The token with which the list goes on, once it has started again often enough: the API server then lists the rest as it is now, so
   * that objects which changed in the meantime may be missing or counted twice. Undefined if the server offers none.
   */
  remainder({ status, continueToken }: Failure): string | undefined {
    return status === 410 && this.#count === MAX_RESTARTS ? continueToken : undefined;
  }

  /** Counts and logs the restart that it allows. */
  allows({ status }: Failure): boolean {
    if (status !== 410 || this.#count === MAX_RESTARTS) return false;
    this.#count += 1;
    this.#log.info(`${this.#doing}: the continue token has expired; starting again with the first page`);
    return true;
  }
}
