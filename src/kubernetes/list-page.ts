/**
 * A page of a list, an object at a time. A page of pods is megabytes of JSON and five times that as objects: read one by one,
 * each is forgotten before the next is made, and what no question reads is not made at all.
 */
import { type FieldPlan, fieldPlan, FieldReader } from "./field-reader.ts";
import { fieldsOf } from "./fields.ts";

/** The objects of one page of a list, and where it goes on; empty at its end. */
export interface ListPage {
  readonly items: Iterable<unknown>;
  readonly continueAt: string;
}

/** A page as it came, and the same as JSON. */
interface PageBytes {
  readonly bytes: Buffer;
  /** May throw, where it is no JSON. */
  json(): unknown;
}

const [ARRAY, ARRAY_END, OBJECT, OBJECT_END, COMMA] = [0x5b, 0x5d, 0x7b, 0x7d, 0x2c];
const WHOLE: FieldPlan = { kind: "whole" };
const plans = new Map<string, FieldPlan>();

/**
 * Opens a page; undefined for what is no list. The objects have the fields that {@link fieldsOf} names for this resource, such
 * as `pods`. What is not written the way the API server does, with the list's own metadata first, is read as a whole.
 */
export function openPage(page: PageBytes, resource: string): ListPage | undefined {
  const reader = new FieldReader(page.bytes);
  const metadata = orUndefined(() => untilItems(reader));
  if (metadata === undefined) return readPage(page.json());
  return { items: itemsOf(page, reader, planFor(resource)), continueAt: tokenIn(metadata) };
}

/** The objects of one page of a list that was parsed as a whole; undefined for what is no list. */
export function readPage(body: unknown): (ListPage & { readonly items: readonly unknown[] }) | undefined {
  if (typeof body !== "object" || body === null || !("items" in body)) return undefined;
  // Go writes an empty list as null now and then.
  const items: unknown = body.items ?? [];
  if (!Array.isArray(items)) return undefined;
  return { items, continueAt: tokenIn("metadata" in body ? body.metadata : undefined) };
}

/** Reads up to the first object; the list's metadata, or undefined where that does not come first. */
function untilItems(reader: FieldReader): unknown {
  if (!reader.take(OBJECT)) return undefined;
  let metadata: unknown;
  do {
    const name = reader.name();
    if (name === "items") return reader.take(ARRAY) ? metadata : undefined;
    if (name === "metadata") metadata = reader.value(WHOLE);
    else reader.skip();
  } while (reader.take(COMMA));
  return undefined;
}

function* itemsOf(page: PageBytes, reader: FieldReader, plan: FieldPlan): Generator<unknown, void> {
  let read = 0;
  if (!reader.take(ARRAY_END)) {
    do {
      const item = orUndefined(() => reader.value(plan));
      if (item === undefined) return yield* theRest(page, read);
      yield item;
      read += 1;
    } while (reader.take(COMMA));
    if (!reader.take(ARRAY_END)) return yield* theRest(page, read);
  }
  // Behind the objects there is nothing, or something that no API server writes; or the answer was cut.
  if (!reader.take(OBJECT_END) || reader.peek() !== 0) yield* theRest(page, read);
}

/** Where reading by fields ends early: throws where the page is no JSON, and else gives the objects that are left. */
function* theRest(page: PageBytes, read: number): Generator<unknown, void> {
  yield* (readPage(page.json())?.items ?? []).slice(read);
}

function planFor(resource: string): FieldPlan {
  const known = plans.get(resource);
  if (known !== undefined) return known;
  const fields = fieldsOf(resource);
  const plan = fields === undefined ? WHOLE : fieldPlan(fields);
  plans.set(resource, plan);
  return plan;
}

function tokenIn(metadata: unknown): string {
  const token: unknown = typeof metadata === "object" && metadata !== null && "continue" in metadata ? metadata.continue : undefined;
  return typeof token === "string" ? token : "";
}

/** What a reading gives; undefined where the bytes are no JSON. */
function orUndefined(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
