/** Runs the action in this process: the code of the bundle except for its entry and its GitHub runner, with real HTTPS and virtual time. */
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
import { limitRunningCommand, runCommand } from "./run-command-cache.ts";
import type { NamedFault } from "./fault-kinds.ts";
import { cacheConnectionSetup } from "./connection-cache.ts";
import { ORIGIN, VirtualTime } from "./virtual-time.ts";

/** The sender of a request: the action itself, or kubectl in a run command. */
export type Sender = "action" | "kubectl";

/** The requests that a fault affects: the sender's n-th one, or, where persistent, all to its service from then on. */
export interface FaultTarget {
  /** From 1, in the order of arrival. */
  readonly nth: number;
  readonly sender: Sender;
  readonly persistent: boolean;
  readonly fault: NamedFault;
}

export interface RunPlan {
  readonly scenario: ScenarioName;
  readonly mode: Mode;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly target?: FaultTarget;
  /** The runner cancels the job at this request of the action itself, from 1. Then the action is run again in the same world. */
  readonly cancelAt?: number;
  readonly tweak?: (world: World) => void;
  /** Called with each request before it is answered; may change the world. */
  readonly onRequest?: (nth: number, simulator: Simulator, now: number) => void;
}

export interface RunEnd {
  readonly report: Report;
  readonly state: RunState;
  /** All requests in the order of arrival. */
  readonly requests: readonly RequestLogEntry[];
  readonly world: World;
  /** The requests with a fault, in the order of arrival. */
  readonly affected: readonly SimulatedRequest[];
  /** The cluster's body before the run. */
  readonly bodyBefore: World["cluster"]["body"];
  readonly featureBefore: World["feature"];
  readonly operationsBefore: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly log: readonly string[];
  /** The cancelled run, where one was cancelled; the other properties describe the run after it. */
  readonly cancelled?: { readonly report: Report; readonly tookMs: number; readonly changed: boolean };
}

const SECOND = 1000;
export const TIMEOUT_MINUTES = 30;
/** Three times the default: waits still take several polls, and a run has a third of the requests. */
const POLL_SECONDS = 30;
const OPERATION_GRID_MS = 120 * SECOND;
export const certificates = createCertificates();
export const trusted = certificates.then(({ publicAuthority }) => setDefaultCACertificates([publicAuthority.cert]));
cacheConnectionSetup();

