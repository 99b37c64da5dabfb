/** The one PUT: wait until the cluster is idle, decide again, write, follow, and believe only what is read back. */
import type { FeatureReading, PreviewFeature } from "../../azure/preview-feature.ts";
import { type Accepted, type ClusterReading, endOf, type ManagedCluster } from "../../azure/managed-cluster.ts";
import { ActionError, type ServiceError } from "../../lib/errors.ts";
import { waitForRole } from "../../lib/role-propagation.ts";
import { operationsInProgress, type ClusterFacts, effectiveMechanism, failedOrCanceled, isMeshOn, readClusterFacts, redirectsBy } from "../../istio/cluster-facts.ts";
import { poll, type RunContext } from "../../lib/run-context.ts";
import type { RedirectionMechanism } from "../../contract.ts";

/** How often a run decides anew because somebody else was faster, or an answer got lost. */
const MAX_ATTEMPTS = 6;
/** How long after a registration the provider may still refuse, in milliseconds; it has taken minutes. */
const FEATURE_PATIENCE_MS = 15 * 60_000;

/**
 * For how many polls a cluster whose operation cannot be followed must be idle, where it was not seen busy since the write, a minute by
 * default: whether it shows its new operation at once is documented nowhere.
 */
const QUIET_POLLS = 6;

/** Receives what Azure answers while a step goes on, so that a run that ends in it can report the latest state. */
export interface AzureReadings {
  readonly onCluster: (facts: ClusterFacts) => void;
  readonly onFeature: (feature: FeatureReading) => void;
}

/** Throws where a fresh reading of the cluster no longer allows the PUT. */
export type Preflight = (facts: ClusterFacts) => void;

export interface SwitchOptions {
  readonly cluster: ManagedCluster;
  /** Undefined where `register-feature` is never. */
  readonly feature: PreviewFeature | undefined;
  readonly context: RunContext;
  /** Whether the mechanism is not the goal's, or Azure has not confirmed it, at the time of this reading. */
  readonly isNeeded: (facts: ClusterFacts) => boolean;
  readonly preflight: Preflight;
  readonly readings: AzureReadings;
  /** Called when Azure has accepted a change, however that ends. */
  readonly onAccepted: () => void;
  /** Has the provider look at its flags again, once a run. */
  readonly refreshProvider: () => Promise<void>;
}

/** Waits until neither the cluster nor a pool of it is being changed. */
export async function waitUntilIdle(
  cluster: ManagedCluster,
  context: RunContext,
  readings: AzureReadings,
): Promise<{ readonly reading: ClusterReading; readonly facts: ClusterFacts }> {
  return poll(context, "the cluster to be idle", async () => {
    const { busy, ...current } = await readCluster(cluster, readings);
    return busy.length === 0 ? { done: true, value: current } : { done: false, state: busy.join(", ") };
  });
}

/** Reads the cluster, and which operations are changing it. */
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
      remedy: "Nothing can be switched on a cluster that goes away.",
    });
  }
  return { reading, facts, busy: operationsInProgress(facts) };
}

/** Waits for the end of an operation that only the cluster can tell of: it was seen busy and is no more, or stays idle for a while. */
async function waitUntilQuiet({ cluster, context, readings, onAccepted }: SwitchOptions, mechanism: RedirectionMechanism): Promise<void> {
  const startedAt = context.clock.now();
  const enoughMs = QUIET_POLLS * context.pollIntervalMs;
  let wasBusy = false;
  await poll(context, `the switch to ${mechanism}`, async () => {
    const { busy } = await readCluster(cluster, readings);
    if (busy.length > 0) {
      wasBusy = true;
      onAccepted();
      return { done: false, state: busy.join(", ") };
    }
    const quietMs = context.clock.now() - startedAt;
    if (wasBusy || quietMs >= enoughMs) return { done: true, value: undefined };
    return { done: false, state: "the cluster does not show it", retryAfterMs: Math.min(context.pollIntervalMs, enoughMs - quietMs) };
  });
}

/**
 * Gives the cluster this mechanism, with a single PUT, unless it turns out to have it already.
 *
 * @returns `unneeded` where somebody else was faster
 */
