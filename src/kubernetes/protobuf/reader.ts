/**
 * Reads the planned fields of protobuf messages and skips all others by their length. The result equals the JSON of the object, except
 * that times are milliseconds since the epoch and that Kubernetes also writes some empty fields.
 *
 * A reader of our own, because skipping fields fast decides the time for a list of 100,000 pods: see docs/adr/0009.
 */
import type { KeyPlan, MessagePlan, MessageSelection } from "./plan.ts";
import { TextPool } from "./text-pool.ts";

/** Wire types. Source: protobuf.dev, "Encoding". */
const [VARINT, FIXED_64, LENGTH, FIXED_32] = [0, 1, 2, 5];
const LONGEST_VARINT = 10;
/** The smallest tag: of field number 1. */
const FIRST_TAG = 8;
const HIGH = 2 ** 32;
/** The largest time value of a Date, in milliseconds since the epoch. Source: ECMAScript, "Time Values". */
const MAX_TIME = 8.64e15;
/** Field numbers: the seconds of a time, and the key and the value of a map entry. */
const [FIRST, SECOND] = [1, 2];

const texts = new TextPool();

/** Reads protobuf from the offset `at`. All methods throw a SyntaxError if the bytes are malformed. */
export class ProtobufReader {
  at: number;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** Moves to the value of the next length-delimited field of this number. @returns false if there is none before `end` */
  find(number: number, end: number): boolean {
    while (this.at < end) {
      const tag = this.#tag();
      if (tag === tagOf(number, LENGTH)) return true;
      this.skip(tag, end);
    }
    if (this.at !== end) throw this.#malformed();
    return false;
  }

  /** Reads a length. @returns where the value ends, which is at most `end`, the end of the enclosing message */
  length(end: number): number {
    const length = this.#varint();
    const stop = this.at + length;
    if (length < 0 || stop > end) throw this.#malformed();
    return stop;
  }

  /** Skips the value after a tag. */
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
      const tag = this.#tag();
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
          const itemPlan = field.selection === undefined || this.#isSelected(field.selection, stop) ? field.each : field.selection.others;
          if (itemPlan !== undefined) add(object, name, this.message(itemPlan, stop));
          break;
        }
      }
      this.at = stop;
    }
    if (this.at !== end) throw this.#malformed();
    return object;
  }

  /** Whether the message from here to `end` has one of these texts. Does not move. */
  #isSelected({ number, values }: MessageSelection, end: number): boolean {
    const start = this.at;
    let isSelected = false;
    while (this.at < end) {
      const tag = this.#tag();
      if (tag !== tagOf(number, LENGTH)) {
        this.skip(tag, end);
        continue;
      }
      isSelected = this.#isOneOf(values, this.length(end));
      break;
    }
    this.at = start;
    return isSelected;
  }

  #entry(object: Record<string, unknown>, name: string, keys: readonly KeyPlan[] | undefined, end: number): void {
    let keyStart = 0;
    let keyEnd = 0;
    let valueStart = 0;
    let valueEnd = 0;
    while (this.at < end) {
      const tag = this.#tag();
      if (tag !== tagOf(FIRST, LENGTH) && tag !== tagOf(SECOND, LENGTH)) {
        this.skip(tag, end);
        continue;
      }
      const stop = this.length(end);
      if (tag === tagOf(FIRST, LENGTH)) {
        keyStart = this.at;
        keyEnd = stop;
      } else {
        valueStart = this.at;
        valueEnd = stop;
      }
      this.at = stop;
    }
    const known = object[name];
    const map = isMap(known) ? known : {};
    object[name] = map;
    if (keys === undefined) {
      const key = texts.text(this.#bytes, keyStart, keyEnd);
      // Assigning to this name would set the object's prototype.
      if (key !== "__proto__") map[key] = texts.text(this.#bytes, valueStart, valueEnd);
      return;
    }
    for (const { name: key, bytes, keeps } of keys) {
      if (this.#equals(bytes, keyStart, keyEnd)) map[key] = keeps === "presence" ? 0 : texts.text(this.#bytes, valueStart, valueEnd);
    }
  }

  /** Whether the bytes from here to `stop` (exclusive) are one of these values. */
  #isOneOf(values: readonly Buffer[], stop: number): boolean {
    for (const value of values) if (this.#equals(value, this.at, stop)) return true;
    return false;
  }

  /** Whether the bytes from `start` to `stop` (exclusive) are this value. */
  #equals(value: Buffer, start: number, stop: number): boolean {
    const bytes = this.#bytes;
    if (value.length !== stop - start) return false;
    // From the end, because similar names have the same beginning.
    for (let at = value.length - 1; at >= 0; at -= 1) if (value[at] !== bytes[start + at]) return false;
    return true;
  }

  /** Milliseconds since the epoch; undefined for a zero time, which Kubernetes writes as an empty message, and for one that a Date cannot hold. */
  #time(end: number): number | undefined {
    let seconds: number | undefined;
    while (this.at < end) {
      const tag = this.#tag();
      if (tag === tagOf(FIRST, VARINT)) seconds = this.#varint();
      else this.skip(tag, end);
    }
    const time = (seconds ?? Number.NaN) * 1000;
    return Math.abs(time) <= MAX_TIME ? time : undefined;
  }

  /** Reads a field's number and wire type. Numbers begin at 1, and a tag has 32 bits: another reader takes any other tag for a part of something else. */
  #tag(): number {
    const tag = this.#varint();
    if (tag < FIRST_TAG || tag >= HIGH) throw this.#malformed();
    return tag;
  }

  /** Reads a 64-bit number in two's complement. Numbers beyond 2^53 are rounded, as in JSON. */
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
    return new SyntaxError(`malformed protobuf at byte ${this.at}`);
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
