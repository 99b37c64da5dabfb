/** Decides which steps a run needs, and why. Pure functions of the snapshot and the inputs: all modes use the same ones. */
import { CNI_CHAINING, INIT_CONTAINERS, type RedirectionMechanism } from "../../contract.ts";
import type { FeatureFacts } from "../../istio/cluster-facts.ts";
import type { Goal } from "../../istio/goal.ts";
import { namespaceScope } from "../../istio/injection/namespace-scope.ts";
import type { Snapshot } from "../../istio/observation.ts";
import { idleNeed, type Need, switchNeed } from "../../istio/redirection.ts";
import type { Config } from "../config.ts";
import { ambiguousRevision, type Blocker, harmfulSwitch, switchBlocker } from "./blocker.ts";
import { planClusterSteps } from "./cluster-steps.ts";
import type { PlannedStep } from "./planned-step.ts";

/** The inputs that the plan depends on. */
export type PlanConfig = Pick<
  Config,
  "mode" | "namespaces" | "registerFeature" | "labelNamespaces" | "revision" | "removeInjectionLabel" | "restartWorkloads" | "force"
>;

/** The steps of a run, and what stands in their way. */
export interface Plan {
  readonly goal: Goal;
  readonly steps: readonly PlannedStep[];
  /** Why the run changes nothing although steps are needed; undefined if nothing blocks them. */
  readonly blocker: Blocker | undefined;
}

/** The goal of a run: the mechanism of its mode, and its namespaces. */
export function goalOf(config: Pick<Config, "mode" | "namespaces" | "registerFeature">): Goal {
  return {
    mechanism: config.mode === "disable" ? INIT_CONTAINERS : CNI_CHAINING,
    namespaces: namespaceScope(config.namespaces),
    requiresFeature: config.registerFeature === "always",
  };
}

/** Plans all steps of the contract, in order, needed or not. */
export function planFor(snapshot: Snapshot, config: PlanConfig): Plan {
  const goal = goalOf(config);
  const need = switchNeed(snapshot, goal.mechanism);
  const register = featureNeed(snapshot.feature, config, goal.mechanism, need.needed);
  const idle = idleNeed(snapshot, goal.mechanism);
  // An operation in progress may be the switch of another client.
  const inCluster = planClusterSteps(snapshot, config, goal, need.needed || idle.needed);
  const steps: readonly PlannedStep[] = [
    { id: "register-feature", title: `Register the feature ${snapshot.feature.name}`, ...register },
    {
      id: "refresh-provider",
      title: "Refresh the provider Microsoft.ContainerService",
      needed: register.needed,
      reason: register.needed ? "a newly registered feature takes effect when the provider is registered again" : "this run registers no feature",
    },
    { id: "wait-until-idle", title: "Wait until the cluster is idle", ...idle },
    { id: "switch-redirection", title: `Switch proxyRedirectionMechanism to ${goal.mechanism}`, ...need },
    ...inCluster.steps,
  ];
  return { goal, steps, blocker: blockerOf(snapshot, config, goal, { isSwitching: need.needed, refused: inCluster.refused }) };
}

/** The first thing that stands in the way of the steps; undefined if nothing does. */
function blockerOf(snapshot: Snapshot, config: PlanConfig, goal: Goal, needs: { readonly isSwitching: boolean; readonly refused: string | undefined }): Blocker | undefined {
  const { isSwitching, refused } = needs;
  const harm = isSwitching && !config.force ? harmfulSwitch(snapshot.cluster, goal.mechanism) : undefined;
  return harm ?? (isSwitching ? switchBlocker(snapshot, goal) : undefined) ?? (refused === undefined ? undefined : ambiguousRevision(refused));
}

function featureNeed(feature: FeatureFacts, config: Pick<Config, "registerFeature">, mechanism: RedirectionMechanism, switching: boolean): Need & Pick<PlannedStep, "onlyIfRefused"> {
  const state = feature.state;
  if (mechanism === INIT_CONTAINERS) return { needed: false, reason: "init containers need no feature" };
  if (config.registerFeature === "never") return { needed: false, reason: "register-feature is never" };
  if (state.toLowerCase() === "registered") return { needed: false, reason: "it is already Registered" };
  if (state === "NotFound") return { needed: false, reason: "Azure does not know it: it has graduated, or is not available in this cloud" };
  if (config.registerFeature === "always") return { needed: true, reason: `register-feature is always, and it is ${state}` };
  if (!switching) return { needed: false, reason: `it is ${state}, but no switch is needed` };
  if (state === "Unknown") return { needed: false, onlyIfRefused: true, reason: "its state could not be read: the check of the feature says why" };
  if (state.toLowerCase() === "pending") return { needed: false, onlyIfRefused: true, reason: "it is Pending, which only Microsoft's approval ends; the switch is tried without it" };
  return { needed: true, reason: `it is ${state}` };
}
