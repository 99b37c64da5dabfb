/** The table of contents: inputs -> observe -> plan -> apply -> verify -> report. */
import { applyAzure } from "../../phases/apply/apply-azure.ts";
import { applyCluster } from "../../phases/apply/apply-cluster.ts";
import { connectAzure } from "../../azure/connect.ts";
import { type Runner, githubRunner } from "../../github/runner.ts";
import { clusterIdOf, readInputs } from "./inputs.ts";
import { StepTracker } from "../../phases/apply/step-tracker.ts";
import { ClusterObserver } from "../../phases/observe/cluster-observer.ts";
import { observeAzure } from "../../phases/observe/observe-azure.ts";
import { goalOf, type Plan, planFor } from "../../phases/plan/plan.ts";
import { RunState } from "./run-state.ts";
import { createRunContext, endAtDeadline, type RunContext } from "../../lib/run-context.ts";
import { publishResults } from "./publish-results.ts";
import { connectCluster } from "../../phases/observe/connect-cluster.ts";
import type { Config } from "../../phases/config.ts";
import { credentialSources } from "../credential-sources.ts";

/** Runs the action as the runner starts it. @returns the exit code of the step */
export async function main(): Promise<0 | 1> {
  const runner = githubRunner();
  const state = new RunState(runner.clock.now());
  await run(runner, state);
  return publishResults(state, runner.inputs, runner.log, runner.clock);
}

/** Walks the corridor once and never rejects: what is learnt, and what ended the walk, goes into the record at once. */
export async function run(runner: Runner, state: RunState): Promise<void> {
  const over = new AbortController();
  const { log } = runner;
  try {
    log.phase("Inputs");
    const config = readInputs(runner.inputs);
    const context = begin(config, runner, state);
    endAtDeadline(context, runner.stop, over.signal);

    log.phase("Sign in");
    const azure = await connectAzure(config, credentialSources(config, runner), context);
    state.identity = azure.identity.description;

    log.phase("Observe");
    const goal = goalOf(config);
    const feature = config.registerFeature === "never" ? undefined : azure.feature;
    const seen = await observeAzure(azure.cluster, feature);
    log.info(`Azure: ${seen.facts.name} is ${seen.facts.provisioningState}, ${seen.facts.powerState}; mesh ${seen.facts.mesh.mode || "off"}, feature ${seen.feature.state}`);
    const connection = await connectCluster(seen.facts, { config, azure, runProgram: runner.runProgram, mask: runner.mask, context });
    state.mechanism = goal.mechanism;
    state.access = connection.kind === "connected" ? connection.description : `none: ${connection.why}`;
    const observer = new ClusterObserver(seen, { config, goal, cluster: azure.cluster, connection, clock: runner.clock, onUpdate: state.onUpdate });
    const before = await observer.observeFirst();

    log.phase("Plan");
    const plan = planFor(before, config);
    const tracker = new StepTracker(plan.steps, runner.clock);
    state.tracker = tracker;
    sayPlan(plan, runner);
    if (isPlanned(plan, "switch-redirection")) state.put = azure.cluster.plannedPut(seen.reading, goal.mechanism);
    if (config.mode === "plan" || config.mode === "check") return;

    log.phase(config.mode === "apply" ? "Apply" : "Disable");
    try {
      await applyAzure(plan, { cluster: azure.cluster, feature, before, tracker, context, readings: observer });
    } finally {
      // Also where a step failed: the latest reading is what the report has to show.
      observer.publishAzure();
    }

    log.phase("Verify");
    const api = connection.kind === "connected" ? connection.api : undefined;
    await applyCluster(before, { config, goal, tracker, context, api, observe: (probing) => observer.observeAgain(probing) });
  } catch (error) {
    state.error = error;
  } finally {
    over.abort();
    log.end();
  }
}

function begin(config: Config, runner: Runner, state: RunState): RunContext {
  runner.log.info(`mode ${config.mode} for the cluster ${config.cluster} in the resource group ${config.resourceGroup}`);
  const { clock, log, stop, random } = runner;
  const { timeoutMs, pollIntervalMs, mode } = config;
  const context = createRunContext({ clock, log, random, signal: stop.signal, startedAt: state.startedAt, timeoutMs, pollIntervalMs, waitsForRoles: mode === "apply" || mode === "disable" });
  state.config = config;
  state.clusterId = clusterIdOf(config);
  state.context = context;
  return context;
}

function sayPlan({ steps }: Plan, { log }: Runner): void {
  for (const { needed, title, reason } of steps) log.info(`${needed ? "to do" : "not needed"}: ${title} (${reason})`);
}

function isPlanned({ steps }: Plan, id: Plan["steps"][number]["id"]): boolean {
  return steps.some((step) => step.id === id && step.needed);
}
