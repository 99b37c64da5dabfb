/** Everything that can happen to one answer on its way. */
import type { FaultKind, SimulatedRequest } from "../../simulator/index.ts";
import type { Reply } from "../../simulator/http.ts";

/** A fault by its name in the matrix; what it does may depend on the request that it strikes. */
export interface NamedFault {
  readonly name: string;
  readonly fault: (request: SimulatedRequest, now: number) => FaultKind;
}

const always = (name: string, fault: FaultKind): NamedFault => ({ name, fault: () => fault });

/** An error body as the service words it. */
function refusal(request: SimulatedRequest, status: number, code: string, message: string): object {
  if (request.service === "kubernetes") return { kind: "Status", apiVersion: "v1", status: "Failure", reason: code, message, code: status };
  if (request.service === "entra") return { error: code, error_description: message };
  return { error: { code, message } };
}

function respond(name: string, status: number, code: string, headers?: (now: number) => Readonly<Record<string, string>>): NamedFault {
  return {
    name,
    fault: (request, now) => ({ kind: "respond", status, headers: headers?.(now) ?? {}, body: refusal(request, status, code, `${code}, as the matrix has it.`) as never }),
  };
}

const HOUR = 3_600_000;
const text = (reply: Reply): string => (typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body ?? ""));
const altered = (name: string, change: (reply: Reply) => Reply): NamedFault => always(name, { kind: "alter", change });

/** Strikes once, at one request. The first half never reaches the service; the second is what becomes of an answer. */
export const FAULTS: readonly NamedFault[] = [
  respond("429", 429, "TooManyRequests"),
  respond("429 Retry-After", 429, "TooManyRequests", () => ({ "retry-after": "7" })),
  respond("429 Retry-After in the past", 429, "TooManyRequests", (now) => ({ "retry-after": new Date(now - 3 * HOUR).toUTCString() })),
  respond("429 Retry-After in days", 429, "TooManyRequests", (now) => ({ "retry-after": new Date(now + 72 * HOUR).toUTCString() })),
  respond("409 OperationNotAllowed", 409, "OperationNotAllowed"),
  respond("409 EtagMismatch", 409, "EtagMismatch"),
  respond("412", 412, "PreconditionFailed"),
  respond("401", 401, "ExpiredAuthenticationToken", () => ({ "www-authenticate": 'Bearer error="invalid_token"' })),
  respond("500", 500, "InternalServerError"),
  respond("502", 502, "BadGateway"),
  respond("503", 503, "ServiceUnavailable"),
  respond("504", 504, "GatewayTimeout"),
  always("reset before", { kind: "reset" }),
  always("hang", { kind: "hang" }),
  always("HTML", { kind: "html" }),
  always("HTML 502", { kind: "html", status: 502 }),
  always("redirect", { kind: "redirect", location: "https://elsewhere.example/login" }),
  always("reset after effect", { kind: "reset", afterEffect: true }),
  always("cut in the body", { kind: "cut", bytes: 20 }),
  altered("504 after effect", () => ({ status: 504, body: "" })),
  altered("truncated JSON", (reply) => ({ ...reply, body: text(reply).slice(0, Math.floor(text(reply).length / 2)) })),
  altered("empty 200", (reply) => ({ status: 200, headers: reply.headers ?? {}, body: "" })),
  altered("bare 200", () => ({ status: 200, body: "" })),
  altered("wrong content type", (reply) => ({ ...reply, headers: { ...reply.headers, "content-type": "text/plain" } })),
  altered("JSON null", (reply) => ({ ...reply, body: "null" })),
];

/** Never end by themselves: every request from one on. */
export const PERSISTENT: readonly NamedFault[] = FAULTS.filter(({ name }) => ["429", "503", "hang", "reset before", "409 OperationNotAllowed", "cut in the body", "429 Retry-After in the past"].includes(name));
