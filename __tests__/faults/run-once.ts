/** One run of the action in this process: the same code as in the bundle but for its edges, real HTTPS, virtual time. */
import { randomUUID } from "node:crypto";
import { request as httpsRequest } from "node:https";
import { setDefaultCACertificates } from "node:tls";
import { systemClock } from "../../src/lib/clock.ts";
import type { Mode, Report } from "../../src/contract.ts";
import { CancelledError } from "../../src/lib/errors.ts";
import type { Runner } from "../../src/github/runner.ts";
import { run } from "../../src/actions/istio-cni/main.ts";
import { RunState } from "../../src/actions/istio-cni/run-state.ts";
import { createCertificates, type Fault, type FaultKind, type RequestLogEntry, clusterSnapshot, type ScenarioName, type SimulatedRequest, type Simulator, startSimulator, type World } from "../../simulator/index.ts";
import { commandStruck, runCommand } from "./run-command-cache.ts";
import type { NamedFault } from "./fault-kinds.ts";
import { takeShortCuts } from "./connection-cache.ts";
import { ORIGIN, VirtualTime } from "./virtual-time.ts";

/** Who sends a request: the action itself, or kubectl in a run command. */
export type Sender = "action" | "kubectl";

/** Which requests a fault strikes: the n-th of its sender, or that service's from the n-th on. */
export interface Strike {
  /** From 1, in the order of arrival. */
  readonly nth: number;
  readonly sender: Sender;
  readonly forever: boolean;
  readonly fault: NamedFault;
}

export interface RunPlan {
  readonly scenario: ScenarioName;
  readonly mode: Mode;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly strike?: Strike;
  /** The runner cancels the job at this request of the action's own, from 1; then the action is run again in the same world. */
  readonly cancelAt?: number;
  readonly tweak?: (world: World) => void;
  /** Called with each request, before it is answered; may change the world. */
  readonly onRequest?: (nth: number, simulator: Simulator, now: number) => void;
}

export interface RunEnd {
  readonly report: Report;
  readonly record: RunState;
  /** Every request in the order of arrival, as `GET arm …`. */
  readonly requests: readonly RequestLogEntry[];
  readonly world: World;
  /** What a fault struck, in the order of arrival. */
  readonly struck: readonly SimulatedRequest[];
  /** The cluster's body before the run. */
  readonly bodyBefore: World["cluster"]["body"];
  readonly featureBefore: World["feature"];
  readonly operationsBefore: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly log: readonly string[];
  /** The run that was cancelled, where one was: then the rest is about the run after it. */
  readonly cancelled?: { readonly report: Report; readonly tookMs: number; readonly changed: boolean };
}

const SECOND = 1000;
export const TIMEOUT_MINUTES = 30;
/** Three times the default: what is polled for still takes several polls, and a run a third of the requests. */
const POLL_SECONDS = 30;
const EVEN_MS = 120 * SECOND;
const certificates = createCertificates();
const trusted = certificates.then(({ publicAuthority }) => setDefaultCACertificates([publicAuthority.cert]));
takeShortCuts();

