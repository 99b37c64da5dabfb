/** Publishes the results of runs, equal results once. */
import { createHash } from "node:crypto";
import { publishResults } from "../../src/actions/istio-cni/publish-results.ts";
import type { RunState } from "../../src/actions/istio-cni/run-state.ts";
import type { Runner } from "../../src/github/runner.ts";
import type { Issue } from "../../simulator/index.ts";
import { captureOutput } from "./job.ts";
import type { Published, RunPlan } from "./run-types.ts";
import type { Job } from "./simulated-job.ts";

/** Publishes the results of a run, as the action does at its end. */
export async function publish(state: RunState, runner: Runner, { simulator, time, log }: Job): Promise<Published> {
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
export async function publishOnce(state: RunState, runner: Runner, job: Job): Promise<Published> {
  const { issues } = job.simulator.world.github;
  const { error, plan, ...rest } = state.report(job.time.now());
  const report = { ...rest, startedAt: "", finishedAt: "", requests: {} };
  const steps = plan.map(({ id, outcome, reason }) => [id, outcome, reason]);
  const failure = error && { ...error, correlationId: "" };
  const checks = state.checks.map(({ id, unverifiable, unobserved }) => [id, unverifiable, unobserved]);
  const key = createHash("sha256").update(JSON.stringify([report, steps, failure, checks, state.warnings, state.lastWrites, state.put?.differences, state.access, issues.map(({ title, body, state: is, stateReason, labels, comments }) => [title, body, is, stateReason, labels, comments.length])])).digest("base64");
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

/** Whether publishing is as without a fault. The run without a fault publishes in any case, for its requests. */
export function canPublishOnce({ target, cancelAt, inputs }: RunPlan): boolean {
  return target !== undefined && cancelAt === undefined && inputs === undefined && !target.persistent;
}
