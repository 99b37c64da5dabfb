/**
 * Reads protobuf by a plan of the fields that count, and passes over the rest by its length. What is read looks as it would in
 * JSON, but for moments, which are milliseconds since the epoch, and for fields that Kubernetes writes though they are empty.
 *
 * It is our own since passing over is what counts in a list of a hundred thousand pods: see docs/adr/0009.
 */
import type { KeyChoice, KeyPlan, MessagePlan } from "./plan.ts";
import { TextPool } from "./text-pool.ts";

/** How the encoding says what comes. Source: protobuf.dev, "Encoding". */
const [VARINT, FIXED_64, LENGTH, FIXED_32] = [0, 1, 2, 5];
const LONGEST_VARINT = 10;
const HIGH = 2 ** 32;
/** Milliseconds from the epoch to the last moment that a Date can be. Source: ECMAScript, "Time Values". */
const LAST_MOMENT = 8.64e15;
/** The seconds and, in a map, the key and the value. */
const [FIRST, SECOND] = [1, 2];

const texts = new TextPool();

/** Walks over protobuf from `at` on. All of its methods throw a SyntaxError where the bytes are none. */
export class ProtobufReader {
  at: number;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** Goes to the value of the next field of this number that says its own length, passing over others; false where there is none before `end`. */
  find(number: number, end: number): boolean {
    while (this.at < end) {
      const tag = this.#varint();
      if (tag === tagOf(number, LENGTH)) return true;
      this.skip(tag, end);
    }
    if (this.at !== end) throw this.#malformed();
    return false;
  }

  /** Where the value ends that says its own length, and begins here. `end`: where what it belongs to ends. */
  length(end: number): number {
    const length = this.#varint();
    const stop = this.at + length;
    if (length < 0 || stop > end) throw this.#malformed();
    return stop;
  }

  /** Passes over the value behind a tag. */
  skip(tag: number, end: number): void {
    switch (tag & 7) {
      case LENGTH:
        this.at = this.length(end);
        return;
      case VARINT:
        this.#varint();
        return;
      case FIXED_64:
        this.at += 8;
        return;
      case FIXED_32:
        this.at += 4;
        return;
      default:
        throw this.#malformed();
    }
  }

