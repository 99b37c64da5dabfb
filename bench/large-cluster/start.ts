/** Starts a large cluster for runs of the action: the simulated Azure in this process, its API server in another one. */
import { LINK } from "../../scripts/link.mjs";
import { kubeconfig } from "../../simulator/azure/kubeconfig.ts";
import { type Simulator, startSimulator } from "../../simulator/index.ts";
import { type TemporaryFolder, temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { runAction } from "../../simulator/runner/run-action.ts";
import { numberAt, parseJson, textAt } from "../../src/lib/json.ts";
import { type ChildProcess, fork } from "node:child_process";
import { request } from "node:https";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { type Measured, measured, withUsage } from "../measure-process.ts";
import { build } from "esbuild";
import type { ClusterSize } from "./pages.ts";

const DOWNLOADER = "download.mjs";

export interface LargeCluster extends AsyncDisposable {
  /** Bytes of all pods and ReplicaSets. */
  readonly bytes: Bytes;
  readonly simulator: Simulator;
  /** A kubeconfig for kubectl, as YAML. */
  readonly kubeconfig: string;
  /** Runs the bundled action in mode check. */
  check(): Promise<Measured & { readonly status: string; readonly pods: number }>;
  /** Downloads the same lists as the last check: as protobuf, or as JSON, which is parsed. */
  download(as: "protobuf" | "json"): Promise<Measured>;
}

interface Bytes {
  readonly protobuf: number;
  readonly json: number;
}

interface ApiServer {
  readonly process: ChildProcess;
  readonly origin: string;
  readonly authority: string;
  readonly bytes: Bytes;
}

/** Starts the cluster. Bind it with `await using`. */
export async function startLargeCluster(size: ClusterSize): Promise<LargeCluster> {
  const [server, simulator, downloader] = await Promise.all([startApiServer(size), startSimulator({ scenario: "compliant" }), bundleDownloader()]);
  const { world } = simulator;
  const config = kubeconfig(world, server.origin, server.authority, "    token: from-entra\n");
  simulator.faults.add({
    match: ({ path }) => /\/listClusterUserCredential$/i.test(path),
    fault: { kind: "respond", status: 200, body: { kubeconfigs: [{ name: "clusterUser", value: Buffer.from(config).toString("base64") }] } },
  });
  let lists: unknown = [];
  return {
    bytes: server.bytes,
    simulator,
    kubeconfig: config,
    check: async () => {
      await get(server, "/bench/lists");
      const result = await check(simulator);
      lists = await get(server, "/bench/lists");
      return result;
    },
    download: (as) => measured([join(downloader.path, DOWNLOADER)], { BENCH_DOWNLOAD: JSON.stringify({ origin: server.origin, ca: server.authority, json: as === "json", lists }) }),
    [Symbol.asyncDispose]: async () => {
      server.process.disconnect();
      downloader[Symbol.dispose]();
      await simulator.close();
    },
  };
}

async function check(simulator: Simulator): ReturnType<LargeCluster["check"]> {
  return withUsage(simulator.env, async (env) => {
    const startedAt = performance.now();
    const run = await runAction({ simulator, inputs: { mode: "check", "kube-access": "direct" }, env, killAfter: 300_000 });
    const wallMs = performance.now() - startedAt;
    const total = numberAt(run.report, "pods", "total") ?? 0;
    return { wallMs, exitCode: run.exitCode, output: run.log, status: run.outputs["status"] ?? "", pods: total };
  });
}

async function startApiServer({ pods, namespaces }: ClusterSize): Promise<ApiServer> {
  const child = fork(fileURLToPath(new URL("./server.ts", import.meta.url)), [String(pods), String(namespaces)], { execArgv: ["--import", "tsx", "--max-old-space-size=2048"] });
  const message = await new Promise<unknown>((resolve, reject) => {
    child.once("message", resolve);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the cluster's API server ended with ${code ?? "a signal"}`)));
  });
  return { process: child, origin: textAt(message, "origin"), authority: textAt(message, "authority"), bytes: { protobuf: numberAt(message, "bytes", "protobuf") ?? 0, json: numberAt(message, "bytes", "json") ?? 0 } };
}

/** Sends a GET to the API server's own paths. */
async function get({ origin, authority }: ApiServer, path: string): Promise<unknown> {
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    const sent = request(`${origin}${path}`, { ca: authority, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(Buffer.concat(chunks)));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end();
  });
  return parseJson(gunzipSync(bytes).toString("utf8"));
}

/** A folder with the bundled downloader. */
async function bundleDownloader(): Promise<TemporaryFolder> {
  const folder = temporaryFolder();
  await build({ ...LINK, entryPoints: ["bench/large-cluster/download.ts"], outfile: join(folder.path, DOWNLOADER) });
  return folder;
}
