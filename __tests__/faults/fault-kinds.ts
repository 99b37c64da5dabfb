/** Everything that can happen to one answer on its way. */
import { gzipSync } from "node:zlib";
import type { FaultKind, SimulatedRequest } from "../../simulator/index.ts";
import type { Reply } from "../../simulator/lib/http.ts";

/** A fault by its name in the matrix; what it does may depend on the request that it strikes. */
export interface NamedFault {
  readonly name: string;
  readonly fault: (request: SimulatedRequest, now: number) => FaultKind;
  /** So many requests for the same, one after the other; 1 unless told. */
  readonly times?: number;
  /** Strikes the first of each request only, since it costs a second. */
  readonly isCostly?: true;
  /** A read that it strikes once is sent again and succeeds: the run must not show it. */
  readonly passes?: true;
}

const always = (name: string, fault: FaultKind): NamedFault => ({ name, fault: () => fault });

/** An error body as the service words it. */
function refusal(request: SimulatedRequest, status: number, code: string, message: string): object {
  if (request.service === "kubernetes") return { kind: "Status", apiVersion: "v1", status: "Failure", reason: code, message, code: status };
  if (request.service === "entra") return { error: code, error_description: message };
  return { error: { code, message } };
}

/** The same fault, of which a read recovers. */
const passing = (fault: NamedFault): NamedFault => ({ ...fault, passes: true });

function respond(name: string, status: number, code: string, headers?: (now: number) => Readonly<Record<string, string>>): NamedFault {
  return {
    name,
    fault: (request, now) => ({ kind: "respond", status, headers: headers?.(now) ?? {}, body: refusal(request, status, code, `${code}, as the matrix has it.`) as never }),
  };
}

const HOUR = 3_600_000;
const MEGABYTE = 1024 * 1024;
/** Longer than any answer that is read. */
const HUGE = Buffer.alloc(40 * MEGABYTE, " ");
const text = (reply: Reply): string => (typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body ?? ""));
const altered = (name: string, change: (reply: Reply) => Reply): NamedFault => always(name, { kind: "alter", change });

/** A byte that UTF-8 never has, in the first text of the answer. */
function withInvalidByte(reply: Reply): Reply {
  const whole = Buffer.from(text(reply));
  const at = Math.max(0, whole.indexOf('":"') + 3);
  return { ...reply, bytes: Buffer.concat([whole.subarray(0, at), Buffer.from([0xff]), whole.subarray(at)]) };
}

/** Packed, and the last half is missing. */
function cutGzip(reply: Reply): Reply {
  const packed = gzipSync(text(reply));
  return { ...reply, headers: { ...reply.headers, "content-encoding": "gzip" }, bytes: packed.subarray(0, Math.floor(packed.length / 2)) };
}

/** The service's clock is three hours ahead, and it says so; seven seconds are meant. */
const aheadOfTime = (now: number): Readonly<Record<string, string>> => ({ date: new Date(now + 3 * HOUR).toUTCString(), "retry-after": new Date(now + 3 * HOUR + 7000).toUTCString() });

/** Strikes once, at one request. The first half never reaches the service; the second is what becomes of an answer. */
export const FAULTS: readonly NamedFault[] = [
  passing(respond("429", 429, "TooManyRequests")),
  passing(respond("429 Retry-After", 429, "TooManyRequests", () => ({ "retry-after": "7" }))),
  passing(respond("429 Retry-After in the past", 429, "TooManyRequests", (now) => ({ "retry-after": new Date(now - 3 * HOUR).toUTCString() }))),
  respond("429 Retry-After in days", 429, "TooManyRequests", (now) => ({ "retry-after": new Date(now + 72 * HOUR).toUTCString() })),
  respond("409 OperationNotAllowed", 409, "OperationNotAllowed"),
  respond("409 EtagMismatch", 409, "EtagMismatch"),
  passing(respond("429 Retry-After by a clock ahead", 429, "TooManyRequests", aheadOfTime)),
  respond("412", 412, "PreconditionFailed"),
  { name: "412 unwrapped", fault: () => ({ kind: "respond", status: 412, body: { code: "EtagMismatch", message: "The eTag is not the latest, as the matrix has it.", details: null } }) },
  respond("401", 401, "ExpiredAuthenticationToken", () => ({ "www-authenticate": 'Bearer error="invalid_token"' })),
  { ...respond("401 twice", 401, "ExpiredAuthenticationToken", () => ({ "www-authenticate": 'Bearer error="invalid_token"' })), times: 2 },
  passing(respond("500", 500, "InternalServerError")),
  passing(respond("502", 502, "BadGateway")),
  passing(respond("503", 503, "ServiceUnavailable")),
  passing(respond("504", 504, "GatewayTimeout")),
  passing(always("reset before", { kind: "reset" })),
  always("hang", { kind: "hang" }),
  always("HTML", { kind: "html" }),
  passing(always("HTML 502", { kind: "html", status: 502 })),
  always("redirect", { kind: "redirect", location: "https://elsewhere.example/login" }),
  { name: "redirect to the same host", fault: ({ headers }) => ({ kind: "redirect", location: `https://${headers.host ?? "localhost"}/login` }) },
  passing(always("reset after effect", { kind: "reset", afterEffect: true })),
  passing(always("cut in the body", { kind: "cut", bytes: 20 })),
  altered("504 after effect", () => ({ status: 504, body: "" })),
  altered("truncated JSON", (reply) => ({ ...reply, body: text(reply).slice(0, Math.floor(text(reply).length / 2)) })),
  altered("empty 200", (reply) => ({ status: 200, headers: reply.headers ?? {}, body: "" })),
  altered("bare 200", () => ({ status: 200, body: "" })),
  altered("wrong content type", (reply) => ({ ...reply, headers: { ...reply.headers, "content-type": "text/plain" } })),
  passing(always("head, then nothing", { kind: "stall" })),
  passing(altered("gzip cut in the middle", cutGzip)),
  altered("invalid UTF-8", withInvalidByte),
  { ...altered("40 MB", (reply) => ({ ...reply, bytes: Buffer.concat([HUGE, Buffer.from(text(reply))]) })), isCostly: true },
  altered("JSON null", (reply) => ({ ...reply, body: "null" })),
];

/** Never end by themselves: every request from one on. */
export const PERSISTENT: readonly NamedFault[] = FAULTS.filter(({ name }) => ["429", "503", "hang", "reset before", "409 OperationNotAllowed", "cut in the body", "429 Retry-After in the past"].includes(name));
