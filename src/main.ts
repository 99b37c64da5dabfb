/** The table of contents: inputs -> observe -> plan -> apply -> verify -> report. */
import { apply } from "./apply.ts";
import { AzureCli } from "./azure/azure-cli.ts";
import { connectAzure } from "./azure/connect.ts";
import { systemClock } from "./clock.ts";
import { DeadlineError } from "./errors.ts";
import { actionInputs, idTokenSource, runTool, stopOnSignals } from "./host.ts";
import { readInputs } from "./inputs.ts";
import { connect } from "./kubernetes/connect.ts";
import { Ledger } from "./ledger.ts";
import { isMeshOn } from "./mesh/cluster-facts.ts";
import { latestFacts, observeAzure, observeMesh, warningsOf } from "./observe.ts";
import { goalOf, planFor } from "./plan.ts";
import { RunRecord } from "./record.ts";
import { ActionsLog, mask } from "./report/log.ts";
import { tell } from "./tell.ts";
import type { RunContext } from "./run-context.ts";
import { isRollingOut, settle, verify } from "./verify.ts";

/** The run's own end comes a little after its deadline, so that whoever waits can say for what. */
const LAST_WORDS_MS = 2000;

/** Runs the action. @returns the exit code of the step */
export async function main(): Promise<0 | 1> {
  const clock = systemClock;
  const log = new ActionsLog(() => clock.now());
  const record = new RunRecord(clock.now());
  const over = new AbortController();
  const stop = new AbortController();
  stopOnSignals(stop);
  try {
    await run(record, log, stop, over.signal);
  } catch (error) {
    record.error = error;
  } finally {
    over.abort();
  }
  return tell(record, actionInputs, log, clock);
}

/** Walks the corridor once. What is learnt goes into the record as it is learnt, since the run may end anywhere. */
async function run(record: RunRecord, log: ActionsLog, stop: AbortController, over: AbortSignal): Promise<void> {
  const clock = systemClock;
  log.phase("Inputs");
  const config = readInputs(actionInputs);
  record.config = config;
  log.info(`mode ${config.mode} for the cluster ${config.cluster} in the resource group ${config.resourceGroup}`);

  const context: RunContext = {
    clock,
    log,
    signal: stop.signal,
    deadlineAt: record.startedAt + config.timeoutMs,
    pollIntervalMs: config.pollIntervalMs,
    random: Math.random,
    requests: { arm: 0, kubernetes: 0, retried: 0 },
  };
  record.context = context;
  endAtDeadline(context, stop, over);

  log.phase("Sign in");
  const sources = {
    tenantId: config.tenantId,
    clientId: config.clientId,
    clientSecret: actionInputs.environment("AZURE_CLIENT_SECRET"),
    idToken: idTokenSource(),
    cli: new AzureCli(runTool),
    mask,
  };
  const azure = await connectAzure(config, sources, context);
  const { cluster, identity } = azure;
  const feature = config.registerFeature === "never" ? undefined : azure.feature;
  record.identity = identity.description;

  log.phase("Observe");
  const goal = goalOf(config);
  record.mechanism = goal.mechanism;
  const seen = await observeAzure(cluster, feature);
  log.info(`Azure: ${seen.facts.name} is ${seen.facts.provisioningState}, ${seen.facts.powerState}; mesh ${seen.facts.mesh.mode || "off"}, feature ${seen.feature.state}`);
  const running = /^running$/i.test(seen.facts.powerState) || seen.facts.powerState === "";
  const connection = !isMeshOn(seen.facts)
    ? ({ kind: "closed", why: "the mesh is off.", remedy: "" } as const)
    : running
    ? await connect({ access: config.kubeAccess, credential: identity.credential, kubeconfig: () => cluster.userKubeconfig(seen.facts), mask }, context)
    : ({ kind: "closed", why: `the cluster is ${seen.facts.powerState}.`, remedy: `Start it: az aks start --name ${config.cluster} --resource-group ${config.resourceGroup}` } as const);
  record.access = connection.kind === "connected" ? connection.description : `none: ${connection.why}`;
  log.info(`Kubernetes: ${record.access}`);
  const lookInside = (facts: typeof seen.facts) => observeMesh(facts, connection, { scope: goal.namespaces, mechanism: goal.mechanism, now: clock.now() });
  const before = { cluster: seen.facts, feature: seen.feature, observation: await lookInside(seen.facts) };
  record.before = before;
  record.warnings = warningsOf(connection);

  log.phase("Plan");
  const plan = planFor(before, config);
  const ledger = new Ledger(plan.steps, clock);
  record.ledger = ledger;
  record.checks = verify(before, goal);
  for (const step of plan.steps) log.info(`${step.needed ? "to do" : "not needed"}: ${step.title} (${step.reason})`);
  if (plan.steps.some((step) => step.id === "switch-redirection" && step.needed)) {
    const put = cluster.plannedPut(seen.reading, goal.mechanism);
    record.difference = put.differences;
    record.leftOut = put.leftOut;
  }

  if (config.mode === "apply" || config.mode === "disable") {
    log.phase(config.mode === "apply" ? "Apply" : "Disable");
    const lastSeen = () => ({ cluster: latestFacts(cluster) ?? before.cluster, feature: feature?.latest ?? before.feature });
    try {
      await apply(plan, { config, cluster, feature, before, ledger, context });
    } finally {
      // Also where a step failed: what was read last is nearer the truth than what was read first.
      record.after = { ...before, ...lastSeen() };
      record.checks = verify(record.after, goal);
    }

    log.phase("Verify");
    const look = async () => {
      await cluster.read();
      return { ...lastSeen(), observation: await lookInside(lastSeen().cluster) };
    };
    // Also where this run did nothing: a former one may have been cut short while the node agent was rolling out.
    const moving = ledger.steps.some(({ outcome }) => outcome === "done") || isRollingOut(before, goal);
    record.after = moving ? await settle(look, goal, context) : before;
    record.warnings = warningsOf(connection);
    record.checks = verify(record.after, goal);
  }
  log.end();
}

/** Ends the run when its time is up, whatever it is doing. */
function endAtDeadline(context: RunContext, stop: AbortController, over: AbortSignal): void {
  const untilThen = context.deadlineAt - context.clock.now() + LAST_WORDS_MS;
  context.clock.sleep(untilThen, over).then(
    () =>
      stop.abort(
        new DeadlineError({
          code: "Timeout",
          doing: "running",
          message: "timeout-minutes ran out while an answer was being waited for.",
          remedy: "Run again to pick up what is going on, with a longer timeout-minutes if this keeps happening.",
        }),
      ),
    () => undefined,
  );
}
