/** Switches the redirection mechanism with one PUT: wait until idle, read and decide again, write, wait for the operation, read back. */
import type { Accepted, ClusterReading, ManagedCluster } from "../../azure/managed-cluster.ts";
import type { FeatureReading } from "../../azure/preview-feature.ts";
import type { RedirectionMechanism } from "../../contract.ts";
import { type ClusterFacts, failedOrCanceled, isMeshOn, operationsInProgress, readClusterFacts } from "../../istio/cluster-facts.ts";
import { redirectionOf } from "../../istio/redirection.ts";
import { ActionError, DeadlineError, ServiceError } from "../../lib/errors.ts";
import { waitForRole } from "../../lib/role-propagation.ts";
import { poll, type RunContext } from "../../lib/run-context.ts";
import { isUnanswered } from "../../lib/unanswered.ts";
import { type OperationFailure, pollOperation, waitForOperation } from "./wait-for-operation.ts";

/** The most attempts of a run, after conflicts with other writers and lost answers. */
const MAX_ATTEMPTS = 6;
/** How long the provider may still refuse the PUT after the feature was registered, in milliseconds. It has taken minutes. */
const FEATURE_TIMEOUT_MS = 15 * 60_000;

/**
 * If the operation cannot be read and the cluster was never busy after the PUT: for how many polls it must be idle, 1 minute by default.
 * It is not documented whether a cluster shows a new operation immediately.
 */
const IDLE_POLLS = 6;

/** Receives readings of Azure during a step, so that the report has the latest ones if the run ends in that step. */
export interface AzureReadings {
  readonly onCluster: (facts: ClusterFacts) => void;
  readonly onFeature: (feature: FeatureReading) => void;
}

/** Throws an ActionError if this reading of the cluster does not allow the PUT. */
export type Preflight = (facts: ClusterFacts) => void;

/** What {@link switchRedirection} needs. */
export interface SwitchOptions {
  readonly cluster: ManagedCluster;
  readonly context: RunContext;
  /** Whether the PUT is needed, by this reading: the mechanism differs, or Azure has not confirmed it. */
  readonly isNeeded: (facts: ClusterFacts) => boolean;
  readonly preflight: Preflight;
  readonly readings: AzureReadings;
  /** Called when Azure has accepted a change, whatever its result. */
  readonly onAccepted: () => void;
  /** Called when a PUT was sent and its answer did not arrive, so that Azure may have accepted it. */
  readonly onUnanswered: () => void;
  /** Registers the feature after a refusal that names it. Throws if that is not possible. */
  readonly registerFeature: (refusal: ServiceError) => Promise<void>;
}

/**
 * Waits until no operation is changing the cluster or one of its node pools.
 *
 * @throws ActionError if the cluster is being deleted
 */
export async function waitUntilIdle(
  cluster: ManagedCluster,
  context: RunContext,
  readings: AzureReadings,
): Promise<{ readonly reading: ClusterReading; readonly facts: ClusterFacts }> {
  return pollOperation(context, "the cluster to be idle", async () => {
    const { busy, ...current } = await readCluster(cluster, readings);
    return busy.length === 0 ? { done: true, value: current } : { done: false, state: busy.join(", ") };
  });
}

/** Reads the cluster, and which operations are in progress. */
async function readCluster(
  cluster: ManagedCluster,
  { onCluster }: AzureReadings,
): Promise<{ readonly reading: ClusterReading; readonly facts: ClusterFacts; readonly busy: readonly string[] }> {
  const reading = await cluster.read();
  const facts = readClusterFacts(reading.body);
  onCluster(facts);
  if (/^deleting$/i.test(facts.provisioningState)) {
    throw new ActionError({
      code: "ClusterDeleting",
      doing: "waiting for the cluster to be idle",
      message: `the cluster ${facts.name} is being deleted.`,
      remedy: "A cluster that is being deleted cannot be switched.",
    });
  }
  return { reading, facts, busy: operationsInProgress(facts) };
}

/** Waits for an operation that can only be observed by reading the cluster: until it was busy and is idle again, or was idle for a while. */
async function waitForUntrackedSwitch({ cluster, context, readings, onAccepted }: SwitchOptions, mechanism: RedirectionMechanism): Promise<void> {
  const startedAt = context.clock.now();
  const requiredIdleMs = IDLE_POLLS * context.pollIntervalMs;
  let wasBusy = false;
  await poll(context, `the switch to ${mechanism}`, async () => {
    const { busy } = await readCluster(cluster, readings);
    if (busy.length > 0) {
      wasBusy = true;
      onAccepted();
      return { done: false, state: busy.join(", ") };
    }
    const idleMs = context.clock.now() - startedAt;
    if (wasBusy || idleMs >= requiredIdleMs) return { done: true, value: undefined };
    return { done: false, state: "the cluster does not show an operation", retryAfterMs: Math.min(context.pollIntervalMs, requiredIdleMs - idleMs) };
  });
}

/**
 * Switches the cluster to this mechanism with one PUT, unless a reading shows that the cluster already has it.
 *
 * @returns `unneeded` if no PUT was needed
 * @throws ActionError if the preflight fails, or the cluster read back does not have the mechanism
 * @throws ServiceError for a refusal, and after the last attempt
 */
