/** A page of a list, as its objects and where it goes on. */
import { arrayAt, at, textAt } from "../lib/json.ts";

/** The objects of one page of a list, and where it goes on; empty at its end. */
export interface ListPage {
  readonly items: Iterable<unknown>;
  readonly continueAt: string;
}

/** The page in a parsed answer; undefined for what is no list. */
export function readPage(body: unknown): (ListPage & { readonly items: readonly unknown[] }) | undefined {
  const items = at(body, "items");
  // Go may write an empty list as null.
  if (items !== null && !Array.isArray(items)) return undefined;
  return { items: arrayAt(body, "items"), continueAt: textAt(body, "metadata", "continue") };
}
