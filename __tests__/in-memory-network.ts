/**
 * A network in memory: requests are handed to servers of this process as objects, without connections. A run has hundreds of requests, and
 * handshakes, sockets and parsers take most of their time. Answers can break off, stall and be lost as on a connection. That the action
 * survives real connections is shown by the end-to-end tests.
 */
import { X509Certificate } from "node:crypto";
import { channel } from "node:diagnostics_channel";
import { EventEmitter } from "node:events";
import type { ClientRequest, IncomingMessage, RequestListener } from "node:http";
import https, { type RequestOptions } from "node:https";
import { syncBuiltinESMExports } from "node:module";
import { Readable } from "node:stream";
import { requestListener, type RunningServer, type ServerOptions, startServer } from "../simulator/index.ts";

/** The channels on which Node.js tells of requests and of the headers of answers; virtual time follows them. */
const REQUEST_STARTS = channel("http.client.request.start");
const RESPONSE_STARTS = channel("http.client.response.finish");

/** An origin, and the requests that it has not answered. */
interface Origin {
  readonly listener: RequestListener;
  readonly unanswered: Set<MemoryRequest>;
}

const origins = new Map<number, Origin>();
/** Common names of client certificates, by their PEM. */
const names = new Map<string, string | undefined>();
let isInstalled = false;

/** Leads requests to the origins of {@link startInMemory} and {@link startReachable} through memory; all others stay real. Call before these. */
export function installMemoryNetwork(): void {
  if (isInstalled) return;
  isInstalled = true;
  const { request } = https;
  const inMemory = (...args: unknown[]): ClientRequest => {
    const [first, second] = args;
    const url = typeof first === "string" || first instanceof URL ? new URL(first) : undefined;
    const given = (url === undefined ? first : typeof second === "object" ? second : {}) as RequestOptions;
    const origin = origins.get(Number(url?.port ?? given.port));
    if (origin === undefined || (url?.hostname ?? given.hostname ?? given.host) !== "localhost") return Reflect.apply(request, https, args) as ClientRequest;
    const options = url === undefined ? given : { ...given, port: url.port, path: `${url.pathname}${url.search}` };
    const onResponse = args.find((arg) => typeof arg === "function") as ((response: IncomingMessage) => void) | undefined;
    const sent = new MemoryRequest(origin, options, onResponse);
    REQUEST_STARTS.publish({ request: sent });
    return sent as unknown as ClientRequest;
  };
  Object.assign(https, { request: inMemory });
  syncBuiltinESMExports();
}

/** Starts an origin in memory. It has the lowest free port: the same in all runs of a process, so that runs can be compared. */
export function startInMemory(options: ServerOptions): Promise<RunningServer> {
  let port = 1;
  while (origins.has(port)) port += 1;
  return Promise.resolve({ origin: `https://localhost:${port}`, close: answerInMemory(port, options) });
}

/** Starts an origin on loopback, for other programs such as kubectl; requests of this process are handed over in memory. */
export async function startReachable(options: ServerOptions): Promise<RunningServer> {
  const server = await startServer(options);
  const closeInMemory = answerInMemory(Number(new URL(server.origin).port), options);
  return {
    origin: server.origin,
    close: async () => {
      await closeInMemory();
      await server.close();
    },
  };
}

/** Lets a port be answered in memory. @returns ends that, and all requests without an answer */
function answerInMemory(port: number, options: ServerOptions): () => Promise<void> {
  const nameOf = (message: IncomingMessage): string | undefined => (options.clientAuthority !== undefined && "clientName" in message && typeof message.clientName === "string" ? message.clientName : undefined);
  const origin: Origin = { listener: requestListener(options, nameOf), unanswered: new Set() };
  origins.set(port, origin);
  return () => {
    if (origins.get(port) === origin) origins.delete(port);
    for (const request of origin.unanswered) request.breakOff("socket hang up");
    return Promise.resolve();
  };
}

