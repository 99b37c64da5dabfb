/** Reads a page of a list. */

/** The objects of one page of a list, and the continue token of the next one; empty on the last page. */
export interface ListPage {
  readonly items: Iterable<unknown>;
  readonly continueToken: string;
}

/** Reads the page in a parsed response; undefined if it is not a list. */
export function readPage(body: unknown): (ListPage & { readonly items: readonly unknown[] }) | undefined {
  if (typeof body !== "object" || body === null || !("items" in body)) return undefined;
  // Go may encode an empty list as null.
  const items: unknown = body.items ?? [];
  if (!Array.isArray(items)) return undefined;
  return { items, continueToken: tokenIn("metadata" in body ? body.metadata : undefined) };
}

function tokenIn(metadata: unknown): string {
  const token: unknown = typeof metadata === "object" && metadata !== null && "continue" in metadata ? metadata.continue : undefined;
  return typeof token === "string" ? token : "";
}
