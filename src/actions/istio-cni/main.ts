/** The table of contents: inputs -> observe -> plan -> apply -> verify -> report. */
import { applyAzure } from "../../phases/apply/apply-azure.ts";
import { applyCluster } from "../../phases/apply/apply-cluster.ts";
import { connectAzure } from "../../azure/connect.ts";
import { credentialSources, type Runner, githubRunner } from "../../github/runner.ts";
import { clusterIdOf, type Config, readInputs } from "./inputs.ts";
import { roleWait } from "../../lib/role-propagation.ts";
import { StepTracker } from "../../phases/apply/step-tracker.ts";
import { ClusterObserver } from "../../phases/observe/cluster-observer.ts";
import { observeAzure } from "../../phases/observe/observe-azure.ts";
import { goalOf, type Plan, planFor } from "../../phases/plan/plan.ts";
import { RunState } from "./run-state.ts";
import { endAtDeadline, type RunContext } from "../../lib/run-context.ts";
import { publishResults } from "./publish-results.ts";
import { verify } from "../../phases/verify/wait-for-rollout.ts";
import { connectCluster } from "../../phases/observe/connect-cluster.ts";

/** Runs the action as the runner starts it. @returns the exit code of the step */
export async function main(): Promise<0 | 1> {
  const host = githubRunner();
  const record = new RunState(host.clock.now());
  await run(host, record);
  return publishResults(record, host.inputs, host.log, host.clock);
}

/** Walks the corridor once and never rejects: what is learnt, and what ended the walk, goes into the record at once. */
export async function run(host: Runner, record: RunState): Promise<void> {
  const over = new AbortController();
  const { log } = host;
  try {
    log.phase("Inputs");
    const config = readInputs(host.inputs);
    const context = begin(config, host, record);
    endAtDeadline(context, host.stop, over.signal);

    log.phase("Sign in");
    const azure = await connectAzure(config, credentialSources(config, host), context);
    record.identity = azure.identity.description;

    log.phase("Observe");
    const goal = goalOf(config);
    const feature = config.registerFeature === "never" ? undefined : azure.feature;
    const seen = await observeAzure(azure.cluster, feature);
    log.info(`Azure: ${seen.facts.name} is ${seen.facts.provisioningState}, ${seen.facts.powerState}; mesh ${seen.facts.mesh.mode || "off"}, feature ${seen.feature.state}`);
    const connection = await connectCluster(seen.facts, { config, azure, host, context });
    const watcher = new ClusterObserver({ config, goal, azure, feature, connection, clock: host.clock, record });
    const before = await watcher.observeFirst(seen);

    log.phase("Plan");
    const plan = planFor(before, config);
    const tracker = new StepTracker(plan.steps, host.clock);
    record.steps = tracker;
    sayPlan(plan, host);
    if (isPlanned(plan, "switch-redirection")) record.put = azure.cluster.plannedPut(seen.reading, goal.mechanism);
    if (config.mode === "plan" || config.mode === "check") return;

    log.phase(config.mode === "apply" ? "Apply" : "Disable");
    try {
      await applyAzure(plan, { config, cluster: azure.cluster, feature, before, tracker, context });
    } finally {
      // Also where a step failed: what was read last is nearer the truth than what was read first.
      watcher.takeAzure(before);
    }

    log.phase("Verify");
    const api = connection.kind === "connected" ? connection.api : undefined;
    const after = await applyCluster(before, { config, goal, tracker, context, api, look: (probing) => watcher.observeAgain(probing) });
    record.checks = verify(after, goal);
  } catch (error) {
    record.error = error;
  } finally {
    over.abort();
    log.end();
  }
}

function begin(config: Config, host: Runner, record: RunState): RunContext {
  host.log.info(`mode ${config.mode} for the cluster ${config.cluster} in the resource group ${config.resourceGroup}`);
  const context: RunContext = {
    clock: host.clock,
    log: host.log,
    signal: host.stop.signal,
    deadlineAt: record.startedAt + config.timeoutMs,
    pollIntervalMs: config.pollIntervalMs,
    random: host.random,
    requests: { arm: 0, kubernetes: 0, retried: 0 },
    roleWait: roleWait(config.mode === "apply" || config.mode === "disable", config.pollIntervalMs),
  };
  record.config = config;
  record.clusterId = clusterIdOf(config);
  record.context = context;
  return context;
}

function sayPlan({ steps }: Plan, { log }: Runner): void {
  for (const { needed, title, reason } of steps) log.info(`${needed ? "to do" : "not needed"}: ${title} (${reason})`);
}

function isPlanned({ steps }: Plan, id: Plan["steps"][number]["id"]): boolean {
  return steps.some((step) => step.id === id && step.needed);
}
