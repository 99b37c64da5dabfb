/** Carries out the steps that change Azure, in order, and stops at the first that fails. The steps in the cluster: `apply-cluster.ts`. */
import type { ManagedCluster } from "../../azure/managed-cluster.ts";
import type { PreviewFeature } from "../../azure/preview-feature.ts";
import { AZURE_STEP_IDS, type RegisterFeature, type StepId } from "../../contract.ts";
import type { ClusterFacts } from "../../istio/cluster-facts.ts";
import type { Snapshot } from "../../istio/observation.ts";
import { switchNeed } from "../../istio/redirection.ts";
import { ActionError } from "../../lib/errors.ts";
import type { RunContext } from "../../lib/run-context.ts";
import { type Blocker, switchBlocker } from "../plan/blocker.ts";
import type { Plan } from "../plan/plan.ts";
import { FeatureRegistration } from "./feature-registration.ts";
import type { StepTracker } from "./step-tracker.ts";
import { type AzureReadings, switchRedirection, waitUntilIdle } from "./switch-redirection.ts";

/** What {@link applyAzure} needs. */
export interface ApplyAzureOptions {
  readonly cluster: ManagedCluster;
  /** Undefined if `register-feature` is `never`. */
  readonly feature: PreviewFeature | undefined;
  readonly registerFeature: RegisterFeature;
  readonly before: Snapshot;
  readonly tracker: StepTracker;
  readonly context: RunContext;
  readonly readings: AzureReadings;
}

/**
 * Carries out the steps of the plan that change Azure.
 *
 * @throws ActionError if something blocks the plan, before anything is changed; the error of a step that fails
 */
export async function applyAzure(plan: Plan, options: ApplyAzureOptions): Promise<void> {
  const { cluster, before, tracker, context, readings } = options;
  const { goal } = plan;
  const needed = new Set<StepId>(plan.steps.filter((step) => step.needed).map(({ id }) => id));
  const registration = new FeatureRegistration({ ...options, first: before.feature });
  try {
    throwIfBlocked(plan.blocker);
    if (needed.has("register-feature")) await registration.registerBeforeSwitch();
    if (needed.has("wait-until-idle")) {
      await tracker.run("wait-until-idle", async () => {
        await waitUntilIdle(cluster, context, readings);
        return "done";
      });
    }
    if (needed.has("switch-redirection") || needed.has("wait-until-idle")) {
      const isNeeded = (facts: ClusterFacts): boolean => switchNeed({ ...before, cluster: facts }, goal.mechanism).needed;
      const preflight = (facts: ClusterFacts): void => throwIfBlocked(switchBlocker({ ...before, cluster: facts, feature: registration.reading }, goal));
      const onAccepted = (): void => tracker.markChanged();
      const onUnanswered = (): void => tracker.markUnanswered("switch-redirection", "the PUT", "Azure");
      const registerFeature = registration.registerAfterRefusal.bind(registration);
      await tracker.run("switch-redirection", () =>
        switchRedirection({ cluster, context, readings, onAccepted, onUnanswered, isNeeded, preflight, registerFeature }, goal.mechanism),
      );
    }
    tracker.skipRemaining(AZURE_STEP_IDS);
  } catch (error) {
    tracker.skipRemaining();
    throw error;
  }
}

function throwIfBlocked(blocker: Blocker | undefined): void {
  if (blocker !== undefined) throw new ActionError(blocker);
}
