/** The part of the internet that a job reaches: public names in front of the simulator, and nothing behind any other name. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import type { Certificates } from "../../../simulator/lib/certificates.ts";
import { createCertificates } from "../../../simulator/index.ts";

/** What the simulated services call themselves: the public cloud, and GitHub. */
export const PUBLIC_NAMES = {
  arm: "https://management.azure.com",
  entra: "https://login.microsoftonline.com",
  github: "https://api.github.com",
};
/** Where a job asks for its OIDC token; GitHub gives each region another name. */
const OIDC_HOST = "run-actions-1-azure-eastus.actions.githubusercontent.com";
const OIDC_URL = `https://${OIDC_HOST}/oidc/token?api-version=2.0`;

const hostOf = (origin: string): string => new URL(origin).hostname;

/** Shared by all worlds of this process. */
export const certificates: Promise<Certificates> = createCertificates([...Object.values(PUBLIC_NAMES).map(hostOf), OIDC_HOST]);

export interface PublicInternet extends Disposable {
  /** Environment of the runner: how its steps reach the names. */
  readonly env: Readonly<Record<string, string>>;
  /** What GitHub adds to the environment of a job that may write `id-token`. */
  readonly oidc: Readonly<Record<string, string>>;
  /** Hosts that were asked for and are not part of this internet. */
  readonly strangers: readonly string[];
}

/** A world or a fleet of the simulator. */
export interface Simulated {
  readonly endpoints: { readonly arm: string; readonly entra: string; readonly github: string };
  readonly env: Readonly<Record<string, string>>;
}

/** Starts the proxy in front of a simulator. The API server of the cluster is reached on loopback, through the proxy as well. */
export async function startPublicInternet({ endpoints, env }: Simulated): Promise<PublicInternet> {
  const strangers: string[] = [];
  const ports = new Map<string, number>([
    [hostOf(PUBLIC_NAMES.arm), Number(new URL(endpoints.arm).port)],
    [hostOf(PUBLIC_NAMES.entra), Number(new URL(endpoints.entra).port)],
    [hostOf(PUBLIC_NAMES.github), Number(new URL(endpoints.github).port)],
    [OIDC_HOST, Number(new URL(endpoints.github).port)],
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
  const { ACTIONS_ID_TOKEN_REQUEST_TOKEN = "", ACTIONS_ID_TOKEN_REQUEST_URL: _, ...trust } = env;
  return {
    env: { ...trust, HTTPS_PROXY: `http://127.0.0.1:${address.port}` },
    oidc: { ACTIONS_ID_TOKEN_REQUEST_URL: OIDC_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN },
    strangers,
    [Symbol.dispose]: () => proxy.close(),
  };
}
