/** A server between the action and the API server: passes requests on, records them, and does to some of them what a bad network does. */
import { once } from "node:events";
import { Agent, createServer, request as requestTo } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { createCertificates } from "../../simulator/index.ts";
import type { Target } from "./kubeconfig.ts";

export interface PassedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Of the API server's answer; undefined where none came, or none was asked for. */
  status: number | undefined;
}

/** What becomes of a request. */
export type Fate =
  | { readonly kind: "pass" }
  /** The answer comes late, by so many milliseconds. */
  | { readonly kind: "late"; readonly ms: number }
  /** The connection is closed in place of an answer. */
  | { readonly kind: "reset" }
  /** The connection is closed in the middle of the answer's body. */
  | { readonly kind: "cut" };

export const PASS: Fate = { kind: "pass" };

/** Decides on a request before it is passed on. `nth`: how many have had this path without its query until now, this one included. */
export type Decide = (request: PassedRequest, nth: number) => Fate | Promise<Fate>;

export interface FaultProxy extends AsyncDisposable {
  readonly origin: string;
  /** PEM of the authority of its certificate. */
  readonly authority: string;
  readonly requests: readonly PassedRequest[];
}

/** Starts a proxy in front of a target's API server. Bind it with `await using`. */
export async function startFaultProxy(target: Target, decide: Decide): Promise<FaultProxy> {
  const { clusterAuthority, clusterTls } = await createCertificates();
  const agent = new Agent({ keepAlive: true, ca: target.authority });
  const requests: PassedRequest[] = [];

  function ask({ method = "GET", url = "/", headers }: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      requestTo(`${target.origin}${url}`, { method, agent, headers: { ...headers, host: new URL(target.origin).host } }, resolve).once("error", reject).end(body);
    });
  }

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const passed: PassedRequest = { method: incoming.method ?? "", path: incoming.url ?? "", status: undefined };
    requests.push(passed);
    const place = (path: string): string => path.split("?", 1)[0] ?? "";
    const nth = requests.filter(({ method, path }) => method === passed.method && place(path) === place(passed.path)).length;
    const fate = await decide(passed, nth);
    if (fate.kind === "reset") return void outgoing.destroy();
    const answer = await ask(incoming, body);
    const whole = await buffer(answer);
    passed.status = answer.statusCode;
    if (fate.kind === "late") await setTimeout(fate.ms);
    const headers = Object.entries(answer.headers).filter(([name]) => name !== "transfer-encoding");
    outgoing.writeHead(answer.statusCode ?? 502, { ...Object.fromEntries(headers), "content-length": whole.length });
    if (fate.kind !== "cut") return void outgoing.end(whole);
    outgoing.write(whole.subarray(0, Math.floor(whole.length / 2)), () => outgoing.destroy());
  }

  const server = createServer({ cert: clusterTls.cert, key: clusterTls.key }, (incoming, outgoing) => {
    // The API server does not answer: neither does this one.
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the proxy has no port");
  return {
    origin: `https://localhost:${address.port}`,
    authority: clusterAuthority.cert,
    requests,
    async [Symbol.asyncDispose]() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
