/** Decides which steps a run needs, and why. Pure functions of the snapshot and the inputs. */
import { evaluate } from "../../checks/evaluate.ts";
import { type Check, type CheckId, CNI_CHAINING, INIT_CONTAINERS, type RedirectionMechanism } from "../../contract.ts";
import { type ClusterFacts, effectiveMechanism, failedOrCanceled, type FeatureFacts, isAutomatic, isMeshOn, operationsInProgress, redirectsBy, unfinishedUpgrade } from "../../istio/cluster-facts.ts";
import type { Goal } from "../../istio/goal.ts";
import { namespaceScope } from "../../istio/injection/namespace-scope.ts";
import type { Snapshot } from "../../istio/observation.ts";
import type { Config } from "../config.ts";
import { planClusterSteps } from "./cluster-steps.ts";
import type { PlannedStep } from "./planned-step.ts";

/** The inputs that the plan depends on. */
export type PlanConfig = Pick<
  Config,
  "mode" | "namespaces" | "registerFeature" | "labelNamespaces" | "revision" | "removeInjectionLabel" | "restartWorkloads" | "force"
>;

/** The steps of a run, and what prevents them. */
export interface Plan {
  readonly goal: Goal;
  readonly steps: readonly PlannedStep[];
  /** The check that blocks a switch or a registration that is needed. If there is one, the run changes nothing. */
  readonly blocked: Check | undefined;
  /** Why no revision can be chosen for the labels. If there is a reason, the run changes nothing. */
  readonly refused: string | undefined;
  /** Why the switch would harm the cluster. If there is a reason, the run changes nothing unless the input `force` is true. */
  readonly harm: string | undefined;
}

/** The goal of a run: the mechanism of its mode, and its namespaces. */
export function goalOf(config: Pick<Config, "mode" | "namespaces">): Goal {
  return { mechanism: config.mode === "disable" ? INIT_CONTAINERS : CNI_CHAINING, namespaces: namespaceScope(config.namespaces) };
}

/** Checks that block a switch while they fail. The first one that fails is reported. */
const PREFLIGHT: readonly CheckId[] = ["mesh-enabled", "revision-supported", "cluster-ready", "feature-registered"];

/** Plans all steps of the contract, in order, needed or not. */
export function planFor(snapshot: Snapshot, config: PlanConfig): Plan {
  const goal = goalOf(config);
  const need = switchNeed(snapshot.cluster, goal.mechanism);
  const register = featureNeed(snapshot.feature, config, goal.mechanism, need.needed);
  const busy = operationsInProgress(snapshot.cluster);
  const inCluster = planClusterSteps(snapshot, config, goal, need.needed);
  const steps: readonly PlannedStep[] = [
    { id: "register-feature", title: `Register the feature ${snapshot.feature.name}`, ...register },
    {
      id: "refresh-provider",
      title: "Refresh the provider Microsoft.ContainerService",
      needed: register.needed,
      reason: register.needed ? "a newly registered feature takes effect when the provider is registered again" : "this run registers no feature",
    },
    {
      id: "wait-until-idle",
      title: "Wait until the cluster is idle",
      needed: busy.length > 0,
      reason: busy.length > 0 ? busy.join(", ") : "no other operation is changing the cluster",
    },
    { id: "switch-redirection", title: `Switch proxyRedirectionMechanism to ${goal.mechanism}`, ...need },
    ...inCluster.steps,
  ];
  const blocked = need.needed || register.needed ? switchBlocker(snapshot, goal) : undefined;
  return { goal, steps, blocked, refused: inCluster.refused, harm: need.needed && !config.force ? harmOf(snapshot.cluster, goal.mechanism) : undefined };
}

/** The check that blocks a switch; undefined if none does. */
export function switchBlocker(snapshot: Snapshot, goal: Goal): Check | undefined {
  return evaluate(snapshot, goal, PREFLIGHT).find(({ result }) => result === "fail");
}

/** What the switch would break; undefined if nothing. */
function harmOf(cluster: ClusterFacts, mechanism: RedirectionMechanism): string | undefined {
  if (mechanism !== INIT_CONTAINERS || !isAutomatic(cluster)) return undefined;
  return `${cluster.name} is an AKS Automatic cluster, whose Deployment Safeguards refuse istio-init. With ${INIT_CONTAINERS} no pod with a sidecar could be created: workloads of the mesh would lose each pod that is replaced.`;
}

/** Whether a step is needed, and why or why not. */
export interface Need {
  readonly needed: boolean;
  readonly reason: string;
}

/** Whether the cluster needs the PUT: it has the other mechanism, or Azure has not confirmed this one. */
export function switchNeed(cluster: ClusterFacts, mechanism: RedirectionMechanism): Need {
  const now = effectiveMechanism(cluster);
  if (mechanism === INIT_CONTAINERS && !isMeshOn(cluster)) return { needed: false, reason: "the mesh is off, so nothing is redirected" };
  if (!redirectsBy(cluster, mechanism)) return { needed: true, reason: `it is ${now}` };
  if (!failedOrCanceled(cluster.provisioningState)) return { needed: false, reason: `it is already ${now}` };
  const upgrade = unfinishedUpgrade(cluster);
  if (upgrade !== undefined) {
    return { needed: false, reason: `it is already ${now}; the last operation ended ${cluster.provisioningState}, but another write would resume an upgrade: ${upgrade}` };
  }
  return { needed: true, reason: `it is ${now}, but the last operation ended ${cluster.provisioningState}: Azure has not confirmed it` };
}

function featureNeed(feature: FeatureFacts, config: Pick<Config, "registerFeature">, mechanism: RedirectionMechanism, switching: boolean): Need {
  const state = feature.state;
  if (mechanism === INIT_CONTAINERS) return { needed: false, reason: "init containers need no feature" };
  if (config.registerFeature === "never") return { needed: false, reason: "register-feature is never" };
  if (state.toLowerCase() === "registered") return { needed: false, reason: "it is already Registered" };
  if (state === "NotFound") return { needed: false, reason: "Azure does not know it: it has graduated, or is not available in this cloud" };
  if (config.registerFeature === "always") return { needed: true, reason: `register-feature is always, and it is ${state}` };
  if (!switching) return { needed: false, reason: `it is ${state}, but CNI chaining is already on` };
  if (state === "Unknown") return { needed: false, reason: `its state could not be read: ${feature.why}` };
  return { needed: true, reason: `it is ${state}` };
}
