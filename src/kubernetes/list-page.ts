/** A page of a list, as its objects and where it goes on. */

/** The objects of one page of a list, and where it goes on; empty at its end. */
export interface ListPage {
  readonly items: Iterable<unknown>;
  readonly continueAt: string;
}

/** The page in a parsed answer; undefined for what is no list. */
export function readPage(body: unknown): (ListPage & { readonly items: readonly unknown[] }) | undefined {
  if (typeof body !== "object" || body === null || !("items" in body)) return undefined;
  // Go writes an empty list as null now and then.
  const items: unknown = body.items ?? [];
  if (!Array.isArray(items)) return undefined;
  return { items, continueAt: tokenIn("metadata" in body ? body.metadata : undefined) };
}

function tokenIn(metadata: unknown): string {
  const token: unknown = typeof metadata === "object" && metadata !== null && "continue" in metadata ? metadata.continue : undefined;
  return typeof token === "string" ? token : "";
}