function nameIn(certificate: RequestOptions["cert"]): string | undefined {
  if (typeof certificate !== "string") return undefined;
  if (!names.has(certificate)) names.set(certificate, /CN=([^\n]*)/.exec(new X509Certificate(certificate).subject)?.[1]);
  return names.get(certificate);
}

/** The client's side of a request: the part of `ClientRequest` that its users call. */
class MemoryRequest extends EventEmitter {
  readonly #origin: Origin;
  readonly #options: RequestOptions;
  readonly #headers: Readonly<Record<string, string>>;
  #response: Readable | undefined;
  #isClosed = false;

  constructor(origin: Origin, options: RequestOptions, onResponse: ((response: IncomingMessage) => void) | undefined) {
    super();
    this.#origin = origin;
    this.#options = options;
    this.#headers = Object.fromEntries([["host", `localhost:${String(options.port)}`] as const, ...Object.entries(options.headers ?? {})].map(([name, value]) => [name.toLowerCase(), String(value)]));
    if (onResponse !== undefined) this.once("response", onResponse);
  }

  getHeader(name: string): string | undefined {
    return this.#headers[name.toLowerCase()];
  }

  setTimeout(): this {
    return this;
  }

  end(body?: string | Buffer): this {
    const { unanswered, listener } = this.#origin;
    unanswered.add(this);
    const message = Object.assign(Readable.from(body === undefined ? [] : [Buffer.from(body)]), {
      method: this.#options.method ?? "GET",
      url: this.#options.path ?? "/",
      headers: this.#headers,
      clientName: nameIn(this.#options.cert),
      socket: { destroy: () => this.breakOff("socket hang up") },
    });
    const answer = new MemoryResponse((response) => this.#receive(response), () => this.breakOff("aborted"));
    queueMicrotask(() => listener(message as unknown as IncomingMessage, answer as unknown as Parameters<RequestListener>[1]));
    return this;
  }

  destroy(error?: Error): this {
    if (this.#isClosed) return this;
    this.#isClosed = true;
    this.#origin.unanswered.delete(this);
    const response = this.#response;
    queueMicrotask(() => {
      if (response !== undefined && !response.readableEnded) response.destroy(error ?? connectionReset("aborted"));
      else if (error !== undefined) this.emit("error", error);
      this.emit("close");
    });
    return this;
  }

  /** Ends the connection without the rest of the answer. */
  breakOff(message: string): void {
    this.destroy(connectionReset(message));
  }

  #receive(response: Readable): void {
    if (this.#isClosed) return;
    this.#response = response;
    response.once("close", () => this.destroy());
    RESPONSE_STARTS.publish({ request: this });
    this.emit("response", response);
  }
}

function connectionReset(message: string): Error {
  return Object.assign(new Error(message), { code: "ECONNRESET" });
}

/** The server's side of an answer: the part of `ServerResponse` that the simulator calls. */
class MemoryResponse {
  statusCode = 200;
  sendDate = false;
  readonly destroy: () => void;
  readonly #send: (response: Readable) => void;
  readonly #headers: Record<string, string> = {};
  readonly #body = new Readable({ read: () => undefined });

  constructor(send: (response: Readable) => void, destroy: () => void) {
    this.#send = send;
    this.destroy = destroy;
  }

  setHeader(name: string, value: string | number | readonly string[]): void {
    this.#headers[name.toLowerCase()] = typeof value === "object" ? value.join(", ") : String(value);
  }

  flushHeaders(): void {
    this.#send(Object.assign(this.#body, { statusCode: this.statusCode, headers: this.#headers }));
  }

  write(payload: Buffer, done: () => void): void {
    if (payload.length > 0) this.#body.push(payload);
    // The client has read it by then.
    setImmediate(done);
  }

  end(payload: Buffer): void {
    if (payload.length > 0) this.#body.push(payload);
    this.#body.push(null);
    this.flushHeaders();
  }
}
