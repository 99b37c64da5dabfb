/**
 * A network in memory: the HTTP client and server of Node.js, and between them streams of this process instead of TLS and TCP. A run
 * of the matrix needs no more, because its faults are those of HTTP, and it costs a fraction. `--network loopback` has real HTTPS.
 */
import { X509Certificate } from "node:crypto";
import http from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";
import { Duplex } from "node:stream";
import { requestListener, type RunningServer, type ServerOptions } from "../../simulator/index.ts";
import { rememberReads } from "./remember-reads.ts";

/** Ports of the origins: the same in all runs, so that runs can be compared. */
const PORTS = { arm: 1, entra: 2, github: 3, kubernetes: 4 } as const;

/** One end of a connection. Timeouts and keep-alive probes belong to sockets: a connection in memory has none. */
class End extends Duplex {
  peer: End | undefined;
  /** The common name of the client's certificate. */
  clientName: string | undefined;
  #unread: (() => void) | undefined;

  override _read(): void {
    const resume = this.#unread;
    this.#unread = undefined;
    resume?.();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    const { peer } = this;
    if (peer === undefined || peer.destroyed || peer.push(chunk)) done();
    else peer.#unread = done;
  }

  override _final(done: () => void): void {
    this.peer?.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { peer } = this;
    if (peer !== undefined && !peer.destroyed && !peer.readableEnded) peer.push(null);
    done(error);
  }

  setTimeout(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

const servers = new Map<number, { readonly server: http.Server; readonly connections: Set<End> }>();

function connect({ port, cert }: https.RequestOptions): End {
  const found = servers.get(Number(port));
  const [client, server] = [new End({ allowHalfOpen: false }), new End({ allowHalfOpen: false })];
  client.peer = server;
  server.peer = client;
  if (found === undefined) {
    process.nextTick(() => client.destroy(Object.assign(new Error(`connect ECONNREFUSED 127.0.0.1:${String(port)}`), { code: "ECONNREFUSED", syscall: "connect" })));
    return client;
  }
  if (typeof cert === "string") server.clientName = /CN=([^\n]*)/.exec(new X509Certificate(cert).subject)?.[1];
  found.connections.add(server);
  server.once("close", () => found.connections.delete(server)).on("error", () => undefined);
  found.server.emit("connection", server);
  return client;
}

/** A pool of connections in memory. */
class MemoryAgent extends http.Agent {
  readonly protocol = "https:";
  readonly defaultPort = 443;
  override createConnection(options: https.RequestOptions): Duplex {
    return connect(options);
  }
}

let agents = new WeakMap<object, MemoryAgent>();

/** Drops all pools: the next run has the same origins, and connections of its own. */
export function forgetConnections(): void {
  agents = new WeakMap();
}

/** The pool in memory that stands for one of sockets. */
function agentFor(agent: https.RequestOptions["agent"]): MemoryAgent {
  if (typeof agent !== "object") return new MemoryAgent();
  const known = agents.get(agent) ?? new MemoryAgent({ keepAlive: "keepAlive" in agent && agent.keepAlive === true });
  agents.set(agent, known);
  return known;
}

/** Leads requests to the origins of {@link startInMemory} through memory, and all others nowhere but to loopback. Call once per process. */
export function installMemoryNetwork(): void {
  const { request } = https;
  const inMemory = (...args: unknown[]): http.ClientRequest => {
    const [first, second] = args;
    const isUrl = typeof first === "string" || first instanceof URL;
    const options: https.RequestOptions = { ...(isUrl ? urlOptions(new URL(first)) : {}), ...(isUrl ? (typeof second === "object" ? second : {}) : (first as https.RequestOptions)) };
    const callback = args.find((arg) => typeof arg === "function") as ((response: http.IncomingMessage) => void) | undefined;
    if (!servers.has(Number(options.port))) return Reflect.apply(request, https, args) as http.ClientRequest;
    return http.request({ ...options, protocol: "https:", agent: agentFor(options.agent) }, callback);
  };
  Object.assign(https, { request: inMemory });
  syncBuiltinESMExports();
}

function urlOptions({ hostname, port, pathname, search }: URL): https.RequestOptions {
  return { hostname, port, path: `${pathname}${search}` };
}

/** Starts an origin in memory. One of each service can run at a time. */
export function startInMemory(given: ServerOptions, scenario: string): Promise<RunningServer> {
  const options = given.service === "kubernetes" ? { ...given, handler: rememberReads(given, scenario) } : given;
  const port = PORTS[options.service];
  const nameOf = ({ socket }: http.IncomingMessage): string | undefined => (options.clientAuthority !== undefined && socket instanceof End ? socket.clientName : undefined);
  const entry = { server: http.createServer(requestListener(options, nameOf)), connections: new Set<End>() };
  servers.set(port, entry);
  return Promise.resolve({
    origin: `https://localhost:${port}`,
    close: () => {
      if (servers.get(port) === entry) servers.delete(port);
      for (const connection of entry.connections) connection.destroy();
      return Promise.resolve();
    },
  });
}
