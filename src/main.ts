/** The table of contents: inputs -> observe -> plan -> apply -> verify -> report. */
import { apply } from "./apply.ts";
import { applyInCluster } from "./apply-in-cluster.ts";
import { connectAzure } from "./azure/connect.ts";
import { credentialSources, type Host, runnerHost } from "./host.ts";
import { clusterIdOf, type Config, readInputs } from "./inputs.ts";
import { rolePatience } from "./late-role.ts";
import { Ledger } from "./ledger.ts";
import { MeshWatcher } from "./mesh-watcher.ts";
import { observeAzure } from "./observe.ts";
import { goalOf, type Plan, planFor } from "./plan.ts";
import { RunRecord } from "./record.ts";
import { endAtDeadline, type RunContext } from "./run-context.ts";
import { tell } from "./tell.ts";
import { verify } from "./verify.ts";
import { wayIn } from "./way-in.ts";

/** Runs the action as the runner starts it. @returns the exit code of the step */
export async function main(): Promise<0 | 1> {
  const host = runnerHost();
  const record = new RunRecord(host.clock.now());
  await walk(host, record);
  return tell(record, host.inputs, host.log, host.clock);
}

/** Walks the corridor once and never rejects: what is learnt, and what ended the walk, goes into the record at once. */
export async function walk(host: Host, record: RunRecord): Promise<void> {
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
    const connection = await wayIn(seen.facts, { config, azure, host, context });
    const watcher = new MeshWatcher({ config, goal, azure, feature, connection, clock: host.clock, record });
    const before = await watcher.first(seen);

    log.phase("Plan");
    const plan = planFor(before, config);
    const ledger = new Ledger(plan.steps, host.clock);
    record.ledger = ledger;
    sayPlan(plan, host);
    if (isPlanned(plan, "switch-redirection")) record.put = azure.cluster.plannedPut(seen.reading, goal.mechanism);
    if (config.mode === "plan" || config.mode === "check") return;

    log.phase(config.mode === "apply" ? "Apply" : "Disable");
    try {
      await apply(plan, { config, cluster: azure.cluster, feature, before, ledger, context });
    } finally {
      // Also where a step failed: what was read last is nearer the truth than what was read first.
      watcher.takeAzure(before);
    }

    log.phase("Verify");
    const api = connection.kind === "connected" ? connection.api : undefined;
    const after = await applyInCluster(before, { config, goal, ledger, context, api, look: (probing) => watcher.again(probing) });
    record.checks = verify(after, goal);
  } catch (error) {
    record.error = error;
  } finally {
    over.abort();
    log.end();
  }
}

function begin(config: Config, host: Host, record: RunRecord): RunContext {
  host.log.info(`mode ${config.mode} for the cluster ${config.cluster} in the resource group ${config.resourceGroup}`);
  const context: RunContext = {
    clock: host.clock,
    log: host.log,
    signal: host.stop.signal,
    deadlineAt: record.startedAt + config.timeoutMs,
    pollIntervalMs: config.pollIntervalMs,
    random: host.random,
    requests: { arm: 0, kubernetes: 0, retried: 0 },
    rolePatience: rolePatience(config.mode === "apply" || config.mode === "disable", config.pollIntervalMs),
  };
  record.config = config;
  record.clusterId = clusterIdOf(config);
  record.context = context;
  return context;
}

function sayPlan({ steps }: Plan, { log }: Host): void {
  for (const { needed, title, reason } of steps) log.info(`${needed ? "to do" : "not needed"}: ${title} (${reason})`);
}

function isPlanned({ steps }: Plan, id: Plan["steps"][number]["id"]): boolean {
  return steps.some((step) => step.id === id && step.needed);
}
