import { CNI_CHAINING } from "../contract.ts";
import type { Goal } from "../istio/goal.ts";
import type { Snapshot } from "../istio/observation.ts";
import { isConfirmed, switchNeed } from "../istio/redirection.ts";
import { type CheckInfo, type CheckResult, type Explanations, fail, pass, skip, unverifiable, warn } from "./check-result.ts";

const CHECK: CheckInfo = { id: "feature-registered", title: "Preview feature is registered" };

/** Whether the preview feature is registered in the subscription, where CNI chaining still needs it. */
export function featureRegistered(snapshot: Snapshot, goal: Goal): CheckResult {
  const { feature } = snapshot;
  if (goal.mechanism !== CNI_CHAINING) return skip(CHECK, "Init containers need no preview feature.");
  const isRequired = goal.requiresFeature === true;
  const unmet = isRequired ? fail : warn;
  // With CNI chaining on, nothing needs the feature any more.
  const explainedBy: Explanations = [isRequired ? [] : ["cni-chaining-enabled"]];
  if (!isRequired && !switchNeed(snapshot, CNI_CHAINING).needed) {
    // An operation in progress, or an upgrade that another write would resume, may leave it unconfirmed.
    const state = isConfirmed(snapshot, CNI_CHAINING) ? "CNI chaining is already on" : "Azure has accepted CNI chaining";
    return pass(CHECK, `${state}, so the preview feature is no longer needed.`);
  }
  const register = `az feature register --namespace Microsoft.ContainerService --name ${feature.name.split("/").at(-1) ?? ""} --subscription SUBSCRIPTION`;
  switch (feature.state.toLowerCase()) {
    case "registered":
      return pass(CHECK, `${feature.name} is registered.`);
    case "notfound":
      return pass(CHECK, `Azure does not know ${feature.name}: it has left preview, or does not exist in this cloud.`);
    case "unknown":
    case "": {
      const why = feature.why || `The state of ${feature.name} was not read.`;
      return isRequired ? unverifiable(CHECK, { why, remedy: `See its state:\n${register.replace("feature register", "feature show")}` }) : skip(CHECK, why);
    }
    case "pending":
      return unmet(CHECK, `${feature.name} is Pending: the registration needs Microsoft's approval and does not finish by itself.`, {
        title: "The preview feature waits for approval",
        explainedBy,
        remedy: "Run this action with mode: apply, which tries the switch without it. If Azure refuses that, ask Microsoft support to approve the feature for this subscription.",
      });
    case "registering":
      return unmet(CHECK, `${feature.name} is Registering, which can take more than half an hour.`, {
        title: "The preview feature is being registered",
        explainedBy,
        remedy: "Run this action with mode: apply, which waits for ten minutes and then tries the switch without it.",
      });
    default:
      return unmet(CHECK, `${feature.name} is ${feature.state}; ${isRequired ? "register-feature is always" : "Azure may refuse CNI chaining"}.`, {
        title: "The preview feature is not registered",
        explainedBy,
        remedy: `Run this action with mode: apply and register-feature: auto, or register it, and refresh the provider once it is Registered:\n${register}\naz provider register --namespace Microsoft.ContainerService --subscription SUBSCRIPTION --wait`,
      });
  }
}
