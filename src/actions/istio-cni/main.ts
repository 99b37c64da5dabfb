/** The main action, phase by phase: inputs, sign in, observe, plan, apply, verify, report. */
import { connectAzure } from "../../azure/connect.ts";
import { readSupportedRevisions } from "../../azure/mesh-revisions.ts";
import { endDescendants } from "../../github/descendants.ts";
import { githubRunner, runContext, type Runner } from "../../github/runner.ts";
import { isMeshOn } from "../../istio/cluster-facts.ts";
import { redirectsOtherwise } from "../../istio/redirection.ts";
import { endAtDeadline, type RunContext } from "../../lib/run-context.ts";
import { applyAzure } from "../../phases/apply/apply-azure.ts";
import { applyCluster } from "../../phases/apply/apply-cluster.ts";
import { StepTracker } from "../../phases/apply/step-tracker.ts";
import type { Config } from "../../phases/config.ts";
import { ClusterObserver } from "../../phases/observe/cluster-observer.ts";
import { connectCluster } from "../../phases/observe/connect-cluster.ts";
import { observeAzure } from "../../phases/observe/observe-azure.ts";
import { WriteHistory } from "../../phases/observe/write-history.ts";
import { goalOf, type Plan, planFor } from "../../phases/plan/plan.ts";
import type { PlannedStep } from "../../phases/plan/planned-step.ts";
import { credentialSources } from "../credential-sources.ts";
import { readInputs, targetOf } from "./inputs.ts";
import { publishResults } from "./publish-results.ts";
import { RunState } from "./run-state.ts";

/** Runs the main action in the environment of the runner. @returns the exit code of the step */
export async function main(): Promise<0 | 1> {
  const runner = githubRunner();
  const state = new RunState(runner.clock.now());
  await run(runner, state);
  endDescendants();
  return publishResults(state, runner);
}

/** Carries out all phases but the report. Never rejects: results, and the error that ended the run, are in `state`. */
export async function run(runner: Runner, state: RunState): Promise<void> {
  const ended = new AbortController();
  const { log } = runner;
  let history: WriteHistory | undefined;
  try {
    log.phase("Inputs");
    state.target = targetOf(runner.inputs);
    const config = readInputs(runner.inputs, (text) => void state.inputHints.push(text));
    const context = createContext(config, runner, state);
    endAtDeadline(context, runner.stop, ended.signal);

    log.phase("Sign in");
    const azure = await connectAzure(config, credentialSources(config, runner), context);
    state.identity = azure.identity.description;

    log.phase("Observe");
    const goal = goalOf(config);
    const feature = config.registerFeature === "never" ? undefined : azure.feature;
    const observed = await observeAzure(azure.cluster, feature);
    const { facts } = observed;
    log.info(`Azure: ${facts.name} is ${facts.provisioningState}, ${facts.powerState}; mesh ${facts.mesh.mode || "off"}, feature ${observed.feature.state}`);
    history = new WriteHistory(azure.activityLog, state.startedAt, context);
    // Both beside the connection to the cluster, so that they delay nothing.
    if (redirectsOtherwise({ cluster: facts, observation: { seen: false, why: "", remedy: "" } }, goal.mechanism)) history.request();
    const revisions = isMeshOn(facts) ? readSupportedRevisions(azure.cluster, facts.location) : undefined;
    revisions?.catch(() => undefined);
    const connection = await connectCluster(facts, { config, azure, runProgram: runner.runProgram, mask: runner.mask, context });
    state.mechanism = goal.mechanism;
    state.access = connection.kind === "connected" ? connection.description : `none: ${connection.why}`;
    const supportedRevisions = await revisions;
    const observer = new ClusterObserver({ ...observed, ...(supportedRevisions === undefined ? {} : { supportedRevisions }) }, { config, goal, cluster: azure.cluster, connection, context, onUpdate: state.onUpdate });
    const before = await observer.observeFirst();

    log.phase("Plan");
    const plan = planFor(before, config);
    const tracker = new StepTracker(plan.steps, runner.clock);
    if (plan.blocker !== undefined) tracker.block(plan.blocker.code);
    state.tracker = tracker;
    logPlan(plan, runner);
    const switches = isPlanned(plan, "switch-redirection");
    if (switches) state.put = azure.cluster.plannedPut(observed.reading, goal.mechanism);
    if (switches || state.checks.some(({ result }) => result === "fail")) history.request();
    if (config.mode === "plan" || config.mode === "check") return;

    log.phase(config.mode === "apply" ? "Apply" : "Disable");
    try {
      const { registerFeature } = config;
      await applyAzure(plan, { cluster: azure.cluster, feature, registerFeature, before, tracker, context, readings: observer });
    } finally {
      // If a step failed, the report still shows the latest readings.
      observer.publishAzure();
    }

    log.phase("Verify");
    const api = connection.kind === "connected" ? connection.api : undefined;
    await applyCluster(before, { config, goal, tracker, context, api, observe: { all: () => observer.observeAgain(), rollout: () => observer.observeRollout(), refused: () => observer.observeRefused() } });
  } catch (error) {
    state.error = error;
  } finally {
    state.lastWrites = await history?.result();
    ended.abort();
    log.end();
  }
}

function createContext(config: Config, runner: Runner, state: RunState): RunContext {
  runner.log.info(`mode ${config.mode} for the cluster ${config.cluster} in the resource group ${config.resourceGroup}`);
  const { timeoutMs, pollIntervalMs, mode } = config;
  const context = runContext(runner, { startedAt: state.startedAt, timeoutMs, pollIntervalMs, waitsForRoles: mode === "apply" || mode === "disable" });
  state.config = config;
  state.context = context;
  return context;
}

function logPlan({ steps, blocker }: Plan, { log }: Runner): void {
  for (const step of steps) log.info(`${decisionOn(step, blocker !== undefined)}: ${step.title} (${step.reason})`);
  if (blocker !== undefined) log.info(`nothing can be changed: ${blocker.message}`);
}

function decisionOn({ needed, undecided, onlyIfRefused }: PlannedStep, isBlocked: boolean): string {
  if (needed) return isBlocked ? "blocked" : "to do";
  if (onlyIfRefused === true) return "only if Azure refuses the switch for want of it";
  return undecided === true ? "not known" : "not needed";
}

function isPlanned({ steps }: Plan, id: Plan["steps"][number]["id"]): boolean {
  return steps.some((step) => step.id === id && step.needed);
}
