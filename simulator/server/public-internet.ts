/** The part of the internet that a job reaches: public names in front of a world or a fleet, and nothing behind any other name. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import type { PublicOrigins } from "./public-services.ts";

/** The public cloud, and GitHub. */
export const PUBLIC_CLOUD: PublicOrigins = {
  arm: "https://management.azure.com",
  entra: "https://login.microsoftonline.com",
  github: "https://api.github.com",
};
/** Where a job asks for its OIDC token; GitHub gives each region another name. */
const OIDC_HOST = "run-actions-1-azure-eastus.actions.githubusercontent.com";

const hostOf = (origin: string): string => new URL(origin).hostname;

/** The hosts that the services' certificate has to name. */
export function publicHosts(...names: readonly PublicOrigins[]): string[] {
  return [...new Set([...names.flatMap(({ arm, entra, github }) => [arm, entra, github].map(hostOf)), OIDC_HOST])];
}

/** A world or a fleet. */
export interface Simulated {
  readonly endpoints: PublicOrigins;
  readonly env: Readonly<Record<string, string>>;
}

export interface PublicInternet extends Disposable {
  /** Environment of processes that reach the world by its public names: trust, clock and proxy, without GitHub's OIDC. */
  readonly env: Readonly<Record<string, string>>;
  /** What GitHub adds to the environment of a job that may write `id-token`. */
  readonly oidc: Readonly<Record<string, string>>;
  /** Hosts that were asked for and are not part of this internet. */
  readonly strangers: readonly string[];
}

/**
 * Starts an HTTP proxy with CONNECT that leads each public name to the service that bears it. `localhost` leads to this machine: the
 * API server of a cluster has no public name.
 *
 * @param names the `publicNames` of the simulator
 */
export async function startPublicInternet({ endpoints, env }: Simulated, names: PublicOrigins = PUBLIC_CLOUD): Promise<PublicInternet> {
  const strangers: string[] = [];
  const portOf = (origin: string): number => Number(new URL(origin).port);
  const ports = new Map([
    [hostOf(names.arm), portOf(endpoints.arm)],
    [hostOf(names.entra), portOf(endpoints.entra)],
    [hostOf(names.github), portOf(endpoints.github)],
    [OIDC_HOST, portOf(endpoints.github)],
  ]);
  const proxy = createServer().on("connect", ({ url = "" }: IncomingMessage, client: Duplex) => {
    const [host = "", port] = url.split(":");
    const known = host === "localhost" ? Number(port) : ports.get(host);
    if (known === undefined) {
      strangers.push(host);
      client.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    const upstream = connect(known, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) socket.on("error", () => socket.destroy());
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  const address = proxy.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no port.");
  const { ACTIONS_ID_TOKEN_REQUEST_TOKEN = "", ACTIONS_ID_TOKEN_REQUEST_URL = "", ...trust } = env;
  const oidcUrl = new URL(ACTIONS_ID_TOKEN_REQUEST_URL);
  return {
    env: { ...trust, HTTPS_PROXY: `http://127.0.0.1:${address.port}` },
    oidc: { ACTIONS_ID_TOKEN_REQUEST_URL: `https://${OIDC_HOST}${oidcUrl.pathname}${oidcUrl.search}`, ACTIONS_ID_TOKEN_REQUEST_TOKEN },
    strangers,
    [Symbol.dispose]: () => proxy.close(),
  };
}
