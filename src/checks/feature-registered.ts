import { CNI_CHAINING } from "../contract.ts";
import { redirectsBy } from "../istio/cluster-facts.ts";
import type { Goal } from "../istio/goal.ts";
import type { Snapshot } from "../istio/observation.ts";
import { type CheckInfo, type CheckResult, fail, pass, skip, warn } from "./check-result.ts";

const CHECK: CheckInfo = { id: "feature-registered", title: "Preview feature is registered" };

/** Whether the preview feature is registered in the subscription, where CNI chaining still needs it. */
export function featureRegistered({ cluster, feature }: Snapshot, goal: Goal): CheckResult {
  if (goal.mechanism !== CNI_CHAINING) return skip(CHECK, "Init containers need no preview feature.");
  if (redirectsBy(cluster, CNI_CHAINING)) {
    return pass(CHECK, "CNI chaining is already on, so the preview feature is no longer needed.");
  }
  const register = `az feature register --namespace Microsoft.ContainerService --name ${feature.name.split("/").at(-1) ?? ""}`;
  switch (feature.state.toLowerCase()) {
    case "registered":
      return pass(CHECK, `${feature.name} is registered.`);
    case "notfound":
      return pass(CHECK, `Azure does not know ${feature.name}: it has left preview, or does not exist in this cloud.`);
    case "unknown":
    case "":
      return skip(CHECK, feature.why || `The state of ${feature.name} was not read.`);
    case "pending":
      return fail(CHECK, `${feature.name} is Pending: the registration needs Microsoft's approval and does not finish by itself.`, {
        remedy: "Ask Microsoft support to approve it for this subscription.",
      });
    case "registering":
      return warn(CHECK, `${feature.name} is Registering, which can take more than half an hour.`, {
        remedy: "Wait, then run this action again.",
      });
    default:
      return warn(CHECK, `${feature.name} is ${feature.state}; Azure may refuse CNI chaining.`, {
        remedy: `Run this action with mode: apply and register-feature: auto, or register it: ${register}`,
      });
  }
}
