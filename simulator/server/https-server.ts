/** One HTTPS origin on loopback: reads requests, logs them, applies faults, sends replies. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { type PeerCertificate, TLSSocket } from "node:tls";
import { inProtobuf, prefersProtobuf } from "../kubernetes/protobuf/encode.ts";
import type { KeyPair } from "../lib/certificates.ts";
import { bearerToken, type Handler, type Reply, type Service, type SimulatedRequest } from "../lib/http.ts";
import { parseJson } from "../lib/json.ts";
import type { TokenRegistry } from "../lib/tokens.ts";
import type { FaultKind, FaultPlan } from "./faults.ts";
import type { RequestLog } from "./request-log.ts";

export interface ServerOptions {
  readonly service: Service;
  readonly tls: KeyPair;
  /** PEM of the authority whose client certificates are accepted; without it the server requests none. */
  readonly clientAuthority?: string;
  readonly handler: Handler;
  readonly requestLog: RequestLog;
  readonly faults: FaultPlan;
  readonly tokens: TokenRegistry;
  /** Simulated time, ms since the epoch. */
  readonly now: () => number;
}

export interface RunningServer {
  /** https://localhost:<port>, without a trailing slash. */
  readonly origin: string;
  /** Stops listening and closes all connections, also those without an answer. */
  close(): Promise<void>;
}

/** The common name in a connection's client certificate; undefined without one. */
type ClientCertificate = (message: IncomingMessage) => string | undefined;

/** These names, read once per connection. */
const clientNames = new WeakMap<TLSSocket, { readonly name: string | undefined }>();

function clientCertificateOf(message: IncomingMessage): string | undefined {
  const { socket } = message;
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const known = clientNames.get(socket);
  if (known !== undefined) return known.name;
  const certificate: Partial<PeerCertificate> = socket.getPeerCertificate(); // empty where a client without a certificate resumed a session
  const names = certificate.subject?.CN;
  const name = Array.isArray(names) ? names[0] : names;
  clientNames.set(socket, { name });
  return name;
}

async function toRequest(message: IncomingMessage, options: ServerOptions, clientCertificate: ClientCertificate): Promise<SimulatedRequest> {
  const body = await text(message);
  const url = new URL(message.url ?? "/", "https://localhost");
  return {
    service: options.service,
    method: message.method ?? "GET",
    path: decodeURIComponent(url.pathname),
    query: url.searchParams,
    headers: message.headers,
    body: body === "" ? undefined : (parseJson(body) ?? body),
    clientCertificate: clientCertificate(message),
    at: options.now(),
  };
}

/** Sends a reply; a fault may cut or withhold its body. */
function send(response: ServerResponse, reply: Reply, now: number, fault: FaultKind | undefined): void {
  const content =
    typeof reply.body === "string" ? reply.body : reply.body === undefined ? "" : JSON.stringify(reply.body);
  const payload = reply.bytes ?? Buffer.from(content);
  response.sendDate = false;
  response.statusCode = reply.status;
  response.setHeader("date", new Date(now).toUTCString());
  if (reply.body !== undefined) response.setHeader("content-type", "application/json");
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  // A body that is withheld must not be empty: then the headers announce one byte.
  if (reply.status !== 204) response.setHeader("content-length", fault?.kind === "stall" ? Math.max(1, payload.length) : payload.length);
  if (fault?.kind !== "cut" && fault?.kind !== "stall") {
    response.end(payload);
    return;
  }
  response.flushHeaders();
  if (fault.kind === "stall") return;
  response.write(payload.subarray(0, Math.min(fault.bytes, Math.max(0, payload.length - 1))), () => response.destroy());
}

/** The reply of a fault that replaces the service's; undefined for other faults. */
function replacement(fault: FaultKind): Reply | undefined {
  switch (fault.kind) {
    case "respond":
      return { status: fault.status, headers: fault.headers ?? {}, body: fault.body };
    case "html":
      return {
        status: fault.status ?? 200,
        headers: { "content-type": "text/html; charset=utf-8" },
        body: "<!DOCTYPE html><html><head><title>Sign in to the network</title></head><body><h1>Web proxy</h1></body></html>",
      };
    case "redirect":
      return { status: 302, headers: { location: fault.location } };
    default:
      return undefined;
  }
}

/** Replies in protobuf: a handler may give the same one again. */
const encoded = new WeakMap<Reply, Reply>();

/** The reply in the client's preferred encoding. A reply that a fault has changed may have no protobuf form; it stays JSON. */
function inPreferredEncoding(request: SimulatedRequest, reply: Reply, isFaulty: boolean): Reply {
  if (!prefersProtobuf(request.headers.accept)) return reply;
  try {
    const known = encoded.get(reply) ?? inProtobuf(reply);
    encoded.set(reply, known);
    return known;
  } catch (error) {
    if (isFaulty) return reply;
    throw error;
  }
}

/** The reply, or 500 with the stack where the simulator itself fails. */
function orInternalError(reply: () => Reply): Reply {
  try {
    return reply();
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { status: 500, body: { error: { code: "SimulatorError", message } } };
  }
}

async function serve(message: IncomingMessage, response: ServerResponse, options: ServerOptions, clientCertificate: ClientCertificate): Promise<void> {
  const request = await toRequest(message, options, clientCertificate);
  const entry = options.requestLog.record(request, options.tokens.find(bearerToken(request.headers))?.audience);
  const fault = options.faults.next(request);
  if (fault?.kind === "hang") return;
  if (fault?.kind === "reset" && fault.afterEffect !== true) {
    message.socket.destroy();
    return;
  }
  const answered = (fault && replacement(fault)) ?? orInternalError(() => options.handler(request));
  const changed = fault?.kind === "alter" ? fault.change(answered) : answered;
  const reply = orInternalError(() => inPreferredEncoding(request, changed, fault !== undefined));
  if (fault?.kind === "reset") {
    message.socket.destroy();
    return;
  }
  entry.status = reply.status;
  if (reply.delay !== undefined) await setTimeout(reply.delay, undefined, { ref: false });
  send(response, reply, options.now(), fault);
}

/** Handles the requests of an origin, on whatever kind of connection they arrive. */
export function requestListener(options: ServerOptions, clientCertificate: ClientCertificate = clientCertificateOf): RequestListener {
  return (message, response) => {
    serve(message, response, options, clientCertificate).catch(() => response.destroy());
  };
}

/** Starts an origin. */
export type StartServer = (options: ServerOptions) => Promise<RunningServer>;

/** Starts an origin on a free port of 127.0.0.1. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const clientTls =
    options.clientAuthority === undefined
      ? {}
      : { requestCert: true, rejectUnauthorized: false, ca: options.clientAuthority };
  const server = createServer({ ...options.tls, ...clientTls }, requestListener(options));
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return {
    origin: `https://localhost:${address.port}`,
    async close() {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
