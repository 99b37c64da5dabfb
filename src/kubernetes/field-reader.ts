/**
 * Reads JSON by a description of the fields that count, and passes over the rest without making anything of it. A page of pods
 * is six megabytes, of which one tenth is looked at: parsing all of it is most of the work in a large cluster.
 *
 * It works on bytes, which is three times as fast as on the characters of a string, and copies what counts to a text of its own,
 * which `JSON.parse` then reads: what is kept is what `JSON.parse` makes of the whole. What is passed over is checked for
 * nothing but where it ends.
 */
import type { Fields } from "./fields.ts";

const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c];
const [ARRAY, ARRAY_END, OBJECT, OBJECT_END] = [0x5b, 0x5d, 0x7b, 0x7d];
const ZERO = 0x30;
const SPACE = 0x20;
/** From here on the runtime copies faster than a loop does. */
const LONG = 64;

/** Texts are as JSON writes them, with their quotes. */
type Plan =
  | { readonly kind: "whole" }
  | { readonly kind: "presence" }
  | { readonly kind: "object"; readonly properties: readonly Property[] }
  | { readonly kind: "list"; readonly each: Plan }
  | { readonly kind: "some"; readonly key: Buffer; readonly values: readonly Buffer[]; readonly each: Plan; readonly others: Plan | undefined };

interface Property {
  readonly name: Buffer;
  readonly plan: Plan;
}

/** A description of fields, made ready for {@link FieldReader}. */
export type FieldPlan = Plan;

/** Makes a description ready for use. */
export function fieldPlan(fields: Fields): FieldPlan {
  switch (fields.kind) {
    case "whole":
    case "presence":
      return fields;
    case "object":
      return { kind: "object", properties: Object.entries(fields.of).map(([name, of]) => ({ name: quoted(name), plan: fieldPlan(of) })) };
    case "list":
      return { kind: "list", each: fieldPlan(fields.each) };
    case "some":
      return { kind: "some", key: quoted(fields.key), values: fields.values.map(quoted), each: fieldPlan(fields.each), others: fields.others && fieldPlan(fields.others) };
  }
}

/** Walks over JSON from `at` on, which its methods move. All of them throw a SyntaxError where the bytes are no JSON. */
export class FieldReader {
  at = 0;
  readonly #bytes: Buffer;
  #kept = Buffer.allocUnsafe(16 * 1024);
  #length = 0;
  /** Where the string that was read last begins and ends, with its quotes. */
  #start = 0;
  #end = 0;
  #isEscaped = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** The next byte that is no white space; 0 at the end. Stays there. */
  peek(): number {
    const bytes = this.#bytes;
    while (this.at < bytes.length) {
      const byte = bytes[this.at] ?? 0;
      if (byte > SPACE) return byte;
      this.at += 1;
    }
    return 0;
  }

  /** Takes the next byte that is no white space if it is this one. */
  take(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.at += 1;
    return true;
  }

  /** Reads a property's name up to its value. */
  name(): string {
    this.#name();
    return this.#text();
  }

  /** Reads the next value, of which only what the plan says is made. */
  value(plan: FieldPlan): unknown {
    this.#length = 0;
    this.#keep(plan);
    const value: unknown = JSON.parse(this.#kept.toString("utf8", 0, this.#length));
    return value;
  }

  /** Passes over the next value. */
  skip(): void {
    this.peek();
    const bytes = this.#bytes;
    const end = bytes.length;
    let at = this.at;
    let depth = 0;
    while (at < end) {
      const byte = bytes[at];
      if (byte === QUOTE) {
        at = endOfString(bytes, at);
        if (depth === 0) break;
        continue;
      }
      if (byte === OBJECT || byte === ARRAY) depth += 1;
      else if (byte === OBJECT_END || byte === ARRAY_END) {
        if (depth === 0) break;
        depth -= 1;
        if (depth === 0) {
          at += 1;
          break;
        }
      } else if (byte === COMMA && depth === 0) break;
      at += 1;
    }
    if (depth > 0 || at > end || at === this.at) throw this.#noJson();
    this.at = at;
  }

  #keep(plan: Plan): void {
    const first = this.peek();
    if (plan.kind === "object" && first === OBJECT) this.#keepObject(plan.properties);
    else if (plan.kind === "list" && first === ARRAY) this.#keepList(() => plan.each);
    else if (plan.kind === "some" && first === ARRAY) this.#keepList(() => (this.#nextHas(plan.key, plan.values) ? plan.each : plan.others));
    else {
      const from = this.at;
      this.skip();
      if (plan.kind === "presence") this.#write(ZERO);
      else this.#copy(from, this.at);
    }
  }

