/**
 * Hands HTTPS requests to servers of this process over without connections: a world has hundreds of requests, and most of their time is
 * spent in handshakes, sockets and parsers. Requests with a client certificate, and those to other servers, stay real. That requests
 * survive real connections is shown by the end-to-end tests and the fault matrix.
 */
import { channel } from "node:diagnostics_channel";
import { EventEmitter } from "node:events";
import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import https, { type RequestOptions as HttpsRequestOptions, type Server } from "node:https";
import { syncBuiltinESMExports } from "node:module";
import { Readable } from "node:stream";

/** The channel on which Node.js tells of requests; virtual time follows it. */
const REQUEST_STARTS = channel("http.client.request.start");
const servers = new Map<number, Server>();

/** Call once per process, before the first server starts. */
export function connectInProcess(): void {
  const { createServer, request } = https;
  const createKnownServer = (...args: Parameters<typeof createServer>): Server => {
    const server = createServer(...args);
    server.once("listening", () => {
      const address = server.address();
      if (address === null || typeof address === "string") return;
      servers.set(address.port, server);
      server.once("close", () => servers.delete(address.port));
    });
    return server;
  };
  const requestInProcess = (...args: readonly unknown[]): ClientRequest => {
    const [first, second, third] = args;
    const isUrl = typeof first === "string";
    const url = isUrl ? new URL(first) : undefined;
    const options = (isUrl ? second : first) as HttpsRequestOptions;
    const onResponse = (isUrl ? third : second) as ((response: IncomingMessage) => void) | undefined;
    const hostname = url?.hostname ?? options.hostname;
    const server = servers.get(Number(url?.port ?? options.port));
    if (hostname !== "localhost" || server === undefined || options.cert !== undefined) return Reflect.apply(request, https, args) as ClientRequest;
    const sent = new LocalRequest(server, { ...options, path: url === undefined ? (options.path ?? "/") : `${url.pathname}${url.search}`, port: url?.port ?? options.port }, onResponse);
    REQUEST_STARTS.publish({ request: sent });
    return sent as unknown as ClientRequest;
  };
  Object.assign(https, { createServer: createKnownServer, request: requestInProcess });
  syncBuiltinESMExports();
}

/** The client's side of a request: the part of `ClientRequest` that its users call. */
class LocalRequest extends EventEmitter {
  readonly #server: Server;
  readonly #options: RequestOptions;
  readonly #headers: Readonly<Record<string, string>>;
  #isClosed = false;

  constructor(server: Server, options: RequestOptions, onResponse: ((response: IncomingMessage) => void) | undefined) {
    super();
    this.#server = server;
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
    const message = Object.assign(Readable.from(body === undefined ? [] : [Buffer.from(body)]), {
      method: this.#options.method ?? "GET",
      url: this.#options.path ?? "/",
      headers: this.#headers,
      socket: { destroy: () => this.destroy(Object.assign(new Error("socket hang up"), { code: "ECONNRESET" })) },
    });
    queueMicrotask(() => this.#server.emit("request", message, new LocalResponse((response) => this.#receive(response), message.socket.destroy)));
    return this;
  }

  destroy(error?: Error): this {
    if (this.#isClosed) return this;
    this.#isClosed = true;
    queueMicrotask(() => {
      if (error !== undefined) this.emit("error", error);
      this.emit("close");
    });
    return this;
  }

  #receive(response: Readable): void {
    if (this.#isClosed) return;
    response.once("close", () => this.destroy());
    this.emit("response", response);
  }
}

/** The server's side of an answer: the part of `ServerResponse` that the simulator calls for a whole answer. */
class LocalResponse {
  statusCode = 200;
  sendDate = false;
  readonly #headers: Record<string, string> = {};
  readonly #send: (response: Readable) => void;
  readonly destroy: () => void;

  constructor(send: (response: Readable) => void, destroy: () => void) {
    this.#send = send;
    this.destroy = destroy;
  }

  setHeader(name: string, value: string | number | readonly string[]): void {
    this.#headers[name.toLowerCase()] = typeof value === "object" ? value.join(", ") : String(value);
  }

  end(payload: Buffer): void {
    const { statusCode } = this;
    this.#send(Object.assign(Readable.from(payload.length === 0 ? [] : [payload]), { statusCode, headers: this.#headers }));
  }
}
