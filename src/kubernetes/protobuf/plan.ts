/** What is read of a message: a description of fields by name, and the numbers that stand for the names in protobuf. */
import type { Fields } from "../fields.ts";
import type { FieldType, MessageType } from "./types.ts";

/** What to do with a field. */
export type FieldPlan =
  | { readonly kind: "text" | "integer" | "boolean" | "time"; readonly name: string }
  /** Of a list of texts the first so many, and of the others those that are one of these. */
  | { readonly kind: "texts"; readonly name: string; readonly first: number; readonly values: readonly Buffer[] }
  /** Of a map, these keys; all of it where none are named. */
  | { readonly kind: "map"; readonly name: string; readonly keys: readonly KeyPlan[] | undefined }
  | { readonly kind: "message"; readonly name: string; readonly of: MessagePlan }
  | { readonly kind: "messages"; readonly name: string; readonly each: MessagePlan; readonly some: KeyChoice | undefined };

/** A key of a map; 0 takes the place of a value that only has to be there. */
export interface KeyPlan {
  readonly name: string;
  readonly bytes: Buffer;
  readonly wants: "whole" | "presence";
}

/** Of the messages of a list those whose field of this number is one of these texts; of the others nothing, or `others`. */
export interface KeyChoice {
  readonly number: number;
  readonly values: readonly Buffer[];
  readonly others: MessagePlan | undefined;
}

/** By the field's number; what is not here is passed over. */
export type MessagePlan = readonly (FieldPlan | undefined)[];

const WHOLE: Fields = { kind: "whole" };
/** Every plan of a field has all of these, in this order: objects of one shape are looked into a tenth faster. */
const SHAPE = { kind: undefined, name: undefined, first: undefined, values: undefined, keys: undefined, of: undefined, each: undefined, some: undefined };

/**
 * Makes the plan for a message.
 *
 * @throws Error where a field has no number, or is described as something that it is not
 */
export function messagePlan(wanted: Fields, type: MessageType): MessagePlan {
  const names = wanted.kind === "object" ? Object.keys(wanted.of) : Object.keys(type);
  const fields: (FieldPlan | undefined)[] = [];
  for (const name of names) {
    const field = Object.hasOwn(type, name) ? type[name] : undefined;
    if (field === undefined) throw new Error(`${name} has no number in protobuf`);
    const [number, fieldType] = field;
    fields[number] = { ...SHAPE, ...fieldPlan(name, wanted.kind === "object" ? (wanted.of[name] ?? WHOLE) : wanted, fieldType) };
  }
  // Without holes, which would make it slower to look things up in.
  return Array.from(fields);
}

function fieldPlan(name: string, wanted: Fields, type: FieldType): FieldPlan {
  if (type === "map") return { kind: type, name, keys: keysOf(name, wanted) };
  if (type === "texts") {
    if (wanted.kind === "texts") return { kind: type, name, first: wanted.first, values: wanted.values.map((value) => Buffer.from(value)) };
    if (wanted.kind === "whole") return { kind: type, name, first: Number.POSITIVE_INFINITY, values: [] };
  } else if (typeof type === "string") {
    if (wanted.kind === "whole") return { kind: type, name };
  } else if (!isList(type)) {
    if (wanted.kind === "whole" || wanted.kind === "object") return { kind: "message", name, of: messagePlan(wanted, type) };
  } else {
    const [each] = type;
    if (wanted.kind === "whole") return { kind: "messages", name, each: messagePlan(wanted, each), some: undefined };
    if (wanted.kind === "list") return { kind: "messages", name, each: messagePlan(wanted.each, each), some: undefined };
    const number = wanted.kind === "some" ? each[wanted.key]?.[0] : undefined;
    if (wanted.kind === "some" && number !== undefined) {
      const { values, others } = wanted;
      return { kind: "messages", name, each: messagePlan(wanted.each, each), some: { number, values: values.map((value) => Buffer.from(value)), others: others && messagePlan(others, each) } };
    }
  }
  throw new Error(`${name} is no ${wanted.kind}`);
}

function keysOf(name: string, wanted: Fields): readonly KeyPlan[] | undefined {
  if (wanted.kind === "whole") return undefined;
  if (wanted.kind !== "object") throw new Error(`${name} is no ${wanted.kind}`);
  return Object.entries(wanted.of).map(([key, { kind }]) => {
    if (kind !== "whole" && kind !== "presence") throw new Error(`${name} holds texts: ${key} is no ${kind}`);
    return { name: key, bytes: Buffer.from(key), wants: kind };
  });
}

function isList(type: MessageType | readonly [MessageType]): type is readonly [MessageType] {
  return Array.isArray(type);
}
