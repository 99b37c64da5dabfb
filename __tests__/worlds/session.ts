/** Runs the action again and again in one world: the code of the bundle but for its entry, with a network in memory and virtual time. */
import { execFile } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import dns from "node:dns";
import type { ClientRequest } from "node:http";
import { join } from "node:path";
import { run } from "../../src/actions/istio-cni/main.ts";
import { RunState } from "../../src/actions/istio-cni/run-state.ts";
import type { Mode, Report } from "../../src/contract.ts";
import type { Runner } from "../../src/github/runner.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { CancelledError } from "../../src/lib/errors.ts";
import type { ProgramResult } from "../../src/lib/exec.ts";
import { type RequestLogEntry, type SimulatedRequest, type Simulator, startSimulator, type World } from "../../simulator/index.ts";
import type { Json } from "../../simulator/lib/json.ts";
import { type TemporaryFolder, temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { installMemoryNetwork, startInMemory, startReachable } from "../in-memory-network.ts";
import { fetchIdToken } from "../faults/id-token.ts";
import { senderOf } from "../faults/run-types.ts";
import { certificates, trustOwn } from "../faults/trust.ts";
import { VirtualTime } from "../faults/virtual-time.ts";
import { BEGINNING, POLL_SECONDS, TIMEOUT_MINUTES } from "./limits.ts";

/** A run and what it left behind. */
export interface WorldRun {
  readonly mode: Mode;
  readonly report: Report;
  readonly state: RunState;
  readonly log: readonly string[];
  /** The requests of the world during the run, in the order of their arrival; with those of another run at the same time. */
  readonly requests: readonly RecordedRequest[];
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly isCancelled: boolean;
  /** Texts that a reader may see. */
  readonly printed: string;
}

/** A request. `answer`: the body of the answer to a GET of the cluster. */
export interface RecordedRequest {
  readonly entry: RequestLogEntry;
  answer: Json | undefined;
}

export interface RunOptions {
  readonly mode: Mode;
  readonly inputs: Readonly<Record<string, string>>;
  /** The runner cancels the job at this request of the run, from 1. */
  readonly cancelAt?: number;
  /** Called with each request before it is answered, from 1; may change the world. */
  readonly onRequest?: (nth: number, now: number) => void;
}

const CLUSTER = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.ContainerService\/managedClusters\/[^/]+$/i;
const REQUEST_STARTS = "http.client.request.start";

installMemoryNetwork();
resolveNothingOutside();

/** Names of API servers outside of the world do not resolve: without a network the resolver would take its time to say so. */
function resolveNothingOutside(): void {
  const { lookup } = dns;
  const own = (hostname: string, options: dns.LookupOptions, callback: (error: NodeJS.ErrnoException) => void): void => {
    if (!/\.azmk8s\.io$/.test(hostname)) Reflect.apply(lookup, dns, [hostname, options, callback]);
    else queueMicrotask(() => callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: "ENOTFOUND", syscall: "getaddrinfo", hostname })));
  };
  Object.assign(dns, { lookup: Object.assign(own, lookup) });
}

/** A world with its time and its servers. Bind it with `await using`. */
export class Session implements AsyncDisposable {
  readonly simulator: Simulator;
  readonly #time: VirtualTime;
  readonly #recorded: RecordedRequest[];
  readonly #listeners: Set<(request: SimulatedRequest) => void>;
  readonly #stopWatching: () => void;

  private constructor(simulator: Simulator, time: VirtualTime, recorded: RecordedRequest[], listeners: Set<(request: SimulatedRequest) => void>) {
    this.simulator = simulator;
    this.#time = time;
    this.#recorded = recorded;
    this.#listeners = listeners;
    this.#stopWatching = hangWhatIsNeverAnswered(simulator, time);
  }

  /** Starts a world. Only one may run at a time in a process. */
  static async start(create: (now: number) => World): Promise<Session> {
    const time = new VirtualTime(BEGINNING);
    await trustOwn();
    time.install();
    const recorded: RecordedRequest[] = [];
    const listeners = new Set<(request: SimulatedRequest) => void>();
    try {
      const live: { simulator?: Simulator } = {};
      const simulator = await startSimulator({
        scenario: "compliant",
        certificates,
        startServer: (options) => (options.service === "kubernetes" ? startReachable(options) : startInMemory(options)),
        tweak: (world) => void Object.assign(world, create(time.now())),
        faults: [
          {
            match: (request) => {
              for (const listener of listeners) listener(request);
              const entry = live.simulator?.requestLog.entries.at(-1);
              if (entry !== undefined) recorded.push({ entry, answer: undefined });
              return request.service === "arm" && request.method === "GET" && CLUSTER.test(request.path);
            },
            fault: {
              kind: "alter",
              change: (reply) => {
                // The service answers at once, so the request that it answers is the latest one.
                const latest = recorded.at(-1);
                if (latest !== undefined && reply.status === 200 && typeof reply.body === "object") latest.answer = reply.body;
                return reply;
              },
            },
          },
        ],
      });
      live.simulator = simulator;
      return new Session(simulator, time, recorded, listeners);
    } catch (error) {
      time.uninstall();
      throw error;
    }
  }

