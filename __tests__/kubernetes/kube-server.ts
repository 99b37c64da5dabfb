/** A small API server over plain HTTP, sufficient for the real kubectl to get, list in pages, create and patch. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** A response. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The connection ends before the answer, or in the middle of it. */
  readonly cut?: "before" | "inside";
}

export interface KubeServer extends AsyncDisposable {
  readonly url: string;
  /** The requests in order, such as `GET /api/v1/pods?limit=2`, without discovery. */
  readonly requests: string[];
  readonly bodies: string[];
}

export function status(code: number, reason: string | undefined, message: string, details?: unknown): Reply {
  return { status: code, body: { kind: "Status", apiVersion: "v1", status: "Failure", code, ...(reason === undefined ? {} : { reason }), message, ...(details === undefined ? {} : { details }) } };
}

/** A page of a list. Continue tokens are `at-<number>`. */
export function page(items: readonly unknown[], url: URL): Reply {
  const limit = Number(url.searchParams.get("limit") ?? 0) || items.length;
  const start = Number(url.searchParams.get("continue")?.slice("at-".length) ?? 0);
  const end = start + limit;
  return { status: 200, body: { kind: "List", apiVersion: "v1", metadata: end < items.length ? { continue: `at-${end}` } : {}, items: items.slice(start, end) } };
}

const resource = (name: string, kind: string, namespaced: boolean): unknown => ({ name, singularName: "", namespaced, kind, verbs: ["get", "list", "patch", "create"] });
const DISCOVERY: Readonly<Record<string, unknown>> = {
  "/api": { kind: "APIVersions", versions: ["v1"] },
  "/apis": { kind: "APIGroupList", apiVersion: "v1", groups: [{ name: "apps", versions: [{ groupVersion: "apps/v1", version: "v1" }], preferredVersion: { groupVersion: "apps/v1", version: "v1" } }] },
  "/api/v1": { kind: "APIResourceList", groupVersion: "v1", resources: [resource("namespaces", "Namespace", false), resource("pods", "Pod", true)] },
  "/apis/apps/v1": { kind: "APIResourceList", groupVersion: "apps/v1", resources: [resource("deployments", "Deployment", true)] },
};

export async function startKubeServer(answer: (method: string, url: URL, body: string) => Reply): Promise<KubeServer> {
  const requests: string[] = [];
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const url = new URL(request.url ?? "/", "http://localhost");
      const method = request.method ?? "";
      const body = Buffer.concat(chunks).toString();
      const discovered = DISCOVERY[url.pathname];
      if (discovered === undefined && url.pathname !== "/version") {
        requests.push(`${method} ${url.pathname}${url.search}`);
        bodies.push(body);
      }
      const reply = discovered !== undefined ? { status: 200, body: discovered } : url.pathname === "/version" ? { status: 200, body: { gitVersion: "v1.32.0", major: "1", minor: "32" } } : answer(method, url, body);
      const cut = "cut" in reply ? reply.cut : undefined;
      if (cut !== undefined) {
        if (cut === "inside") response.writeHead(reply.status, { "content-length": "100000" }).write(JSON.stringify(reply.body).slice(0, 40));
        response.socket?.destroySoon();
        return;
      }
      response.writeHead(reply.status, { "content-type": "application/json", ...("headers" in reply ? reply.headers : {}) });
      response.end(JSON.stringify(reply.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    bodies,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The environment variables with which kubectl uses this server. It ends before it needs memory back, so it collects no garbage. */
export function kubectlEnvironment(folder: string, server: string): Readonly<Record<string, string>> {
  const path = join(folder, "config");
  const config = { apiVersion: "v1", kind: "Config", "current-context": "demo", contexts: [{ name: "demo", context: { cluster: "c", user: "u" } }], clusters: [{ name: "c", cluster: { server } }], users: [{ name: "u", user: {} }] };
  writeFileSync(path, JSON.stringify(config));
  return { KUBECONFIG: path, HOME: folder, GOGC: "off" };
}
