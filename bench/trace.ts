/** The requests of a run: number, bytes, sequence, and the critical path. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Simulator } from "../simulator/index.ts";
import { temporaryFolder } from "../simulator/lib/temporary-folder.ts";
import { type ActionRun, runAction } from "../simulator/runner/run-action.ts";
import { arrayAt, numberAt, parseJson, textAt } from "../src/lib/json.ts";

const PRELOAD = new URL("trace.mjs", import.meta.url).href;

export type Service = "arm" | "entra" | "github" | "kubernetes";

export interface TracedRequest {
  readonly service: Service;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
  /** Real milliseconds since the process started. */
  readonly startMs: number;
  readonly endMs: number;
  /** Bytes of the bodies. */
  readonly sent: number;
  readonly received: number;
}

export interface Trace {
  readonly run: ActionRun;
  /** In the order of sending. */
  readonly requests: readonly TracedRequest[];
  readonly connections: number;
  /** When the process ended, in milliseconds since its start. */
  readonly endMs: number;
}

/** Runs the action once in a simulated world and records its requests. */
export async function traced(simulator: Simulator, inputs: Readonly<Record<string, string>>): Promise<Trace> {
  const environment = simulator.env;
  using folder = temporaryFolder();
  const file = join(folder.path, "trace.json");
  const env = { BENCH_TRACE: file, NODE_OPTIONS: `${environment["NODE_OPTIONS"] ?? ""} --import ${PRELOAD}`.trim() };
  const run = await runAction({ simulator, inputs, env, killAfter: 180_000 });
  const trace = parseJson(await readFile(file, "utf8"));
  const requests = arrayAt(trace, "requests").map((item) => ({
    service: serviceOf(simulator, textAt(item, "host")),
    method: textAt(item, "method"),
    path: textAt(item, "path"),
    status: numberAt(item, "status") ?? 0,
    startMs: numberAt(item, "startMs") ?? 0,
    endMs: numberAt(item, "endMs") ?? 0,
    sent: numberAt(item, "sent") ?? 0,
    received: numberAt(item, "received") ?? 0,
  }));
  return { run, requests: requests.sort((a, b) => a.startMs - b.startMs), connections: numberAt(trace, "connections") ?? 0, endMs: numberAt(trace, "endMs") ?? 0 };
}

/**
 * The longest chain of requests in which each was sent after the previous one had been answered. A slower network delays the run by
 * this many answers. The chain ends with the request that ended last.
 */
export function criticalPath(requests: readonly TracedRequest[]): readonly TracedRequest[] {
  const chains: { readonly last: TracedRequest; readonly before: number; readonly length: number }[] = [];
  for (const request of [...requests].sort((a, b) => a.startMs - b.startMs)) {
    let before = -1;
    for (const [index, { last, length }] of chains.entries()) {
      if (last.endMs <= request.startMs && (before < 0 || length > (chains[before]?.length ?? 0) || (length === chains[before]?.length && last.endMs > (chains[before]?.last.endMs ?? 0)))) before = index;
    }
    chains.push({ last: request, before, length: (chains[before]?.length ?? 0) + 1 });
  }
  let at = chains.reduce((best, { length }, index) => (length > (chains[best]?.length ?? 0) ? index : best), 0);
  const path: TracedRequest[] = [];
  for (let chain = chains[at]; chain !== undefined; chain = chains[at]) {
    path.unshift(chain.last);
    at = chain.before;
  }
  return path;
}

/** The first GET of the cluster; undefined where there was none. */
function clusterRead(requests: readonly TracedRequest[]): TracedRequest | undefined {
  return requests.find(({ service, method, path }) => service === "arm" && method === "GET" && /\/managedClusters\/[^/]+$/i.test(path));
}

/** How many requests to Resource Manager follow one another until the cluster has been read. */
export function depthUntilRead(requests: readonly TracedRequest[]): number {
  const read = clusterRead(requests);
  if (read === undefined) return Number.NaN;
  return criticalPath(requests.filter((request) => request.service === "arm" && request.endMs <= read.startMs)).length + 1;
}

/** One line per request with its time and duration; `*`: on the critical path. */
export function timeline({ requests, endMs }: Trace): readonly string[] {
  const onPath = new Set(criticalPath(requests));
  const width = 50;
  const scale = width / endMs;
  return requests.map((request) => {
    const { startMs, endMs: until, service, method, path, status, received } = request;
    const from = Math.round(startMs * scale);
    const bar = `${" ".repeat(from)}${"#".repeat(Math.max(1, Math.round(until * scale) - from))}`.padEnd(width + 1);
    return `${onPath.has(request) ? "*" : " "} ${startMs.toFixed(0).padStart(5)} ms |${bar}| ${status} ${service.padEnd(10)} ${method.padEnd(5)} ${shortPath(path)} (${received} B)`;
  });
}

function shortPath(path: string): string {
  return path.replace(/^\/subscriptions\/[^/]+(?:\/resourceGroups\/[^/]+)?\/providers/i, "…").replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "…");
}

function serviceOf({ endpoints }: Simulator, host: string): Service {
  const names: readonly Service[] = ["arm", "entra", "github", "kubernetes"];
  return names.find((name) => endpoints[name].endsWith(`//${host}`)) ?? "arm";
}