  get world(): World {
    return this.simulator.world;
  }

  /** ms since the epoch. */
  get now(): number {
    return this.#time.now();
  }

  /** Passes this much time, in ms. */
  pass(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  /** Runs the action until its end. */
  async run({ mode, inputs: own, cancelAt, onRequest }: RunOptions): Promise<WorldRun> {
    const { simulator } = this;
    const inputs: Readonly<Record<string, string>> = { ...simulator.inputs, mode, "timeout-minutes": String(TIMEOUT_MINUTES), "poll-interval-seconds": String(POLL_SECONDS), "report-path": "unused", ...own };
    const stop = new AbortController();
    let sent = 0;
    const listener = (request: SimulatedRequest): void => {
      if (senderOf(request) === "kubectl") return;
      sent += 1;
      onRequest?.(sent, request.at);
      if (sent === cancelAt) stop.abort(new CancelledError("SIGINT"));
    };
    const log: string[] = [];
    const append = (text: string): void => void log.push(text);
    using programs = new Programs(simulator);
    const runner: Runner = {
      inputs: { input: (name) => inputs[name] ?? "", names: () => Object.keys(inputs), environment: () => "" },
      clock: { ...systemClock, timeout: this.#time.timeout },
      random: () => 0,
      log: { phase: append, info: append, warning: append, debug: append, end: () => undefined },
      idToken: () => fetchIdToken(simulator),
      runProgram: (program, args, stdin) => programs.run(program, args, stdin),
      mask: () => undefined,
      stop,
      cancelled: stop.signal,
    };
    const first = this.#recorded.length;
    const startedAt = this.now;
    const state = new RunState(startedAt);
    this.#listeners.add(listener);
    await run(runner, state).finally(() => this.#listeners.delete(listener));
    const endedAt = this.now;
    const report = state.report(endedAt);
    return { mode, report, state, log, requests: this.#recorded.slice(first), startedAt, endedAt, isCancelled: stop.signal.aborted && stop.signal.reason instanceof CancelledError, printed: [...log, JSON.stringify(report), JSON.stringify(state.lastWrites ?? "")].join("\n") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.simulator.close();
    this.#stopWatching();
    this.#time.uninstall();
  }
}

/** Tells the time of requests to an API server that accepts connections and never answers: only a timer ends them. */
function hangWhatIsNeverAnswered(simulator: Simulator, time: VirtualTime): () => void {
  if (simulator.world.cluster.unreachable !== "blackhole") return () => undefined;
  const { host } = new URL(/server: (\S+)/.exec(simulator.kubeconfig())?.[1] ?? "");
  const onSent = (message: unknown): void => {
    const { request } = message as { request: ClientRequest };
    if (request.getHeader("host") === host) time.hang(String(request.getHeader("x-ms-client-request-id") ?? ""));
  };
  subscribe(REQUEST_STARTS, onSent);
  return () => unsubscribe(REQUEST_STARTS, onSent);
}

/** Runs programs with a kubeconfig of the world, as on a runner where `az aks get-credentials` was called before. */
class Programs implements Disposable {
  readonly #simulator: Simulator;
  #folder: TemporaryFolder | undefined;

  constructor(simulator: Simulator) {
    this.#simulator = simulator;
  }

  run(program: string, args: readonly string[], stdin = ""): Promise<ProgramResult> {
    this.#folder ??= temporaryFolder({ config: this.#simulator.kubeconfig() });
    const env = { ...process.env, KUBECONFIG: join(this.#folder.path, "config") };
    return new Promise((resolve, reject) => {
      const child = execFile(program, [...args], { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : error.code;
        if (typeof exitCode === "number") resolve({ exitCode, stdout, stderr });
        else reject(new Error(`${program} could not be run`, { cause: error }));
      });
      child.stdin?.end(stdin);
    });
  }

  [Symbol.dispose](): void {
    this.#folder?.[Symbol.dispose]();
  }
}
