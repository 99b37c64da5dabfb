/**
 * Responses of the API server in Kubernetes' protobuf. Lists that grow with the cluster are requested as protobuf instead of JSON: it is
 * shorter, takes the API server less work, and is read in a quarter of the time.
 */
import { fieldsFor } from "../fields.ts";
import type { ListPage } from "../list-page.ts";
import { type MessagePlan, messagePlan } from "./plan.ts";
import { ProtobufReader } from "./reader.ts";
import { LIST, LIST_META, messageTypeFor, STATUS, TYPE_META, UNKNOWN } from "./types.ts";

const MEDIA_TYPE = "application/vnd.kubernetes.protobuf";
/** A server that does not support protobuf responds with JSON. */
const ACCEPT = `${MEDIA_TYPE}, application/json`;
/** The first bytes of every response. Source: k8s.io/apimachinery, serializer/protobuf. */
const MAGIC = Buffer.from("k8s\0");

const ENVELOPE = messagePlan({ kind: "whole" }, TYPE_META);
const LIST_METADATA = messagePlan({ kind: "whole" }, LIST_META);
const STATUS_PLAN = messagePlan({ kind: "whole" }, STATUS);
const plans = new Map<string, MessagePlan>();

/** A response whose body may be protobuf. */
export interface ProtobufAnswer {
  readonly bytes: Buffer;
  /** The error for a body that cannot be read. `kind`: the expected format, such as `JSON`. */
  unreadable(kind: string, cause?: unknown): Error;
  /** Frees the memory: `bytes` is not read again. */
  release(): void;
}

/** The `Accept` header for a list of this resource, such as `pods`. */
export function acceptHeaderFor(resource: string): string {
  return messageTypeFor(resource) === undefined ? "application/json" : ACCEPT;
}

/** Whether a content type is Kubernetes' protobuf. */
export function isProtobuf(contentType: string | undefined): boolean {
  return contentType?.split(";", 1)[0]?.trim().toLowerCase() === MEDIA_TYPE;
}

/**
 * Reads a page of a list of this resource; undefined if the response is not a list. The objects have the fields that {@link fieldsFor}
 * names. The iterator reads them one by one and does not keep them. After the last object it releases the response.
 *
 * @throws the response's error for an unreadable body, also while iterating
 */
export function readProtobufPage(answer: ProtobufAnswer, resource: string): ListPage | undefined {
  const plan = planFor(resource);
  if (plan === undefined) throw answer.unreadable(`protobuf of ${resource}`);
  return orUnreadable(answer, () => {
    const { bytes } = answer;
    const { kind, start, end } = unwrap(bytes);
    if (!kind.endsWith("List")) return undefined;
    const reader = new ProtobufReader(bytes, start);
    let continueToken: unknown = "";
    // The metadata is usually the first field, but the encoding does not guarantee it. It can come in parts.
    while (reader.find(LIST.metadata, end)) continueToken = reader.message(LIST_METADATA, reader.length(end))["continue"] ?? continueToken;
    return { continueToken: typeof continueToken === "string" ? continueToken : "", items: itemsOf(answer, plan, start, end) };
  });
}

/** The Status in the body of a refusal, as JSON text; undefined if it cannot be read. */
export function statusAsJson(bytes: Buffer): string | undefined {
  try {
    const { start, end } = unwrap(bytes);
    return JSON.stringify(new ProtobufReader(bytes, start).message(STATUS_PLAN, end));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function* itemsOf(answer: ProtobufAnswer, plan: MessagePlan, start: number, end: number): Generator<unknown, void> {
  const reader = new ProtobufReader(answer.bytes, start);
  while (orUnreadable(answer, () => reader.find(LIST.items, end))) yield orUnreadable(answer, () => reader.message(plan, reader.length(end)));
  answer.release();
}

/** Reads the envelope: the kind, such as `PodList`, and where the object starts and ends. */
function unwrap(bytes: Buffer): { readonly kind: string; readonly start: number; readonly end: number } {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new SyntaxError("not Kubernetes' protobuf");
  const types = new ProtobufReader(bytes, MAGIC.length);
  const kind = types.find(UNKNOWN.typeMeta, bytes.length) ? types.message(ENVELOPE, types.length(bytes.length))["kind"] : undefined;
  const reader = new ProtobufReader(bytes, MAGIC.length);
  if (!reader.find(UNKNOWN.raw, bytes.length)) throw new SyntaxError("the envelope has no object");
  const end = reader.length(bytes.length);
  return { kind: typeof kind === "string" ? kind : "", start: reader.at, end };
}

function orUnreadable<T>(answer: ProtobufAnswer, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxError) throw answer.unreadable("Kubernetes' protobuf", error);
    throw error;
  }
}

function planFor(resource: string): MessagePlan | undefined {
  const known = plans.get(resource);
  const [fields, type] = [fieldsFor(resource), messageTypeFor(resource)];
  if (known !== undefined || fields === undefined || type === undefined) return known;
  const plan = messagePlan(fields, type);
  plans.set(resource, plan);
  return plan;
}