export async function switchRedirection(options: SwitchOptions, mechanism: RedirectionMechanism): Promise<"done" | "unneeded"> {
  const { cluster, context } = options;
  let sent = false;
  let featureMissingSince: number | undefined;
  let lastError: ServiceError | undefined;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; ) {
    const { reading, facts } = await waitUntilIdle(cluster, context, options.readings);
    if (!options.isNeeded(facts)) return sent ? "done" : "unneeded";
    options.preflight(facts);
    context.log.info(`writing the cluster with ${mechanism} (${reading.eTag === undefined ? "without If-Match: the cluster has no eTag" : `If-Match ${reading.eTag}`})`);
    const outcome = await cluster.put(reading, mechanism).catch((error: unknown) => {
      // Azure has answered a refusal. Anything else, such as the end of the run, came while the answer was outstanding.
      if (!(error instanceof ServiceError)) options.onUnanswered();
      throw error;
    });
    switch (outcome.kind) {
      case "accepted":
        // An answer with neither an operation nor a final state may come from a proxy. Then only the cluster shows whether Azure accepted.
        if (outcome.operationUrl !== undefined || outcome.isOver) options.onAccepted();
        await confirmSwitch(options, mechanism, outcome);
        return "done";
      case "conflict":
        context.log.info(`another operation is changing the cluster: reading it again (${outcome.error.message})`);
        attempt += 1;
        break;
      case "unknown":
        context.log.warning(`the result of the PUT is unknown: reading the cluster again (${outcome.error.message})`);
        sent = true;
        if (isUnanswered(outcome.error.failure)) options.onUnanswered();
        attempt += 1;
        break;
      case "not-authorized":
        // Read and decide again as well: the cluster may change while the role assignment takes effect.
        await waitForRole(outcome.error, context);
        continue;
      case "feature-gate":
        if (featureMissingSince === undefined) {
          featureMissingSince = context.clock.now();
          await options.registerFeature(outcome.error);
        } else if (context.clock.now() - featureMissingSince > FEATURE_TIMEOUT_MS) throw outcome.error;
        else context.log.info("the provider does not know the registration yet: trying again");
        break;
    }
    lastError = outcome.error;
    await context.clock.sleep(Math.min(context.pollIntervalMs, Math.max(0, context.deadlineAt - context.clock.now())), context.signal);
  }
  throw lastError ?? new Error("the switch ended without an outcome");
}

/** Waits for the end of the operation, then reads the cluster: only this reading proves the switch. */
async function confirmSwitch(options: SwitchOptions, mechanism: RedirectionMechanism, { operationUrl, isOver }: Accepted): Promise<void> {
  const { context } = options;
  let failure: OperationFailure | "none" | undefined = isOver ? "none" : undefined;
  if (operationUrl !== undefined) failure = await waitForOperation(options.cluster, context, mechanism, operationUrl);
  if (failure === undefined) await waitForUntrackedSwitch(options, mechanism);
  const failed = failure === "none" ? undefined : failure;
  const facts = await readBack(options, mechanism, failed === undefined);
  const now = mechanismInAzure(facts);
  context.log.info(`the cluster after the switch: ${now || "no mechanism set"}, ${facts.provisioningState}`);
  const isFailed = failedOrCanceled(facts.provisioningState);
  if (failed === undefined && isReached(facts, mechanism) && !isFailed) return;
  const found = `the cluster has ${now || "no mechanism"} and is ${facts.provisioningState}${isMeshOn(facts) ? "" : ", and its mesh is off"}.`;
  throw new ActionError({
    code: "SwitchFailed",
    doing: `switching the cluster to ${mechanism}`,
    message: failed === undefined ? `Azure accepted the switch and completed it, but ${found}` : `${failed.message} Now ${found}`,
    remedy:
      failed === undefined && !isFailed
        ? "Check the cluster's activity log for another change at the same time, then run again."
        : `${failed?.remedy || "Find the operation in the cluster's activity log, and correct what it names."} Then run again: the run continues the switch.`,
  });
}

/** How long a cluster that was read right after its operation may still show the state from before, in milliseconds. */
const STALE_READING_MS = 60_000;

/**
 * Reads the cluster after the operation, until it is idle. After a success it is read again while it does not show the mechanism: replicas
 * of Resource Manager may answer with the state from before for a while.
 */
async function readBack({ cluster, context, readings }: SwitchOptions, mechanism: RedirectionMechanism, hasSucceeded: boolean): Promise<ClusterFacts> {
  let { facts } = await waitUntilIdle(cluster, context, readings);
  if (!hasSucceeded || isReached(facts, mechanism) || failedOrCanceled(facts.provisioningState)) return facts;
  try {
    return await poll(
      context,
      "the cluster to show the switch",
      async () => {
        ({ facts } = await readCluster(cluster, readings));
        return isReached(facts, mechanism) && operationsInProgress(facts).length === 0 ? { done: true, value: facts } : { done: false, state: mechanismInAzure(facts) || "no mechanism set" };
      },
      STALE_READING_MS,
    );
  } catch (error) {
    // The last reading says what the cluster has instead.
    if (error instanceof DeadlineError && context.clock.now() < context.deadlineAt) return facts;
    throw error;
  }
}

/** Whether a body shows the mechanism. A cloud whose bodies lack it shows it only in the cluster, where the checks look for it. */
function isReached(facts: ClusterFacts, mechanism: RedirectionMechanism): boolean {
  const now = mechanismInAzure(facts);
  return now === "" ? isMeshOn(facts) : now.toLowerCase() === mechanism.toLowerCase();
}

/** The mechanism by the body alone; empty where it does not name it and the revision does not tell. */
function mechanismInAzure(cluster: ClusterFacts): string {
  return redirectionOf({ cluster, observation: { seen: false, why: "", remedy: "" } }).mechanism;
}
