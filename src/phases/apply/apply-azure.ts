/** Carries out the steps in Azure, in order, and stops at the first that fails. The steps in the cluster: `apply-cluster.ts`. */
import type { FeatureReading, PreviewFeature } from "../../azure/preview-feature.ts";
import type { ManagedCluster } from "../../azure/managed-cluster.ts";
import { AZURE_STEP_IDS, type Check, type StepId } from "../../contract.ts";
import { ActionError } from "../../lib/errors.ts";
import type { StepTracker } from "./step-tracker.ts";
import type { Snapshot } from "../../istio/observation.ts";
import { type Plan, switchBlocker, switchNeed } from "../plan/plan.ts";
import type { RunContext } from "../../lib/run-context.ts";
import { type AzureReadings, switchRedirection, waitUntilIdle } from "./switch-redirection.ts";
import type { ClusterFacts } from "../../istio/cluster-facts.ts";

export interface ApplyAzureOptions {
  readonly cluster: ManagedCluster;
  /** Undefined where `register-feature` is never. */
  readonly feature: PreviewFeature | undefined;
  readonly before: Snapshot;
  readonly tracker: StepTracker;
  readonly context: RunContext;
  readonly readings: AzureReadings;
}

/**
 * Carries out the steps of the plan that change Azure.
 *
 * @throws ActionError where a check blocks the switch, before anything is changed; and the error that ended a step
 */
export async function applyAzure(plan: Plan, options: ApplyAzureOptions): Promise<void> {
  const { cluster, feature, before, tracker, context, readings } = options;
  const { goal } = plan;
  if (plan.blocked !== undefined) {
    tracker.skipRemaining();
    throw blockedBy(plan.blocked);
  }
  if (plan.refused !== undefined) {
    tracker.skipRemaining();
    throw new ActionError({
      code: "AmbiguousRevision",
      doing: "choosing the value of istio.io/rev",
      message: plan.refused,
      remedy: "Set the input revision to one of them; nothing was changed.",
    });
  }
  const needed = new Set<StepId>(plan.steps.filter((step) => step.needed).map(({ id }) => id));
  let flag: FeatureReading = before.feature;
  let refreshed = false;
  const refreshProvider = async (): Promise<void> => {
    if (feature === undefined || refreshed) return;
    refreshed = true;
    await tracker.run("refresh-provider", async () => {
      await feature.refreshProvider();
      context.log.info("the provider Microsoft.ContainerService was asked to look at its features again");
      return "done";
    });
  };
  const onAccepted = (): void => tracker.markChanged();
  try {
    if (needed.has("register-feature") && feature !== undefined) {
      await tracker.run("register-feature", async () => {
        flag = await feature.waitUntilRegistered(flag, { onAccepted, onReading: readings.onFeature });
        context.log.info(`the feature is ${flag.state}`);
        return flag.state === "NotFound" ? "unneeded" : "done";
      });
      if (flag.state !== "NotFound") await refreshProvider();
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
        const blocked = switchBlocker({ ...before, cluster: facts, feature: flag }, goal);
        if (blocked !== undefined) throw blockedBy(blocked);
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

/** The error of a run that a check blocks. */
function blockedBy(check: Check): ActionError {
  return new ActionError({
    code: check.id,
    doing: "making sure that the switch can be made",
    message: [check.message, ...check.evidence].join(" "),
    remedy: check.remedy,
  });
}