export async function switchRedirection(options: SwitchOptions, mechanism: RedirectionMechanism): Promise<"done" | "unneeded"> {
  const { cluster, context } = options;
  let sent = false;
  let gatedSince: number | undefined;
  let lastError: ServiceError | undefined;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; ) {
    const { reading, facts } = await waitUntilIdle(cluster, context, options.readings);
    if (!options.isNeeded(facts)) return sent ? "done" : "unneeded";
    options.preflight(facts);
    context.log.info(`writing the cluster back with ${mechanism} (If-Match ${reading.eTag ?? "not possible: the cluster has no eTag"})`);
    const outcome = await cluster.put(reading, mechanism);
    switch (outcome.kind) {
      case "accepted":
        // An answer that says nothing may be a proxy's: then the cluster tells.
        if (outcome.operationUrl !== undefined || outcome.isOver) options.onAccepted();
        await follow(options, mechanism, outcome);
        return "done";
      case "conflict":
        context.log.info(`somebody else is changing the cluster: reading again (${outcome.error.message})`);
        attempt += 1;
        break;
      case "unknown":
        context.log.warning(`nobody knows whether Azure took the write: reading again (${outcome.error.message})`);
        sent = true;
        attempt += 1;
        break;
      case "not-authorized":
        // Decided anew as well: others may change the cluster while the role is on its way.
        await waitForRole(outcome.error, context);
        continue;
      case "feature-gate":
        if (gatedSince === undefined) {
          gatedSince = context.clock.now();
          await registerForProvider(options, outcome.error);
        } else if (context.clock.now() - gatedSince > FEATURE_PATIENCE_MS) throw outcome.error;
        else context.log.info("the provider does not see the feature yet: trying again");
        break;
    }
    lastError = outcome.error;
    await context.clock.sleep(Math.min(context.pollIntervalMs, Math.max(0, context.deadlineAt - context.clock.now())), context.signal);
  }
  throw lastError ?? new Error("the switch ended without an outcome");
}

/** The provider refuses for want of the flag: see to it that the flag is there and that the provider looks at it again. */
async function registerForProvider({ context, feature, readings, onAccepted, refreshProvider }: SwitchOptions, error: ServiceError): Promise<void> {
  if (feature === undefined) throw error;
  context.log.info(`the provider does not see the feature: ${error.message}`);
  const flag = await feature.read();
  readings.onFeature(flag);
  if (flag.state === "NotFound") throw error;
  await feature.waitUntilRegistered(flag, { onAccepted, onReading: readings.onFeature });
  await refreshProvider();
}

/** Follows the operation to its end, then reads the cluster back: only that proves the switch. */
async function follow(options: SwitchOptions, mechanism: RedirectionMechanism, { operationUrl, isOver }: Accepted): Promise<void> {
  const { cluster, context } = options;
  const unfollowed = isOver ? "" : undefined;
  const failure = operationUrl === undefined ? unfollowed : await followOperation(options, mechanism, operationUrl);
  if (failure === undefined) await waitUntilQuiet(options, mechanism);
  const { facts } = await waitUntilIdle(cluster, context, options.readings);
  context.log.info(`read back: ${effectiveMechanism(facts)}, ${facts.provisioningState}`);
  const isBad = failedOrCanceled(facts.provisioningState);
  if ((failure ?? "") === "" && redirectsBy(facts, mechanism) && !isBad) return;
  const now = `the cluster says ${effectiveMechanism(facts)} and ${facts.provisioningState}${isMeshOn(facts) ? "" : ", and its mesh is off"}.`;
  throw new ActionError({
    code: "SwitchFailed",
    doing: `switching the cluster to ${mechanism}`,
    message: (failure ?? "") === "" ? `Azure accepted the switch and ended it, but ${now}` : `${failure} Now ${now}`,
    remedy:
      (failure ?? "") === "" && !isBad
        ? "Somebody or something else changed it at the same time: the cluster's activity log says who. Run again once that is settled."
        : "Look at the operation in the cluster's activity log, mend what it names, and run again: the switch is picked up.",
  });
}

/** How the operation ended: badly, in Azure's words; well, with none; undefined where it cannot be followed to its end. */
async function followOperation({ cluster, context }: SwitchOptions, mechanism: RedirectionMechanism, url: string): Promise<string | undefined> {
  return poll<string | undefined>(context, `the switch to ${mechanism}`, async () => {
    const operation = await cluster.readOperation(url);
    if (operation === undefined) return { done: true, value: undefined };
    const end = endOf(operation.status);
    if (end === undefined) return { done: false, state: operation.status, retryAfterMs: operation.retryAfterMs };
    if (end === "succeeded") {
      if (operation.error !== "") context.log.warning(`the operation succeeded with an error in it: ${operation.error}`);
      return { done: true, value: "" };
    }
    return { done: true, value: `the operation ended ${operation.status}${operation.error === "" ? "" : `: ${operation.error}`}.` };
  });
}
