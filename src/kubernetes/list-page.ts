/**
 * A page of a list, an object at a time. A page of pods is megabytes of text and five times that as objects: read one by one,
 * each is forgotten before the next is made, and what no question reads is not made at all.
 */

/** The objects of one page of a list, and where it goes on; empty at its end. */
export interface ListPage {
  readonly items: Iterable<unknown>;
  readonly continueAt: string;
}

/** A page as it came: its text, and the same as JSON. */
interface PageText {
  readonly text: string;
  /** May throw, where the text is no JSON. */
  json(): unknown;
}

const ITEMS = '"items":[';
/** Between two objects of a list. Quotes within a text are escaped, so that none can look like it. */
const BETWEEN = '},{"metadata":{';
const MANAGED_FIELDS = ',"managedFields":[';

/** Opens a page; undefined for what is no list. Whatever is not written the way the API server does is read as a whole. */
export function openPage(page: PageText): ListPage | undefined {
  const { text } = page;
  const start = text.indexOf(ITEMS) + ITEMS.length;
  const end = text.lastIndexOf("]");
  const head = start < ITEMS.length ? undefined : readPage(parse(`${text.slice(0, start)}]}`));
  if (head === undefined || end < start || text.slice(end).trim() !== "]}") return readPage(page.json());
  return { items: itemsBetween(page, start, end), continueAt: head.continueAt };
}

/** The objects of one page of a list that was parsed as a whole; undefined for what is no list. */
export function readPage(body: unknown): (ListPage & { readonly items: readonly unknown[] }) | undefined {
  if (typeof body !== "object" || body === null || !("items" in body)) return undefined;
  // Go writes an empty list as null now and then.
  const items: unknown = body.items ?? [];
  if (!Array.isArray(items)) return undefined;
  const metadata: unknown = "metadata" in body ? body.metadata : undefined;
  const token: unknown = typeof metadata === "object" && metadata !== null && "continue" in metadata ? metadata.continue : undefined;
  return { items, continueAt: typeof token === "string" ? token : "" };
}

function* itemsBetween(page: PageText, start: number, end: number): Generator<unknown, void> {
  const { text } = page;
  let read = 0;
  for (let from = start; from < end; read += 1) {
    const next = text.indexOf(BETWEEN, from);
    const until = next < 0 || next >= end ? end : next + 1;
    const item = parse(withoutManagedFields(text, from, until));
    if (item === undefined) {
      // Not where an object ends after all. What parsed before was whole, one object each.
      yield* (readPage(page.json())?.items ?? []).slice(read);
      return;
    }
    yield item;
    from = until + 1;
  }
}

/**
 * The text of one object without who set which field: a third of it, half the work of parsing it, and nothing that anybody here
 * asks for.
 */
function withoutManagedFields(text: string, from: number, until: number): string {
  const at = text.indexOf(MANAGED_FIELDS, from);
  if (at < 0 || at >= until) return text.slice(from, until);
  return text.slice(from, at) + text.slice(endOfValue(text, at + MANAGED_FIELDS.length - 1, until), until);
}

const [QUOTE, BACKSLASH, ARRAY, ARRAY_END, OBJECT, OBJECT_END] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/** Where the array or object that begins at `from` has ended. Character codes: this runs over a gigabyte in a large cluster. */
function endOfValue(text: string, from: number, until: number): number {
  let depth = 0;
  for (let at = from; at < until; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      for (at += 1; at < until && text.charCodeAt(at) !== QUOTE; at += 1) if (text.charCodeAt(at) === BACKSLASH) at += 1;
    } else if (code === OBJECT || code === ARRAY) {
      depth += 1;
    } else if (code === OBJECT_END || code === ARRAY_END) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return until;
}

function parse(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    return undefined;
  }
}
