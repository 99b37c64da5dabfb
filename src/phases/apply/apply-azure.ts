/** Carries out what was planned in Azure, in order, and stops at the first step that fails. What follows in the cluster: `apply-in-cluster.ts`. */
import type { FeatureReading, PreviewFeature } from "../../azure/preview-feature.ts";
import type { ManagedCluster } from "../../azure/managed-cluster.ts";
import { AZURE_STEP_IDS, type Check, type StepId } from "../../contract.ts";
import { ActionError } from "../../lib/errors.ts";
import type { Config } from "../../actions/istio-cni/inputs.ts";
import type { StepTracker } from "./step-tracker.ts";
import type { ClusterFacts, Snapshot } from "../../istio/observation.ts";
import { type Plan, planFor } from "../plan/plan.ts";
import type { RunContext } from "../../lib/run-context.ts";
import { switchRedirection, waitUntilIdle } from "./switch-redirection.ts";

export interface ApplyAzureOptions {
  readonly config: Config;
  readonly cluster: ManagedCluster;
  /** Undefined where `register-feature` is never. */
  readonly feature: PreviewFeature | undefined;
  readonly before: Snapshot;
  readonly tracker: StepTracker;
  readonly context: RunContext;
}

/**
 * Does what the plan says, as far as Azure does it.
 *
 * @throws ActionError where a check stands in the way, before anything is changed; and whatever ended a step
 */
export async function applyAzure(plan: Plan, parts: ApplyAzureOptions): Promise<void> {
  const { config, cluster, feature, before, tracker, context } = parts;
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
  const touched = (): void => tracker.markChanged();
  try {
    if (needed.has("register-feature") && feature !== undefined) {
      await tracker.run("register-feature", async () => {
        flag = await feature.waitUntilRegistered(flag, touched);
        context.log.info(`the feature is ${flag.state}`);
        return flag.state === "NotFound" ? "unneeded" : "done";
      });
      if (flag.state !== "NotFound") await refreshProvider();
    }
    if (needed.has("wait-until-idle")) {
      await tracker.run("wait-until-idle", async () => {
        await waitUntilIdle(cluster, context);
        return "done";
      });
    }
    if (needed.has("switch-redirection") || needed.has("wait-until-idle")) {
      const decide = (facts: ClusterFacts): Plan => planFor({ ...before, cluster: facts, feature: flag }, config);
      const isNeeded = (facts: ClusterFacts): boolean => decide(facts).steps.some((step) => step.id === "switch-redirection" && step.needed);
      const preflight = (facts: ClusterFacts): void => {
        const { blocked } = decide(facts);
        if (blocked !== undefined) throw blockedBy(blocked);
      };
      await tracker.run("switch-redirection", () => switchRedirection({ cluster, feature, context, isNeeded, preflight, touched, refreshProvider }, plan.mechanism));
    }
    tracker.skipRemaining(AZURE_STEP_IDS);
  } catch (error) {
    tracker.skipRemaining();
    throw error;
  }
}

/** A check that stands in the way, as the error that ends the run. */
function blockedBy(check: Check): ActionError {
  return new ActionError({
    code: check.id,
    doing: "making sure that the switch can be made",
    message: [check.message, ...check.evidence].join(" "),
    remedy: check.remedy,
  });
}
