/** A job in a new world and in virtual time: the simulator with its fault, and a runner for the action. */
// First: it replaces functions of Node.js.
import { ORIGIN, VirtualTime } from "./virtual-time.ts";
import type { Mode } from "../../src/contract.ts";
import type { Runner } from "../../src/github/runner.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { CancelledError } from "../../src/lib/errors.ts";
import type { Config } from "../../src/phases/config.ts";
import { clusterSnapshot, type ScenarioName, type SimulatedRequest, type Simulator, startServer, startSimulator, type World } from "../../simulator/index.ts";
import { JOB_TOKEN, pullRequest } from "../../simulator/world/github.ts";
import { installMemoryNetwork, startInMemory } from "../in-memory-network.ts";
import { cacheConnectionSetup } from "./connection-cache.ts";
import { fetchIdToken } from "./id-token.ts";
import { PULL_REQUEST, REPORT_PATH, beginAt, variable } from "./job.ts";
import { createFault } from "./planned-fault.ts";
import { rememberReads } from "./remember-reads.ts";
import { runCommand } from "./run-command-cache.ts";
import { type RunPlan, type Sender, senderOf, TIMEOUT_MINUTES } from "./run-types.ts";
import { certificates, trustOwn } from "./trust.ts";

const SECOND = 1000;
/** Ten times the default: each wait still has several polls, of which the first, the second and the last have faults, and a run half of the requests. */
const POLL_SECONDS = 100;
/** In this scenario both waits last until their time is up, 15 minutes. */
const POLL_SECONDS_OF_LONG_WAITS: Partial<Record<ScenarioName, number>> = { "race-126": 600 };
const OPERATION_GRID_MS = 120 * SECOND;
cacheConnectionSetup();
const isInMemory = process.env["FAULTS_NETWORK"] !== "loopback";
if (isInMemory) installMemoryNetwork();

/** What a run of the action needs. */
export interface Job {
  readonly simulator: Simulator;
  readonly time: VirtualTime;
  readonly sent: Record<Sender, number>;
  readonly affected: readonly SimulatedRequest[];
  readonly log: string[];
  /** When the runner cancelled the run; undefined if it did not. */
  readonly cancelledAt: number | undefined;
  /** Ends the run, as a cancellation does, with this error. */
  readonly end: (error: Error) => void;
  /** Prepares the run after the cancelled one. */
  renew(): void;
  createRunner(onPhase: (title: string) => void): Runner;
}

/** Does some work in a new world from this time on, in milliseconds since the epoch. */
export async function inVirtualTime<T>(startsAt: number, plan: RunPlan, work: (job: Job) => Promise<T>): Promise<T> {
  const time = new VirtualTime(startsAt);
  await trustOwn();
  time.install();
  try {
    const sent: Record<Sender, number> = { action: 0, kubectl: 0 };
    let cancelledAt: number | undefined;
    let stop = new AbortController();
    const live: { simulator?: Simulator; missesSockets: boolean } = { missesSockets: false };
    const { fault, affected, persistentService } = createFault(plan.target, time, (request) => {
      if (live.simulator?.world.cluster.private !== undefined) roundOperations(live.simulator.world);
      const nth = (sent[senderOf(request)] += 1);
      if (senderOf(request) === "kubectl") return nth;
      if (live.simulator !== undefined) plan.onRequest?.(nth, live.simulator, request.at);
      if (nth === plan.cancelAt && cancelledAt === undefined) {
        cancelledAt = time.now();
        stop.abort(new CancelledError("SIGINT"));
      }
      return nth;
    });
    const { target } = plan;
    // kubectl is a program of its own.
    const hasSockets = !isInMemory || plan.scenario === "private" || plan.mayRunCommands === true;
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
      startCommand: (options) => {
        live.missesSockets ||= !hasSockets;
        return runCommand(options, context);
      },
      startServer: (options) => {
        if (options.service !== "kubernetes") return isInMemory ? startInMemory(options) : startServer(options);
        const remembering = { ...options, handler: rememberReads(options, plan.scenario) };
        return hasSockets ? startServer(options) : startInMemory(remembering);
      },
      tweak: (world) => {
        Object.assign(world.timing, { featureRegistration: 60 * SECOND, featurePropagation: 15 * SECOND, clusterUpdate: 60 * SECOND, daemonSetRollout: 30 * SECOND });
        world.github.issues.push(pullRequest(PULL_REQUEST, "octocat", world.startedAt));
        plan.tweak?.(world);
      },
    });
    live.simulator = simulator;
    beginAt(simulator.endpoints.github);
    const inputs: Readonly<Record<string, string>> = {
      ...simulator.inputs,
      mode: plan.mode,
      "timeout-minutes": String(TIMEOUT_MINUTES),
      "poll-interval-seconds": String(POLL_SECONDS_OF_LONG_WAITS[plan.scenario] ?? POLL_SECONDS),
      "report-path": REPORT_PATH,
      "github-token": JOB_TOKEN,
      ...inputTexts(githubInputsOf(plan.mode)),
      ...plan.inputs,
    };
    const log: string[] = [];
    const append = (text: string): void => {
      log.push(text);
    };
    const createRunner: Job["createRunner"] = (onPhase) => ({
      inputs: { input: (name) => inputs[name] ?? "", names: () => Object.keys(inputs), environment: variable },
      clock: { ...systemClock, timeout: time.timeout },
      random: () => 0,
      log: {
        phase: (title) => {
          append(title);
          onPhase(title);
        },
        info: append,
        warning: append,
        debug: () => undefined,
        end: () => undefined,
      },
      idToken: () => fetchIdToken(simulator),
      runProgram: (program) => Promise.reject(new Error(`${program} is not installed`)),
      mask: () => undefined,
      stop,
      cancelled: stop.signal,
    });
    const done = await work({
      simulator,
      time,
      sent,
      affected,
      log,
      get cancelledAt() {
        return cancelledAt;
      },
      end: (error) => {
        stop.abort(error);
      },
      renew: () => {
        stop = new AbortController();
      },
      createRunner,
    });
    if (live.missesSockets) throw new Error("A run command was started, and the API server is in memory: this case needs mayRunCommands.");
    return done;
  } finally {
    time.uninstall();
  }
}

/** What a run writes to GitHub: a plan its comment; a check opens and updates the drift issue, and the others may close it. */
export function githubInputsOf(mode: Mode): Pick<Config, "driftIssue" | "prComment"> {
  return { driftIssue: mode !== "plan", prComment: mode === "plan" };
}

function inputTexts({ driftIssue, prComment }: Pick<Config, "driftIssue" | "prComment">): Readonly<Record<string, string>> {
  return { "drift-issue": String(driftIssue), "pr-comment": String(prComment) };
}

/** Ends operations at multiples of two minutes, so that slightly later runs find the same cluster and can use cached commands. */
function roundOperations({ cluster }: World): void {
  for (const operation of cluster.operations) if (!operation.settled && !operation.startsWhenRead) operation.endsAt = ORIGIN + Math.ceil((operation.endsAt - ORIGIN) / OPERATION_GRID_MS) * OPERATION_GRID_MS;
}
