/** Carries out the steps that change Azure, in order, and stops at the first that fails. The steps in the cluster: `apply-cluster.ts`. */
import type { ManagedCluster } from "../../azure/managed-cluster.ts";
import type { FeatureReading, PreviewFeature } from "../../azure/preview-feature.ts";
import { AZURE_STEP_IDS, type Check, type StepId } from "../../contract.ts";
import type { ClusterFacts } from "../../istio/cluster-facts.ts";
import type { Snapshot } from "../../istio/observation.ts";
import { ActionError } from "../../lib/errors.ts";
import type { RunContext } from "../../lib/run-context.ts";
import { type Plan, switchBlocker, switchNeed } from "../plan/plan.ts";
import type { StepTracker } from "./step-tracker.ts";
import { type AzureReadings, switchRedirection, waitUntilIdle } from "./switch-redirection.ts";

/** What {@link applyAzure} needs. */
export interface ApplyAzureOptions {
  readonly cluster: ManagedCluster;
  /** Undefined if `register-feature` is `never`. */
  readonly feature: PreviewFeature | undefined;
  readonly before: Snapshot;
  readonly tracker: StepTracker;
  readonly context: RunContext;
  readonly readings: AzureReadings;
}

/**
 * Carries out the steps of the plan that change Azure.
 *
 * @throws ActionError if a check blocks the switch, it would harm the cluster or no revision can be chosen, before anything is changed; the error of a step that fails
 */
export async function applyAzure(plan: Plan, options: ApplyAzureOptions): Promise<void> {
  const { cluster, feature, before, tracker, context, readings } = options;
  const { goal } = plan;
  const needed = new Set<StepId>(plan.steps.filter((step) => step.needed).map(({ id }) => id));
  let reading: FeatureReading = before.feature;
  let isRefreshed = false;
  const refreshProvider = async (): Promise<void> => {
    if (feature === undefined || isRefreshed) return;
    isRefreshed = true;
    await tracker.run("refresh-provider", async () => {
      await feature.refreshProvider();
      context.log.info("refreshed the provider Microsoft.ContainerService");
      return "done";
    });
  };
  const onAccepted = (): void => tracker.markChanged();
  try {
    throwIfBlocked(plan);
    if (needed.has("register-feature") && feature !== undefined) {
      await tracker.run("register-feature", async () => {
        reading = await feature.waitUntilRegistered(reading, { onAccepted, onReading: readings.onFeature });
        context.log.info(`the feature is ${reading.state}`);
        return reading.state === "NotFound" ? "unneeded" : "done";
      });
      if (reading.state !== "NotFound") await refreshProvider();
    }
    if (needed.has("wait-until-idle")) {
      await tracker.run("wait-until-idle", async () => {
        await waitUntilIdle(cluster, context, readings);
        return "done";
      });
    }
    if (needed.has("switch-redirection") || needed.has("wait-until-idle")) {
      const isNeeded = (facts: ClusterFacts): boolean => switchNeed(facts, goal.mechanism).needed;
      const preflight = (facts: ClusterFacts): void => {
        const blocked = switchBlocker({ ...before, cluster: facts, feature: reading }, goal);
        if (blocked !== undefined) throw blockedError(blocked);
      };
      await tracker.run("switch-redirection", () =>
        switchRedirection({ cluster, feature, context, readings, onAccepted, isNeeded, preflight, refreshProvider }, goal.mechanism),
      );
    }
    tracker.skipRemaining(AZURE_STEP_IDS);
  } catch (error) {
    tracker.skipRemaining();
    throw error;
  }
}

function throwIfBlocked({ blocked, refused, harm }: Plan): void {
  if (harm !== undefined) {
    throw new ActionError({
      code: "WouldRefusePods",
      doing: "checking whether the cluster can go back to init containers",
      message: harm,
      remedy: "Keep CNI chaining on AKS Automatic, or set the input force to true to switch nevertheless. Nothing was changed.",
    });
  }
  if (blocked !== undefined) throw blockedError(blocked);
  if (refused === undefined) return;
  throw new ActionError({
    code: "AmbiguousRevision",
    doing: "choosing the value of istio.io/rev",
    message: refused,
    remedy: "Set the input revision to one of them. Nothing was changed.",
  });
}

/** The error of a run that this check blocks. */
function blockedError(check: Check): ActionError {
  return new ActionError({
    code: check.id,
    doing: "checking whether the cluster can be switched",
    message: [check.message, ...check.evidence].join(" "),
    remedy: check.remedy,
  });
}
