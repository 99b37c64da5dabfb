/** Runs the action in this process: the code of the bundle except for its entry and its runner, in virtual time. */
// First: it replaces functions of Node.js.
import { ORIGIN, VirtualTime } from "./virtual-time.ts";
import { createHash, randomUUID } from "node:crypto";
import { request as httpsRequest } from "node:https";
import { setDefaultCACertificates } from "node:tls";
import { systemClock } from "../../src/lib/clock.ts";
import type { Mode, Report } from "../../src/contract.ts";
import { CancelledError } from "../../src/lib/errors.ts";
import type { Runner } from "../../src/github/runner.ts";
import { run } from "../../src/actions/istio-cni/main.ts";
import { publishResults } from "../../src/actions/istio-cni/publish-results.ts";
import "../../src/azure/entra-credentials.ts"; // The action loads it when it is needed, which takes real time.
import type { Config } from "../../src/phases/config.ts";
import { JOB_TOKEN, pullRequest } from "../../simulator/world/github.ts";
import { captureOutput, PULL_REQUEST, REPORT_PATH, useGitHubAt, variable } from "./job.ts";
import { RunState } from "../../src/actions/istio-cni/run-state.ts";
import { createCertificates, type Fault, type FaultKind, type Issue, type RequestLogEntry, clusterSnapshot, type ScenarioName, type SimulatedRequest, type Simulator, startServer, startSimulator, type World } from "../../simulator/index.ts";
import { limitRunningCommand, runCommand } from "./run-command-cache.ts";
import type { NamedFault } from "./fault-kinds.ts";
import { cacheConnectionSetup } from "./connection-cache.ts";
import { forgetConnections, installMemoryNetwork, startInMemory } from "./memory-network.ts";

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
  /** Whether the action may fall back to run commands. */
  readonly mayRunCommands?: boolean;
  /** The run after the cancelled one, if it is known. It is used unless the cancelled run has changed something. */
  readonly again?: RunEnd;
  /** A run without a fault: the run ends after its sign-in, if it has sent the same requests until then, except for those with the fault. */
  readonly stopWhereAlike?: RunEnd;
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
  /** When the phases were over; results were published afterwards. */
  readonly endedAt: number;
  readonly published: Published;
  /** The numbers of requests until then. */
  readonly sentInPhases: Readonly<Record<Sender, number>>;
  /** The phases that began, with the number of requests before each. */
  readonly phases: readonly Phase[];
  /** Whether the run was ended at its `stopWhereAlike`. */
  readonly isAlike: boolean;
  readonly mode: Mode;
  readonly scenario: ScenarioName;
  /** GitHub's issues, pull requests included, before the run. */
  readonly issuesAtStart: readonly Issue[];
  readonly log: readonly string[];
  /** The cancelled run, where one was cancelled; the other properties describe the run after it. */
  readonly cancelled?: { readonly report: Report; readonly tookMs: number; readonly changed: boolean; readonly wasPublishing: boolean };
}

export interface Phase {
  readonly title: string;
  readonly requests: number;
}

/** Ends a run of which the rest is known. */
class AlikeError extends Error {}

/** How the results were published. */
export interface Published {
  readonly exitCode: 0 | 1;
  readonly tookMs: number;
  /** The number of requests to GitHub's API. */
  readonly requests: number;
  /** Workflow commands. */
  readonly annotations: readonly string[];
  readonly log: readonly string[];
}

const SECOND = 1000;
export const TIMEOUT_MINUTES = 30;
/** Three times the default: waits still take several polls, and a run has a third of the requests. */
const POLL_SECONDS = 30;
const OPERATION_GRID_MS = 120 * SECOND;
export const certificates = createCertificates();
export const trusted = certificates.then(({ publicAuthority }) => setDefaultCACertificates([publicAuthority.cert]));
cacheConnectionSetup();
const isInMemory = process.env["FAULTS_NETWORK"] !== "loopback";
if (isInMemory) installMemoryNetwork();

