/** Runs the action in this process: the code of the bundle except for its entry and its runner, in virtual time. */
// First: it replaces functions of Node.js.
import { ORIGIN } from "./virtual-time.ts";
import { run } from "../../src/actions/istio-cni/main.ts";
import { RunState } from "../../src/actions/istio-cni/run-state.ts";
import "../../src/azure/entra-credentials.ts"; // The action loads it when it is needed, which takes real time.
import { isDeepStrictEqual } from "node:util";
import type { Mode } from "../../src/contract.ts";
import type { Issue, RequestLogEntry, ScenarioName, SimulatedRequest } from "../../simulator/index.ts";
import { canPublishOnce, publish, publishOnce } from "./publish-once.ts";
import { type FaultTarget, type Phase, type Published, type RunEnd, type RunPlan, senderOf } from "./run-types.ts";
import { githubInputsOf, inVirtualTime, type Job } from "./simulated-job.ts";
import { isOfActivityLog, isOfSignIn, withoutIds } from "./equivalences.ts";

/** Ends a run of which the rest is known. */
class AlikeError extends Error {}

/** The activity log is asked for what was written before the run. */
const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

/** The phase before which a run only reads. */
const AFTER_READS = "Plan";

/** Runs the action once in a new world, and publishes its results. */
export async function runOnce(plan: RunPlan): Promise<RunEnd> {
  const issues = await issuesBefore(plan);
  const { stopWhereAlike: clean } = plan;
  let alikeAfter: number | undefined;
  /** Ends the run if these requests of it are the first ones of the run without a fault. */
  const stopIfAlike = (entries: readonly RequestLogEntry[], { affected, end }: Job): void => {
    if (clean === undefined || alikeAfter !== undefined || !isAlike(entries, affected, clean)) return;
    alikeAfter = entries.length - affected.length;
    end(new AlikeError());
  };
  let current: Job | undefined;
  const onRequest: RunPlan["onRequest"] = (nth, simulator, now) => {
    plan.onRequest?.(nth, simulator, now);
    const { entries } = simulator.requestLog;
    const latest = entries.at(-1);
    // Requests to GitHub publish the result.
    if (current !== undefined && latest !== undefined && !isOfSignIn(latest) && latest.service !== "github") stopIfAlike(entries.slice(0, -1), current);
  };
  return inVirtualTime(ORIGIN, { ...plan, onRequest }, async (job) => {
    current = job;
    const { simulator, time, sent } = job;
    const { world } = simulator;
    world.github.issues.push(...structuredClone(issues));
    const issuesAtStart = structuredClone(world.github.issues);
    const bodyBefore = structuredClone(world.cluster.body);
    const featureBefore = { ...world.feature };
    const operationsBefore = world.cluster.operations.length;
    const startedAt = time.now();
    const publishing = canPublishOnce(plan) ? publishOnce : publish;
    const runToEnd = async (): Promise<Pick<RunEnd, "state" | "report" | "sentInPhases" | "phases" | "alikeAfter" | "endedAt" | "published">> => {
      const phases: Phase[] = [];
      const state = new RunState(time.now());
      const runner = job.createRunner((title) => {
        const { entries } = simulator.requestLog;
        phases.push({ title, requests: entries.length });
        if (title === AFTER_READS) stopIfAlike(entries, job);
      });
      await run(runner, state);
      const endedAt = time.now();
      const sentInPhases = { ...sent };
      return { state, report: state.report(endedAt), sentInPhases, phases, alikeAfter, endedAt, published: alikeAfter === undefined ? await publishing(state, runner, job) : NOTHING_PUBLISHED };
    };
    let end = await runToEnd();
    let cancelled: RunEnd["cancelled"];
    if (job.cancelledAt !== undefined) {
      cancelled = { report: end.report, tookMs: time.now() - job.cancelledAt, changed: end.state.changed, hadResult: hadResult(plan, end, simulator.requestLog.entries) };
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

/** Whether a run was cancelled when its result was known: while it was published, or while only the last writes were still read. */
function hadResult({ cancelAt = 0 }: RunPlan, { sentInPhases, report }: Pick<RunEnd, "sentInPhases" | "report">, entries: readonly RequestLogEntry[]): boolean {
  const cancelledAt = entries.filter((entry) => senderOf(entry) === "action")[cancelAt - 1];
  return cancelAt > sentInPhases.action || (cancelAt === sentInPhases.action && report.error?.code !== "Cancelled" && cancelledAt !== undefined && isOfActivityLog(cancelledAt));
}

/** Whether the requests are the first ones of a run without a fault, if the ones with a fault are left out; requests at the same time in any order. */
function isAlike(entries: readonly RequestLogEntry[], affected: readonly SimulatedRequest[], clean: RunEnd): boolean {
  const answered = [...entries];
  for (const { at, service, method, path } of affected) {
    const same = answered.filter((entry) => entry.at === at && entry.service === service && entry.method === method && entry.path === path);
    const one = same.find(({ status }) => status !== 200) ?? same[0];
    if (one === undefined) return false;
    answered.splice(answered.indexOf(one), 1);
  }
  const described = (some: readonly RequestLogEntry[]): readonly string[] => some.map(({ service, method, path, query, status }) => withoutIds(JSON.stringify([service, method, path, query, status])).replace(TIME, "*")).sort();
  return affected.length > 0 && isDeepStrictEqual(described(answered), described(clean.requests.slice(0, answered.length)));
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