/** Walks the corridor once in a world of its own. */
export async function runOnce(plan: RunPlan): Promise<RunEnd> {
  const time = new VirtualTime();
  await trusted;
  time.install();
  try {
    const sent: Record<Sender, number> = { action: 0, kubectl: 0 };
    let cancelledAt = 0;
    let stop = new AbortController();
    const live: { simulator?: Simulator } = {};
    const { fault, struck, isLasting } = strikeFault(plan.strike, time, (request) => {
      if (live.simulator?.world.cluster.private !== undefined) roundOperations(live.simulator.world);
      const nth = (sent[senderOf(request)] += 1);
      if (senderOf(request) === "kubectl") return nth;
      if (live.simulator !== undefined) plan.onRequest?.(nth, live.simulator, request.at);
      if (nth === plan.cancelAt) {
        cancelledAt = time.now();
        stop.abort(new CancelledError("SIGINT"));
      }
      return nth;
    });
    const { strike } = plan;
    const scene = {
      view: () => (live.simulator === undefined ? "" : clusterSnapshot(live.simulator.world, time.now())),
      ambient: () => (isLasting() === "kubernetes" ? (strike?.fault.name ?? "") : ""),
      isAwaited: (requests: number) => strike?.sender === "kubectl" && sent.kubectl < strike.nth && strike.nth <= sent.kubectl + requests,
      get sent() {
        return sent.kubectl;
      },
      skip: (requests: number) => {
        sent.kubectl += requests;
      },
      get unique() {
        const isOnce = strike?.forever === false;
        return (isOnce ? struck.filter((request) => senderOf(request) === "kubectl").length : 0) + (live.simulator?.requestLog.changes().filter((change) => / kubernetes /.test(change)).length ?? 0);
      },
    };
    await using simulator = await startSimulator({
      scenario: plan.scenario,
      certificates,
      faults: [fault],
      startCommand: (options) => runCommand(options, scene),
      tweak: (world) => {
        Object.assign(world.timing, { featureRegistration: 60 * SECOND, featurePropagation: 15 * SECOND, clusterUpdate: 60 * SECOND, daemonSetRollout: 30 * SECOND, replicaSetRetry: 15 * SECOND });
        plan.tweak?.(world);
      },
    });
    live.simulator = simulator;
    const inputs: Readonly<Record<string, string>> = { ...simulator.inputs, mode: plan.mode, "timeout-minutes": String(TIMEOUT_MINUTES), "poll-interval-seconds": String(POLL_SECONDS), "report-path": "unused", ...plan.inputs };
    const log: string[] = [];
    const note = (text: string): void => {
      log.push(text);
    };
    const host = (): Runner => ({
      inputs: { input: (name) => inputs[name] ?? "", environment: () => "" },
      clock: { ...systemClock, timeout: time.timeout },
      random: () => 0,
      log: { phase: note, info: note, warning: note, debug: () => undefined, end: () => undefined },
      idToken: () => fetchIdToken(simulator),
      runProgram: (program) => Promise.reject(new Error(`${program} is not there`)),
      mask: () => undefined,
      stop,
    });
    const bodyBefore = structuredClone(simulator.world.cluster.body);
    const featureBefore = { ...simulator.world.feature };
    const operationsBefore = simulator.world.cluster.operations.length;
    const startedAt = time.now();
    let record = new RunState(startedAt);
    await run(host(), record);
    let cancelled: RunEnd["cancelled"];
    if (plan.cancelAt !== undefined && cancelledAt > 0) {
      cancelled = { report: record.report(time.now()), tookMs: time.now() - cancelledAt, changed: record.changed };
      stop = new AbortController();
      record = new RunState(time.now());
      await run(host(), record);
    }
    const endedAt = time.now();
    return { report: record.report(endedAt), record, requests: [...simulator.requestLog.entries], world: simulator.world, struck, bodyBefore, featureBefore, operationsBefore, startedAt, endedAt, log, ...(cancelled === undefined ? {} : { cancelled }) };
  } finally {
    time.uninstall();
  }
}

/** Operations end on even minutes, so that runs that came a little later find the same cluster, and its answers are known. */
function roundOperations({ cluster }: World): void {
  for (const operation of cluster.operations) if (!operation.settled && !operation.startsWhenRead) operation.endsAt = ORIGIN + Math.ceil((operation.endsAt - ORIGIN) / EVEN_MS) * EVEN_MS;
}

/** Who sent a request. What stands for kubectl on a machine may call itself kubectl and more. */
export function senderOf({ headers }: Pick<SimulatedRequest, "headers">): Sender {
  return /^kubectl/.test(headers["user-agent"] ?? "") ? "kubectl" : "action";
}

interface Struck {
  readonly fault: Fault;
  readonly struck: readonly SimulatedRequest[];
  /** The service whose every request is struck from now on; undefined for none. */
  readonly isLasting: () => string | undefined;
}

/** The plan's one fault; `count` is told of every request, and numbers it among its sender's. */
function strikeFault(strike: Strike | undefined, time: VirtualTime, count: (request: SimulatedRequest) => number): Struck {
  const struck: SimulatedRequest[] = [];
  let chosen: FaultKind = { kind: "hang" };
  const isDue = (request: SimulatedRequest, nth: number): boolean => {
    if (strike === undefined) return false;
    const [first] = struck;
    if (first === undefined) return nth === strike.nth && senderOf(request) === strike.sender;
    if (strike.forever) return request.service === first.service;
    const isAgain = request.service === first.service && request.method === first.method && request.path === first.path;
    return isAgain && struck.length < (strike.fault.times ?? 1);
  };
  const fault: Fault = {
    match: (request) => {
      const nth = count(request);
      if (strike === undefined || !isDue(request, nth)) return false;
      struck.push(request);
      chosen = strike.fault.fault(request, time.now());
      const id = String(request.headers["x-ms-client-request-id"] ?? "");
      if (chosen.kind === "hang") time.hang(id);
      if (chosen.kind === "stall") time.stall(id);
      if (senderOf(request) === "kubectl") commandStruck();
      return true;
    },
    get fault() {
      return chosen;
    },
  };
  return { fault, struck, isLasting: () => (strike?.forever === true ? struck[0]?.service : undefined) };
}

/** As `@actions/core` does, without its own retries. */
function fetchIdToken({ endpoints, world }: Simulator): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = httpsRequest(`${endpoints.github}/oidc/token?audience=${encodeURIComponent("api://AzureADTokenExchange")}`, { headers: { authorization: `Bearer ${world.github.requestToken}`, "x-ms-client-request-id": randomUUID() }, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.on("error", reject);
      response.on("end", () => {
        try {
          const { value } = JSON.parse(body) as { value?: string };
          if (response.statusCode !== 200 || typeof value !== "string" || value === "") throw new Error(`GitHub answered ${String(response.statusCode)}`);
          resolve(value);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    call.setTimeout(0);
    call.on("error", reject);
    call.end();
  });
}