/** Runs the action once in a new world, and publishes its results. */
export async function runOnce(plan: RunPlan): Promise<RunEnd> {
  const issues = await issuesBefore(plan);
  return inVirtualTime(ORIGIN, plan, async (job) => {
    const { simulator, time, sent } = job;
    const { world } = simulator;
    world.github.issues.push(...structuredClone(issues));
    const issuesAtStart = structuredClone(world.github.issues);
    const bodyBefore = structuredClone(world.cluster.body);
    const featureBefore = { ...world.feature };
    const operationsBefore = world.cluster.operations.length;
    const startedAt = time.now();
    const publishing = canPublishOnce(plan) ? publishOnce : publish;
    const runToEnd = async (): Promise<Pick<RunEnd, "state" | "report" | "sentInPhases" | "phases" | "isAlike" | "endedAt" | "published">> => {
      const phases: Phase[] = [];
      const state = new RunState(time.now());
      const runner = job.createRunner((title) => {
        const { entries } = simulator.requestLog;
        phases.push({ title, requests: entries.length });
        if (title === "Observe" && plan.stopWhereAlike !== undefined && hasSignedInAlike(entries, job.affected, plan.stopWhereAlike)) throw new AlikeError();
      });
      await run(runner, state);
      const endedAt = time.now();
      const sentInPhases = { ...sent };
      const isAlike = state.error instanceof AlikeError;
      return { state, report: state.report(endedAt), sentInPhases, phases, isAlike, endedAt, published: isAlike ? NOTHING_PUBLISHED : await publishing(state, runner, job) };
    };
    let end = await runToEnd();
    let cancelled: RunEnd["cancelled"];
    if (job.cancelledAt !== undefined) {
      cancelled = { report: end.report, tookMs: time.now() - job.cancelledAt, changed: end.state.changed, wasPublishing: (plan.cancelAt ?? 0) > end.sentInPhases.action };
      if (plan.again !== undefined && simulator.requestLog.changes().length === 0) return { ...plan.again, cancelled };
      job.renew();
      end = await runToEnd();
    }
    return { ...end, mode: plan.mode, scenario: plan.scenario, requests: [...simulator.requestLog.entries], world, issuesAtStart, affected: job.affected, bodyBefore, featureBefore, operationsBefore, startedAt, log: job.log, ...(cancelled === undefined ? {} : { cancelled }) };
  });
}

/**
 * Publishes the results of a run again, in this mode and with this fault: nothing before the end of a run depends on what is published.
 *
 * @param end a run that was not cancelled
 */
export async function publishAgain(end: RunEnd, mode: Mode, target?: FaultTarget): Promise<RunEnd> {
  const issues = await issuesBefore({ scenario: end.scenario, mode });
  return inVirtualTime(end.endedAt, { scenario: end.scenario, mode, ...(target === undefined ? {} : { target }) }, async (job) => {
    const { github } = job.simulator.world;
    github.issues.push(...structuredClone(issues));
    const issuesAtStart = structuredClone(github.issues);
    Object.assign(job.sent, end.sentInPhases);
    const state = Object.assign(new RunState(end.startedAt), end.state);
    if (state.config !== undefined) state.config = { ...state.config, ...githubInputsOf(mode), mode };
    state.target = { ...state.target, mode };
    const published = await (target === undefined ? publishOnce : publish)(state, job.createRunner(() => undefined), job);
    const phaseRequests = end.requests.slice(0, end.requests.length - end.published.requests);
    const world = { ...end.world, github };
    return { ...end, mode, state, report: state.report(end.endedAt), world, issuesAtStart, published, requests: [...phaseRequests, ...job.simulator.requestLog.entries], affected: [...end.affected, ...job.affected], log: job.log };
  });
}

/** Whether publishing is as without a fault. The run without a fault publishes in any case, for its requests. */
function canPublishOnce({ target, cancelAt, inputs }: RunPlan): boolean {
  return target !== undefined && cancelAt === undefined && inputs === undefined && !target.persistent;
}

const NOTHING_PUBLISHED: Published = { exitCode: 0, tookMs: 0, requests: 0, annotations: [], log: [] };

/** Whether the requests of the sign-in are those of a run without a fault, if the ones with a fault are left out. */
function hasSignedInAlike(entries: readonly RequestLogEntry[], affected: readonly SimulatedRequest[], clean: RunEnd): boolean {
  const all = clean.phases.find(({ title }) => title === "Observe")?.requests ?? 0;
  const ids = new Set(affected.map(({ headers }) => headers["x-ms-client-request-id"]));
  const answered = entries.filter(({ headers }) => !ids.has(headers["x-ms-client-request-id"] ?? ""));
  const described = (some: readonly RequestLogEntry[]): string => JSON.stringify(some.map(({ service, method, path, query, status }) => [service, method, path, query, status]));
  return affected.length > 0 && described(answered) === described(clean.requests.slice(0, all));
}

/** What a run of the action needs. */
interface Job {
  readonly simulator: Simulator;
  readonly time: VirtualTime;
  readonly sent: Record<Sender, number>;
  readonly affected: readonly SimulatedRequest[];
  readonly log: string[];
  /** When the runner cancelled the run; undefined if it did not. */
  readonly cancelledAt: number | undefined;
  /** Prepares the run after the cancelled one. */
  renew(): void;
  createRunner(onPhase: (title: string) => void): Runner;
}

