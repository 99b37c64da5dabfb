/** The faults of the matrix: everything that can happen to an answer in transit. */
import { gzipSync } from "node:zlib";
import type { FaultKind, SimulatedRequest } from "../../simulator/index.ts";
import type { Reply } from "../../simulator/lib/http.ts";

/** A fault with its name in the matrix. It may depend on the request. */
export interface NamedFault {
  readonly name: string;
  readonly fault: (request: SimulatedRequest, now: number) => FaultKind;
  /** The number of successive equal requests that it affects; 1 by default. */
  readonly times?: number;
  /** Injected only at the first of equal requests, since it takes a second. */
  readonly isCostly?: true;
  /** A read with this fault is repeated and succeeds: the run must end as without it. */
  readonly isRecoverable?: true;
}

const always = (name: string, fault: FaultKind): NamedFault => ({ name, fault: () => fault });

/** An error body in the format of the service. */
function errorBody(request: SimulatedRequest, status: number, code: string, message: string): object {
  if (request.service === "kubernetes") return { kind: "Status", apiVersion: "v1", status: "Failure", reason: code, message, code: status };
  if (request.service === "github") return { message, documentation_url: "https://docs.github.com/rest", status: String(status) };
  if (request.service === "entra") return { error: code, error_description: message };
  return { error: { code, message } };
}

/** Marks a fault from which a read recovers. */
const recoverable = (fault: NamedFault): NamedFault => ({ ...fault, isRecoverable: true });

function respond(name: string, status: number, code: string, headers?: (now: number) => Readonly<Record<string, string>>): NamedFault {
  return {
    name,
    fault: (request, now) => ({ kind: "respond", status, headers: headers?.(now) ?? {}, body: errorBody(request, status, code, `${code}, injected.`) as never }),
  };
}

const HOUR = 3_600_000;
const MEGABYTE = 1024 * 1024;
/** Longer than any answer that the action reads. */
const HUGE = Buffer.alloc(40 * MEGABYTE, " ");
const text = (reply: Reply): string => (typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body ?? ""));
const altered = (name: string, change: (reply: Reply) => Reply): NamedFault => always(name, { kind: "alter", change });

/** Inserts a byte that is invalid in UTF-8 into the first text of the answer. */
function withInvalidByte(reply: Reply): Reply {
  const whole = Buffer.from(text(reply));
  const at = Math.max(0, whole.indexOf('":"') + 3);
  return { ...reply, bytes: Buffer.concat([whole.subarray(0, at), Buffer.from([0xff]), whole.subarray(at)]) };
}

/** Compresses the answer and removes its second half. */
function cutGzip(reply: Reply): Reply {
  const packed = gzipSync(text(reply));
  return { ...reply, headers: { ...reply.headers, "content-encoding": "gzip" }, bytes: packed.subarray(0, Math.floor(packed.length / 2)) };
}

/** Headers of a service whose clock is three hours ahead, and that asks for seven seconds. */
const withClockAhead = (now: number): Readonly<Record<string, string>> => ({ date: new Date(now + 3 * HOUR).toUTCString(), "retry-after": new Date(now + 3 * HOUR + 7000).toUTCString() });

/** Faults at one request. The first ones replace the service's answer; the others change it after the service has handled the request. */
export const FAULTS: readonly NamedFault[] = [
  recoverable(respond("429", 429, "TooManyRequests")),
  recoverable(respond("429 Retry-After", 429, "TooManyRequests", () => ({ "retry-after": "7" }))),
  recoverable(respond("429 Retry-After in the past", 429, "TooManyRequests", (now) => ({ "retry-after": new Date(now - 3 * HOUR).toUTCString() }))),
  respond("429 Retry-After in days", 429, "TooManyRequests", (now) => ({ "retry-after": new Date(now + 72 * HOUR).toUTCString() })),
  respond("409 OperationNotAllowed", 409, "OperationNotAllowed"),
  respond("409 EtagMismatch", 409, "EtagMismatch"),
  recoverable(respond("429 Retry-After by a clock ahead", 429, "TooManyRequests", withClockAhead)),
  respond("412", 412, "PreconditionFailed"),
  { name: "412 unwrapped", fault: () => ({ kind: "respond", status: 412, body: { code: "EtagMismatch", message: "The eTag is not the latest, injected.", details: null } }) },
  respond("401", 401, "ExpiredAuthenticationToken", () => ({ "www-authenticate": 'Bearer error="invalid_token"' })),
  { ...respond("401 twice", 401, "ExpiredAuthenticationToken", () => ({ "www-authenticate": 'Bearer error="invalid_token"' })), times: 2 },
  recoverable(respond("500", 500, "InternalServerError")),
  recoverable(respond("502", 502, "BadGateway")),
  recoverable(respond("503", 503, "ServiceUnavailable")),
  recoverable(respond("504", 504, "GatewayTimeout")),
  recoverable(always("reset before", { kind: "reset" })),
  always("hang", { kind: "hang" }),
  always("HTML", { kind: "html" }),
  recoverable(always("HTML 502", { kind: "html", status: 502 })),
  always("redirect", { kind: "redirect", location: "https://elsewhere.example/login" }),
  { name: "redirect to the same host", fault: ({ headers }) => ({ kind: "redirect", location: `https://${headers.host ?? "localhost"}/login` }) },
  recoverable(always("reset after effect", { kind: "reset", afterEffect: true })),
  recoverable(always("cut in the body", { kind: "cut", bytes: 20 })),
  altered("504 after effect", () => ({ status: 504, body: "" })),
  altered("truncated JSON", (reply) => ({ ...reply, body: text(reply).slice(0, Math.floor(text(reply).length / 2)) })),
  altered("empty 200", (reply) => ({ status: 200, headers: reply.headers ?? {}, body: "" })),
  altered("bare 200", () => ({ status: 200, body: "" })),
  altered("wrong content type", (reply) => ({ ...reply, headers: { ...reply.headers, "content-type": "text/plain" } })),
  recoverable(always("head, then nothing", { kind: "stall" })),
  recoverable(altered("gzip cut in the middle", cutGzip)),
  altered("invalid UTF-8", withInvalidByte),
  { ...altered("40 MB", (reply) => ({ ...reply, bytes: Buffer.concat([HUGE, Buffer.from(text(reply))]) })), isCostly: true },
  altered("JSON null", (reply) => ({ ...reply, body: "null" })),
];

/** Faults that are also injected at all requests from one on. */
export const PERSISTENT: readonly NamedFault[] = FAULTS.filter(({ name }) => ["429", "503", "hang", "reset before", "409 OperationNotAllowed", "cut in the body", "429 Retry-After in the past"].includes(name));
