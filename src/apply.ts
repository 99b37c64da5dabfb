/** Carries out what was planned in Azure, in order, and stops at the first step that fails. What follows in the cluster: `apply-in-cluster.ts`. */
import type { FeatureReading, PreviewFeature } from "./azure/feature.ts";
import type { ManagedCluster } from "./azure/managed-cluster.ts";
import { AZURE_STEP_IDS, type Check, type StepId } from "./contract.ts";
import { ActionError } from "./errors.ts";
import type { Config } from "./inputs.ts";
import type { Ledger } from "./ledger.ts";
import type { ClusterFacts, Snapshot } from "./mesh/observation.ts";
import { type Plan, planFor } from "./plan.ts";
import type { RunContext } from "./run-context.ts";
import { switchRedirection, untilIdle } from "./switch-redirection.ts";

export interface ApplyParts {
  readonly config: Config;
  readonly cluster: ManagedCluster;
  /** Undefined where `register-feature` is never. */
  readonly feature: PreviewFeature | undefined;
  readonly before: Snapshot;
  readonly ledger: Ledger;
  readonly context: RunContext;
}

/**
 * Does what the plan says, as far as Azure does it.
 *
 * @throws ActionError where a check stands in the way, before anything is changed; and whatever ended a step
 */
export async function apply(plan: Plan, parts: ApplyParts): Promise<void> {
  const { config, cluster, feature, before, ledger, context } = parts;
  if (plan.blocked !== undefined) {
    ledger.skipRest();
    throw blockedBy(plan.blocked);
  }
  if (plan.refused !== undefined) {
    ledger.skipRest();
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
    await ledger.carryOut("refresh-provider", async () => {
      await feature.refreshProvider();
      context.log.info("the provider Microsoft.ContainerService was asked to look at its features again");
      return "done";
    });
  };
  const touched = (): void => ledger.touched();
  try {
    if (needed.has("register-feature") && feature !== undefined) {
      await ledger.carryOut("register-feature", async () => {
        flag = await feature.untilRegistered(flag, touched);
        context.log.info(`the feature is ${flag.state}`);
        return flag.state === "NotFound" ? "unneeded" : "done";
      });
      if (flag.state !== "NotFound") await refreshProvider();
    }
    if (needed.has("wait-until-idle")) {
      await ledger.carryOut("wait-until-idle", async () => {
        await untilIdle(cluster, context);
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
      await ledger.carryOut("switch-redirection", () => switchRedirection({ cluster, feature, context, isNeeded, preflight, touched, refreshProvider }, plan.mechanism));
    }
    ledger.skipRest(AZURE_STEP_IDS);
  } catch (error) {
    ledger.skipRest();
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
