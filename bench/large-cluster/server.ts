/**
 * The API server of a large cluster, in its own process, so that its CPU time is not measured with the client's. Lists of pods and
 * ReplicaSets are served from pages created at start, everything else by the simulator. Started with fork(): it sends its origin,
 * then serves until the parent disconnects. GET /bench/lists returns the lists that were read since the last such request: an array
 * per list, with the path and query of each page.
 */
import { createApiServer } from "../../simulator/kubernetes/api/api-server.ts";
import { prefersProtobuf, PROTOBUF } from "../../simulator/kubernetes/protobuf/encode.ts";
import { createAuthority, issueServerCertificate } from "../../simulator/lib/certificates.ts";
import type { Handler, SimulatedRequest } from "../../simulator/lib/http.ts";
import { isObject, type JsonObject, objectsAt, parseJson, textAt } from "../../simulator/lib/json.ts";
import { createTokenRegistry } from "../../simulator/lib/tokens.ts";
import { scenario } from "../../simulator/scenarios/registry.ts";
import { workload } from "../../simulator/world/workload.ts";
import { AKS_APPLICATION } from "../../simulator/world/world.ts";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { type ClusterSize, namespaceName, type Page, podPages, replicaSetPages } from "./pages.ts";

const PODS_PER_NODE = 100;
const PAGE_SIZE = 500;
const DAY = 86_400_000;

const [pods = "1000", namespaces = "1"] = process.argv.slice(2);
const size: ClusterSize = { pods: Number(pods), namespaces: Number(namespaces) };
const api = createSimulatedServer(size);
const nodes = objectsAt(body(api, "/api/v1/nodes"), "items").map((node) => textAt(node, "metadata", "name") ?? "");
const pagesByPath: ReadonlyMap<string, readonly Page[]> = new Map([
  ["/api/v1/pods", podPages(templateOf(api, "/api/v1/pods"), size, nodes, PAGE_SIZE)],
  ["/apis/apps/v1/replicasets", replicaSetPages(templateOf(api, "/apis/apps/v1/replicasets"), size, PAGE_SIZE)],
]);
const readLists = new Map<string, string[]>();

const authority = await createAuthority("Bench Cluster CA");
const server = createServer(await issueServerCertificate(authority), (message, response) => {
  answer(message, response).catch(() => response.destroy());
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  const port = address === null || typeof address === "string" ? 0 : address.port;
  const pages = [...pagesByPath.values()].flat();
  const bytes = { protobuf: pages.reduce((sum, page) => sum + page.protobuf.bytes, 0), json: pages.reduce((sum, page) => sum + page.json.bytes, 0) };
  process.send?.({ origin: `https://localhost:${port}`, authority: authority.cert, bytes });
});
process.on("disconnect", () => process.exit());

async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
  const target = message.url ?? "/";
  const url = new URL(target, "https://localhost");
  if (url.pathname === "/bench/lists") {
    respond(response, 200, gzipSync(JSON.stringify([...readLists.values()])));
    readLists.clear();
    return;
  }
  if (message.method === "GET") readLists.set(url.pathname, [...(readLists.get(url.pathname) ?? []), target]);
  const list = pagesByPath.get(url.pathname);
  if (list !== undefined && message.method === "GET") {
    if (url.searchParams.get("limit") !== String(PAGE_SIZE)) throw new Error("the page size differs from that of the prepared pages");
    const page = list[Number(url.searchParams.get("continue") ?? "0")];
    if (page === undefined) throw new Error("no such page");
    if (prefersProtobuf(message.headers.accept)) respond(response, 200, page.protobuf.gzipped, PROTOBUF);
    else respond(response, 200, page.json.gzipped);
    return;
  }
  const sent = await text(message);
  const reply = api(requestFor(message.method ?? "GET", url, sent === "" ? undefined : parseJson(sent)));
  respond(response, reply.status, gzipSync(JSON.stringify(reply.body ?? null)));
}

function respond(response: ServerResponse, status: number, gzipped: Buffer, contentType = "application/json"): void {
  response.writeHead(status, { "content-type": contentType, "content-encoding": "gzip", "content-length": gzipped.length });
  response.end(gzipped);
}

/** The simulator's API server, with all rights for any token. */
function createSimulatedServer({ pods: count, namespaces: teams }: ClusterSize): Handler {
  const now = Date.now();
  const world = scenario("compliant").create(now);
  const { kubernetes } = world;
  const labels = { "istio.io/rev": "asm-1-30" };
  for (let index = 0; index < teams; index += 1) {
    const name = namespaceName(index);
    kubernetes.namespaces.push({ name, createdAt: now - 30 * DAY, labels: [{ from: now - 30 * DAY, labels: { "kubernetes.io/metadata.name": name, ...labels } }] });
  }
  kubernetes.workloads.push(workload({ namespace: namespaceName(0), name: "template", replicas: 1, createdAt: now - DAY }));
  for (let index = kubernetes.nodes.length; index < count / PODS_PER_NODE; index += 1) {
    kubernetes.nodes.push({ name: `aks-userpool-27182818-vmss${index.toString(36).padStart(6, "0")}`, os: "linux", pool: "userpool" });
  }
  return createApiServer(world, { ...createTokenRegistry(), find: () => ({ audience: AKS_APPLICATION, claims: {}, expiresAt: Number.POSITIVE_INFINITY }) });
}

function requestFor(method: string, url: URL, sent: SimulatedRequest["body"]): SimulatedRequest {
  return { service: "kubernetes", method, path: decodeURIComponent(url.pathname), query: url.searchParams, headers: { authorization: "Bearer any" }, body: sent, clientCertificate: undefined, at: Date.now() };
}

function body(handler: Handler, path: string): JsonObject {
  const reply = handler(requestFor("GET", new URL(path, "https://localhost"), undefined)).body;
  return isObject(reply) ? reply : {};
}

function templateOf(handler: Handler, path: string): JsonObject {
  const template = objectsAt(body(handler, path), "items").find((item) => (textAt(item, "metadata", "name") ?? "").startsWith("template-"));
  if (template === undefined) throw new Error(`${path} has no template`);
  return template;
}
