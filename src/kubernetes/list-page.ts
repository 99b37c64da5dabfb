/** Reads a page of a list. */
import { arrayAt, at, textAt } from "../lib/json.ts";

/** The objects of one page of a list, and the continue token of the next one; empty on the last page. */
export interface ListPage {
  readonly items: Iterable<unknown>;
  readonly continueToken: string;
}

/** Reads the page in a parsed response; undefined if it is not a list. */
export function readPage(body: unknown): (ListPage & { readonly items: readonly unknown[] }) | undefined {
  const items = at(body, "items");
  // Go may encode an empty list as null.
  if (items !== null && !Array.isArray(items)) return undefined;
  return { items: arrayAt(body, "items"), continueToken: textAt(body, "metadata", "continue") };
}