  #keepObject(properties: readonly Property[]): void {
    this.at += 1;
    this.#write(OBJECT);
    let isFirst = true;
    for (let more = !this.take(OBJECT_END); more; more = this.#goesOn(OBJECT_END)) {
      this.#name();
      const property = this.#find(properties);
      if (property === undefined) {
        this.skip();
        continue;
      }
      if (!isFirst) this.#write(COMMA);
      isFirst = false;
      this.#copy(this.#start, this.#end);
      this.#write(COLON);
      this.#keep(property.plan);
    }
    this.#write(OBJECT_END);
  }

  #keepList(planOfNext: () => Plan | undefined): void {
    this.at += 1;
    this.#write(ARRAY);
    let isFirst = true;
    for (let more = !this.take(ARRAY_END); more; more = this.#goesOn(ARRAY_END)) {
      const plan = planOfNext();
      if (plan === undefined) {
        this.skip();
        continue;
      }
      if (!isFirst) this.#write(COMMA);
      isFirst = false;
      this.#keep(plan);
    }
    this.#write(ARRAY_END);
  }

  /** Whether what comes next is an object whose property has one of these values. Moves nothing. */
  #nextHas(key: Buffer, values: readonly Buffer[]): boolean {
    const start = this.at;
    let has = false;
    if (this.take(OBJECT)) {
      for (let more = !this.take(OBJECT_END); more; more = this.#goesOn(OBJECT_END)) {
        this.#name();
        if (!this.#is(key)) {
          this.skip();
          continue;
        }
        if (this.peek() === QUOTE) {
          this.#string();
          has = values.some((value) => this.#is(value));
        }
        break;
      }
    }
    this.at = start;
    return has;
  }

  /** After a property or an item: whether another comes. */
  #goesOn(end: number): boolean {
    if (this.take(COMMA)) return true;
    if (this.take(end)) return false;
    throw this.#noJson();
  }

  /** Reads a property's name and the colon behind it. */
  #name(): void {
    if (this.peek() !== QUOTE) throw this.#noJson();
    this.#string();
    if (!this.take(COLON)) throw this.#noJson();
  }

  /** Reads the string that begins here. */
  #string(): void {
    const bytes = this.#bytes;
    const end = bytes.length;
    this.#start = this.at;
    this.#isEscaped = false;
    for (let at = this.at + 1; at < end; at += 1) {
      const byte = bytes[at];
      if (byte === QUOTE) {
        this.#end = at + 1;
        this.at = at + 1;
        return;
      }
      if (byte !== BACKSLASH) continue;
      this.#isEscaped = true;
      at += 1;
    }
    throw this.#noJson();
  }

  #find(properties: readonly Property[]): Property | undefined {
    for (const property of properties) if (this.#is(property.name)) return property;
    return undefined;
  }

  /** Whether the string that was read last is this one. */
  #is(text: Buffer): boolean {
    if (this.#isEscaped) return JSON.stringify(this.#text()) === text.toString();
    const [bytes, start] = [this.#bytes, this.#start];
    if (text.length !== this.#end - start) return false;
    // The quotes are alike. From the end on: names that are alike begin alike.
    for (let at = text.length - 2; at > 0; at -= 1) if (text[at] !== bytes[start + at]) return false;
    return true;
  }

  #text(): string {
    const text: unknown = JSON.parse(this.#bytes.toString("utf8", this.#start, this.#end));
    return String(text);
  }

  #write(byte: number): void {
    if (this.#length === this.#kept.length) this.#grow(1);
    this.#kept[this.#length] = byte;
    this.#length += 1;
  }

  #copy(from: number, to: number): void {
    const length = to - from;
    if (this.#length + length > this.#kept.length) this.#grow(length);
    const [bytes, kept] = [this.#bytes, this.#kept];
    if (length < LONG) for (let at = 0; at < length; at += 1) kept[this.#length + at] = bytes[from + at] ?? 0;
    else bytes.copy(kept, this.#length, from, to);
    this.#length += length;
  }

  #grow(by: number): void {
    const grown = Buffer.allocUnsafe(2 * (this.#length + by));
    this.#kept.copy(grown, 0, 0, this.#length);
    this.#kept = grown;
  }

  #noJson(): SyntaxError {
    return new SyntaxError(`no JSON at byte ${this.at}`);
  }
}

/** Behind the quote that closes the string which opens at `from`; behind the last byte where none does. */
function endOfString(bytes: Buffer, from: number): number {
  const end = bytes.length;
  for (let at = from + 1; at < end; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at += 1;
  }
  return end + 1;
}

function quoted(name: string): Buffer {
  return Buffer.from(JSON.stringify(name));
}