/** Runs the action once in a new world. */
export async function runOnce(plan: RunPlan): Promise<RunEnd> {
  const time = new VirtualTime();
  await trusted;
  time.install();
  try {
    const sent: Record<Sender, number> = { action: 0, kubectl: 0 };
    let cancelledAt = 0;
    let stop = new AbortController();
    const live: { simulator?: Simulator } = {};
    const { fault, affected, persistentService } = createFault(plan.target, time, (request) => {
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
    const { target } = plan;
    const context = {
      snapshot: () => (live.simulator === undefined ? "" : clusterSnapshot(live.simulator.world, time.now())),
      persistentFault: () => (persistentService() === "kubernetes" ? (target?.fault.name ?? "") : ""),
      isFaultAmong: (requests: number) => target?.sender === "kubectl" && sent.kubectl < target.nth && target.nth <= sent.kubectl + requests,
      get sent() {
        return sent.kubectl;
      },
      skip: (requests: number) => {
        sent.kubectl += requests;
      },
      get uncacheable() {
        const isOnce = target?.persistent === false;
        return (isOnce ? affected.filter((request) => senderOf(request) === "kubectl").length : 0) + (live.simulator?.requestLog.changes().filter((change) => / kubernetes /.test(change)).length ?? 0);
      },
    };
    await using simulator = await startSimulator({
      scenario: plan.scenario,
      certificates,
      faults: [fault],
      startCommand: (options) => runCommand(options, context),
      tweak: (world) => {
        Object.assign(world.timing, { featureRegistration: 60 * SECOND, featurePropagation: 15 * SECOND, clusterUpdate: 60 * SECOND, daemonSetRollout: 30 * SECOND });
        plan.tweak?.(world);
      },
    });
    live.simulator = simulator;
    const inputs: Readonly<Record<string, string>> = { ...simulator.inputs, mode: plan.mode, "timeout-minutes": String(TIMEOUT_MINUTES), "poll-interval-seconds": String(POLL_SECONDS), "report-path": "unused", ...plan.inputs };
    const log: string[] = [];
    const append = (text: string): void => {
      log.push(text);
    };
    const createRunner = (): Runner => ({
      inputs: { input: (name) => inputs[name] ?? "", names: () => Object.keys(inputs), environment: () => "" },
      clock: { ...systemClock, timeout: time.timeout },
      random: () => 0,
      log: { phase: append, info: append, warning: append, debug: () => undefined, end: () => undefined },
      idToken: () => fetchIdToken(simulator),
      runProgram: (program) => Promise.reject(new Error(`${program} is not installed`)),
      mask: () => undefined,
      stop,
      cancelled: stop.signal,
    });
    const bodyBefore = structuredClone(simulator.world.cluster.body);
    const featureBefore = { ...simulator.world.feature };
    const operationsBefore = simulator.world.cluster.operations.length;
    const startedAt = time.now();
    let state = new RunState(startedAt);
    await run(createRunner(), state);
    let cancelled: RunEnd["cancelled"];
    if (plan.cancelAt !== undefined && cancelledAt > 0) {
      cancelled = { report: state.report(time.now()), tookMs: time.now() - cancelledAt, changed: state.changed };
      stop = new AbortController();
      state = new RunState(time.now());
      await run(createRunner(), state);
    }
    const endedAt = time.now();
    return { report: state.report(endedAt), state, requests: [...simulator.requestLog.entries], world: simulator.world, affected, bodyBefore, featureBefore, operationsBefore, startedAt, endedAt, log, ...(cancelled === undefined ? {} : { cancelled }) };
  } finally {
    time.uninstall();
  }
}

/** Ends operations at multiples of two minutes, so that slightly later runs find the same cluster and can use cached commands. */
function roundOperations({ cluster }: World): void {
  for (const operation of cluster.operations) if (!operation.settled && !operation.startsWhenRead) operation.endsAt = ORIGIN + Math.ceil((operation.endsAt - ORIGIN) / OPERATION_GRID_MS) * OPERATION_GRID_MS;
}

/** The sender of a request, by its user agent, which starts with kubectl for variants of kubectl as well. */
export function senderOf({ headers }: Pick<SimulatedRequest, "headers">): Sender {
  return /^kubectl/.test(headers["user-agent"] ?? "") ? "kubectl" : "action";
}

interface PlannedFault {
  readonly fault: Fault;
  readonly affected: readonly SimulatedRequest[];
  /** The service whose requests all have the fault from now on; undefined for none. */
  readonly persistentService: () => string | undefined;
}

/** The fault of the plan. `count`: called with each request; returns its number among its sender's requests. */
function createFault(target: FaultTarget | undefined, time: VirtualTime, count: (request: SimulatedRequest) => number): PlannedFault {
  const affected: SimulatedRequest[] = [];
  let chosen: FaultKind = { kind: "hang" };
  const isDue = (request: SimulatedRequest, nth: number): boolean => {
    if (target === undefined) return false;
    const [first] = affected;
    if (first === undefined) return nth === target.nth && senderOf(request) === target.sender;
    if (target.persistent) return request.service === first.service;
    const isAgain = request.service === first.service && request.method === first.method && request.path === first.path;
    return isAgain && affected.length < (target.fault.times ?? 1);
  };
  const fault: Fault = {
    match: (request) => {
      const nth = count(request);
      if (target === undefined || !isDue(request, nth)) return false;
      affected.push(request);
      chosen = target.fault.fault(request, time.now());
      const id = String(request.headers["x-ms-client-request-id"] ?? "");
      if (chosen.kind === "hang") time.hang(id);
      if (chosen.kind === "stall") time.stall(id);
      if (senderOf(request) === "kubectl") limitRunningCommand();
      return true;
    },
    get fault() {
      return chosen;
    },
  };
  return { fault, affected, persistentService: () => (target?.persistent === true ? affected[0]?.service : undefined) };
}

/** Requests the ID token as `@actions/core` does, without its retries. */
export function fetchIdToken({ endpoints, world }: Simulator): Promise<string> {
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