  /** Reads the message from here to `end`. */
  message(plan: MessagePlan, end: number): Readonly<Record<string, unknown>> {
    const object: Record<string, unknown> = {};
    while (this.at < end) {
      const tag = this.#varint();
      const field = plan[tag >>> 3];
      if (field === undefined) {
        this.skip(tag, end);
        continue;
      }
      const { kind, name } = field;
      if (kind === "integer" || kind === "boolean") {
        if ((tag & 7) !== VARINT) throw this.#malformed();
        const value = this.#varint();
        object[name] = kind === "integer" ? value : value !== 0;
        continue;
      }
      if ((tag & 7) !== LENGTH) throw this.#malformed();
      const stop = this.length(end);
      switch (kind) {
        case "text":
          object[name] = texts.text(this.#bytes, this.at, stop);
          break;
        case "texts":
          if (sizeOf(object[name]) < field.first || this.#isOneOf(field.values, stop)) add(object, name, texts.text(this.#bytes, this.at, stop));
          break;
        case "time":
          object[name] = this.#time(stop);
          break;
        case "map":
          this.#entry(object, name, field.keys, stop);
          break;
        case "message":
          object[name] = this.message(field.of, stop);
          break;
        case "messages": {
          const chosen = field.some === undefined || this.#has(field.some, stop) ? field.each : field.some.others;
          if (chosen !== undefined) add(object, name, this.message(chosen, stop));
          break;
        }
      }
      this.at = stop;
    }
    if (this.at !== end) throw this.#malformed();
    return object;
  }

  /** Whether the message from here to `end` has one of these texts. Moves nothing. */
  #has({ number, values }: KeyChoice, end: number): boolean {
    const start = this.at;
    let has = false;
    while (this.at < end) {
      const tag = this.#varint();
      if (tag !== tagOf(number, LENGTH)) {
        this.skip(tag, end);
        continue;
      }
      has = this.#isOneOf(values, this.length(end));
      break;
    }
    this.at = start;
    return has;
  }

  #entry(object: Record<string, unknown>, name: string, keys: readonly KeyPlan[] | undefined, end: number): void {
    let keyFrom = 0;
    let keyTo = 0;
    let from = 0;
    let to = 0;
    while (this.at < end) {
      const tag = this.#varint();
      if (tag !== tagOf(FIRST, LENGTH) && tag !== tagOf(SECOND, LENGTH)) {
        this.skip(tag, end);
        continue;
      }
      const stop = this.length(end);
      if (tag === tagOf(FIRST, LENGTH)) {
        keyFrom = this.at;
        keyTo = stop;
      } else {
        from = this.at;
        to = stop;
      }
      this.at = stop;
    }
    const known = object[name];
    const map = isMap(known) ? known : {};
    object[name] = map;
    if (keys === undefined) {
      const key = texts.text(this.#bytes, keyFrom, keyTo);
      // The one name that is not a property like others.
      if (key !== "__proto__") map[key] = texts.text(this.#bytes, from, to);
      return;
    }
    for (const { name: key, bytes, wants } of keys) {
      if (this.#is(bytes, keyFrom, keyTo)) map[key] = wants === "presence" ? 0 : texts.text(this.#bytes, from, to);
    }
  }

  /** Whether the bytes from here to before `stop` are one of these. */
  #isOneOf(values: readonly Buffer[], stop: number): boolean {
    for (const value of values) if (this.#is(value, this.at, stop)) return true;
    return false;
  }

  /** Whether the bytes from `start` to before `stop` are these. */
  #is(value: Buffer, start: number, stop: number): boolean {
    const bytes = this.#bytes;
    if (value.length !== stop - start) return false;
    // From the end on: names that are alike begin alike.
    for (let at = value.length - 1; at >= 0; at -= 1) if (value[at] !== bytes[start + at]) return false;
    return true;
  }

  /** Undefined for the moment that is none, which Kubernetes writes as an empty message, and for what no calendar has. */
  #time(end: number): number | undefined {
    let seconds: number | undefined;
    while (this.at < end) {
      const tag = this.#varint();
      if (tag === tagOf(FIRST, VARINT)) seconds = this.#varint();
      else this.skip(tag, end);
    }
    const moment = (seconds ?? Number.NaN) * 1000;
    return Math.abs(moment) <= LAST_MOMENT ? moment : undefined;
  }

  /** Numbers are of 64 bits, two's complement; those beyond 2^53 are rounded, as JSON's are. */
  #varint(): number {
    const first = this.#bytes[this.at];
    if (first === undefined) throw this.#malformed();
    this.at += 1;
    return first < 0x80 ? first : this.#longVarint(first);
  }

  #longVarint(first: number): number {
    const bytes = this.#bytes;
    let low = first & 0x7f;
    let high = 0;
    for (let index = 1; index < LONGEST_VARINT; index += 1) {
      const byte = bytes[this.at];
      if (byte === undefined) break;
      this.at += 1;
      const bits = byte & 0x7f;
      if (index < 4) low |= bits << (7 * index);
      else if (index === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (7 * index - 32);
      if (byte < 0x80) return high === 0 ? low >>> 0 : high * HIGH + (low >>> 0);
    }
    throw this.#malformed();
  }

  #malformed(): SyntaxError {
    return new SyntaxError(`no protobuf at byte ${this.at}`);
  }
}

function tagOf(number: number, encoding: number): number {
  return (number << 3) | encoding;
}

function sizeOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 0;
}

function add(object: Record<string, unknown>, name: string, item: unknown): void {
  const list = object[name];
  if (Array.isArray(list)) list.push(item);
  else object[name] = [item];
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