/** Does some work in a new world from this time on, in milliseconds since the epoch. */
async function inVirtualTime<T>(startsAt: number, plan: RunPlan, work: (job: Job) => Promise<T>): Promise<T> {
  const time = new VirtualTime(startsAt);
  await trusted;
  forgetConnections();
  time.install();
  try {
    const sent: Record<Sender, number> = { action: 0, kubectl: 0 };
    let cancelledAt: number | undefined;
    let stop = new AbortController();
    const live: { simulator?: Simulator } = {};
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
      // kubectl is a program of its own: it needs sockets.
      startServer: (options) => (isInMemory && (options.service !== "kubernetes" || (plan.scenario !== "private" && plan.mayRunCommands !== true)) ? startInMemory(options, plan.scenario) : startServer(options)),
      tweak: (world) => {
        Object.assign(world.timing, { featureRegistration: 60 * SECOND, featurePropagation: 15 * SECOND, clusterUpdate: 60 * SECOND, daemonSetRollout: 30 * SECOND });
        world.github.issues.push(pullRequest(PULL_REQUEST, "octocat", world.startedAt));
        plan.tweak?.(world);
      },
    });
    live.simulator = simulator;
    useGitHubAt(simulator.endpoints.github);
    const inputs: Readonly<Record<string, string>> = {
      ...simulator.inputs,
      mode: plan.mode,
      "timeout-minutes": String(TIMEOUT_MINUTES),
      "poll-interval-seconds": String(POLL_SECONDS),
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
    return await work({
      simulator,
      time,
      sent,
      affected,
      log,
      get cancelledAt() {
        return cancelledAt;
      },
      renew: () => {
        stop = new AbortController();
      },
      createRunner,
    });
  } finally {
    time.uninstall();
  }
}

/** Publishes the results of a run, as the action does at its end. */
async function publish(state: RunState, runner: Runner, { simulator, time, log }: Job): Promise<Published> {
  const before = simulator.requestLog.entries.length;
  const startedAt = time.now();
  const output = captureOutput();
  try {
    const lines = log.length;
    const exitCode = await publishResults(state, runner);
    return { exitCode, tookMs: time.now() - startedAt, requests: simulator.requestLog.entries.length - before, annotations: output.lines.filter((line) => /^::(?:error|warning)/.test(line)), log: log.slice(lines) };
  } finally {
    output.end();
  }
}

/** What was published of equal results, with GitHub's state afterwards. */
const publishedBefore = new Map<string, { readonly published: Published; readonly issues: readonly Issue[] }>();

/**
 * Publishes as {@link publish}, unless equal results were published from the same state of GitHub before: what is published depends on
 * the report, on the checks, and on GitHub. Not for a run with a fault or a cancellation that affects GitHub's API.
 */
async function publishOnce(state: RunState, runner: Runner, job: Job): Promise<Published> {
  const { issues } = job.simulator.world.github;
  const { startedAt, finishedAt, requests, error, plan, ...report } = state.report(job.time.now());
  const steps = plan.map(({ id, outcome, reason }) => [id, outcome, reason]);
  const failure = error && { ...error, correlationId: "" };
  const checks = state.checks.map(({ id, unverifiable, unobserved }) => [id, unverifiable, unobserved]);
  const key = createHash("sha256").update(JSON.stringify([report, steps, failure, checks, state.warnings, state.lastWrites, state.put?.differences, state.access, issues.map(({ number, createdAt, updatedAt, comments, ...issue }) => issue)])).digest("base64");
  const known = publishedBefore.get(key);
  if (known !== undefined) {
    issues.splice(0, issues.length, ...structuredClone(known.issues));
    job.log.push(...known.published.log);
    return { ...known.published, requests: 0 };
  }
  const published = await publish(state, runner, job);
  publishedBefore.set(key, { published, issues: structuredClone(issues) });
  return published;
}

/** What a run writes to GitHub: a plan its comment; a check opens and updates the drift issue, and the others may close it. */
function githubInputsOf(mode: Mode): Pick<Config, "driftIssue" | "prComment"> {
  return { driftIssue: mode !== "plan", prComment: mode === "plan" };
}

function inputTexts({ driftIssue, prComment }: Pick<Config, "driftIssue" | "prComment">): Readonly<Record<string, string>> {
  return { "drift-issue": String(driftIssue), "pr-comment": String(prComment) };
}

/** The scenarios whose check makes the issue. All other cells start with the one that a check of {@link DRIFTED} has made. */
const WITHOUT_ISSUE: readonly ScenarioName[] = ["fresh", "busy", "reset-by-terraform"];
const DRIFTED = "reset-by-terraform";
let issuesOfDrift: Promise<readonly Issue[]> | undefined;

function issuesBefore({ scenario, mode }: RunPlan): Promise<readonly Issue[]> {
  if (mode === "check" && WITHOUT_ISSUE.includes(scenario)) return Promise.resolve([]);
  issuesOfDrift ??= runOnce({ scenario: DRIFTED, mode: "check" }).then(({ world }) => world.github.issues.filter(({ isPullRequest }) => !isPullRequest));
  return issuesOfDrift;
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
