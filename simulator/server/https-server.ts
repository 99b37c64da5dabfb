/** One HTTPS origin on loopback: reads requests, journals them, applies faults, sends replies. */
import { createServer } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { type PeerCertificate, TLSSocket } from "node:tls";
import type { KeyPair } from "../lib/certificates.ts";
import type { FaultKind, FaultPlan } from "./faults.ts";
import { bearerToken, type Handler, type Reply, type Service, type SimulatedRequest } from "../lib/http.ts";
import type { Journal } from "./request-log.ts";
import { parseJson } from "../lib/json.ts";
import { inProtobuf, prefersProtobuf } from "../kubernetes/protobuf/encode.ts";
import type { TokenRegistry } from "../lib/tokens.ts";

export interface ServerOptions {
  readonly service: Service;
  readonly tls: KeyPair;
  /** PEM of the authority whose client certificates count; without it none are asked for. */
  readonly clientAuthority?: string;
  readonly handler: Handler;
  readonly journal: Journal;
  readonly faults: FaultPlan;
  readonly tokens: TokenRegistry;
  /** Simulated time, ms since the epoch. */
  readonly now: () => number;
}

export interface RunningServer {
  /** https://localhost:<port>, without a trailing slash. */
  readonly origin: string;
  /** Stops listening and destroys open connections, hung ones too. */
  close(): Promise<void>;
}

/** Whom a connection's certificate names; read once a connection. */
const namedByConnection = new WeakMap<TLSSocket, { readonly name: string | undefined }>();

function clientCertificateOf(message: IncomingMessage): string | undefined {
  const { socket } = message;
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const known = namedByConnection.get(socket);
  if (known !== undefined) return known.name;
  const certificate: Partial<PeerCertificate> = socket.getPeerCertificate(); // empty where a client without one resumed a session
  const names = certificate.subject?.CN;
  const name = Array.isArray(names) ? names[0] : names;
  namedByConnection.set(socket, { name });
  return name;
}

async function toRequest(message: IncomingMessage, options: ServerOptions): Promise<SimulatedRequest> {
  const body = await text(message);
  const url = new URL(message.url ?? "/", "https://localhost");
  return {
    service: options.service,
    method: message.method ?? "GET",
    path: decodeURIComponent(url.pathname),
    query: url.searchParams,
    headers: message.headers,
    body: body === "" ? undefined : (parseJson(body) ?? body),
    clientCertificate: clientCertificateOf(message),
    at: options.now(),
  };
}

/** The fault may break the answer off in its body, or keep the body back. */
function send(response: ServerResponse, reply: Reply, now: number, fault: FaultKind | undefined): void {
  const content =
    typeof reply.body === "string" ? reply.body : reply.body === undefined ? "" : JSON.stringify(reply.body);
  const payload = reply.bytes ?? Buffer.from(content);
  response.sendDate = false;
  response.statusCode = reply.status;
  response.setHeader("date", new Date(now).toUTCString());
  if (reply.body !== undefined) response.setHeader("content-type", "application/json");
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  // An answer without a body cannot be kept back: one byte is announced that never comes.
  if (reply.status !== 204) response.setHeader("content-length", fault?.kind === "stall" ? Math.max(1, payload.length) : payload.length);
  if (fault?.kind !== "cut" && fault?.kind !== "stall") {
    response.end(payload);
    return;
  }
  response.flushHeaders();
  if (fault.kind === "stall") return;
  response.write(payload.subarray(0, Math.min(fault.bytes, Math.max(0, payload.length - 1))), () => response.destroy());
}

function replyInstead(fault: FaultKind): Reply | undefined {
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

/** The reply in what the client prefers. What a fault has made may be nothing that protobuf can say: then it stays JSON. */
function asPreferred(request: SimulatedRequest, reply: Reply, isFaulty: boolean): Reply {
  if (!prefersProtobuf(request.headers.accept)) return reply;
  try {
    return inProtobuf(reply);
  } catch (error) {
    if (isFaulty) return reply;
    throw error;
  }
}

function orBroken(reply: () => Reply): Reply {
  try {
    return reply();
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { status: 500, body: { error: { code: "SimulatorBroken", message } } };
  }
}

async function serve(message: IncomingMessage, response: ServerResponse, options: ServerOptions): Promise<void> {
  const request = await toRequest(message, options);
  const entry = options.journal.record(request, options.tokens.find(bearerToken(request.headers))?.audience);
  const fault = options.faults.strike(request);
  if (fault?.kind === "hang") return;
  if (fault?.kind === "reset" && fault.afterEffect !== true) {
    message.socket.destroy();
    return;
  }
  const said = (fault && replyInstead(fault)) ?? orBroken(() => options.handler(request));
  const changed = fault?.kind === "alter" ? fault.change(said) : said;
  const reply = orBroken(() => asPreferred(request, changed, fault !== undefined));
  if (fault?.kind === "reset") {
    message.socket.destroy();
    return;
  }
  entry.status = reply.status;
  if (reply.heldFor !== undefined) await setTimeout(reply.heldFor, undefined, { ref: false });
  send(response, reply, options.now(), fault);
}

/** Starts an origin on a free port of 127.0.0.1. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const clientTls =
    options.clientAuthority === undefined
      ? {}
      : { requestCert: true, rejectUnauthorized: false, ca: options.clientAuthority };
  const server = createServer({ ...options.tls, ...clientTls }, (message, response) => {
    serve(message, response, options).catch(() => response.destroy());
  });
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
