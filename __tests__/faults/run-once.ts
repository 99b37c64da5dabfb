/** Runs the action in this process: the code of the bundle except for its entry and its runner, in virtual time. */
// First: it replaces functions of Node.js.
import { ORIGIN } from "./virtual-time.ts";
import { run } from "../../src/actions/istio-cni/main.ts";
import { RunState } from "../../src/actions/istio-cni/run-state.ts";
import "../../src/azure/entra-credentials.ts"; // The action loads it when it is needed, which takes real time.
import type { Mode } from "../../src/contract.ts";
import type { Issue, RequestLogEntry, ScenarioName, SimulatedRequest } from "../../simulator/index.ts";
import { canPublishOnce, publish, publishOnce } from "./publish-once.ts";
import type { FaultTarget, Phase, Published, RunEnd, RunPlan } from "./run-types.ts";
import { githubInputsOf, inVirtualTime } from "./simulated-job.ts";

/** Ends a run of which the rest is known. */
class AlikeError extends Error {}

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

const NOTHING_PUBLISHED: Published = { exitCode: 0, tookMs: 0, requests: 0, annotations: [], log: [] };

/** Whether the requests of the sign-in are those of a run without a fault, if the ones with a fault are left out. */
function hasSignedInAlike(entries: readonly RequestLogEntry[], affected: readonly SimulatedRequest[], clean: RunEnd): boolean {
  const all = clean.phases.find(({ title }) => title === "Observe")?.requests ?? 0;
  const ids = new Set(affected.map(({ headers }) => headers["x-ms-client-request-id"]));
  const answered = entries.filter(({ headers }) => !ids.has(headers["x-ms-client-request-id"] ?? ""));
  const described = (some: readonly RequestLogEntry[]): string => JSON.stringify(some.map(({ service, method, path, query, status }) => [service, method, path, query, status]));
  return affected.length > 0 && described(answered) === described(clean.requests.slice(0, all));
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
