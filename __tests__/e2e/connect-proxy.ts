/** An HTTP proxy with CONNECT on loopback. It connects each name to this machine. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Duplex } from "node:stream";

/** A running proxy. `targets`: the host and port of each CONNECT. */
export interface ConnectProxy {
  readonly url: string;
  readonly targets: readonly string[];
  close(): void;
}

/** Starts the proxy on a free port. */
export async function startProxy(): Promise<ConnectProxy> {
  const targets: string[] = [];
  const proxy = createServer().on("connect", ({ url = "" }: IncomingMessage, client: Duplex) => {
    targets.push(url);
    const upstream = connect(Number(url.split(":").at(-1)), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) socket.on("error", () => socket.destroy());
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, targets, close: () => proxy.close() };
}
