import { CNI_CHAINING } from "../contract.ts";
import { redirectsBy } from "../istio/cluster-facts.ts";
import type { Snapshot } from "../istio/observation.ts";
import { fail, type CheckResult, pass, skip, type CheckInfo, warn } from "./check-result.ts";
import type { Goal } from "../istio/goal.ts";

const SUBJECT: CheckInfo = { id: "feature-registered", title: "Preview feature is registered" };

/** Whether the subscription may use CNI chaining, where it still takes a preview flag. */
export function featureRegistered({ cluster, feature }: Snapshot, goal: Goal): CheckResult {
  if (goal.mechanism !== CNI_CHAINING) return skip(SUBJECT, "Init containers need no preview feature.");
  if (redirectsBy(cluster, CNI_CHAINING)) {
    return pass(SUBJECT, "CNI chaining is on already, so the preview feature is no longer needed.");
  }
  const register = `az feature register --namespace Microsoft.ContainerService --name ${feature.name.split("/").at(-1) ?? ""}`;
  switch (feature.state.toLowerCase()) {
    case "registered":
      return pass(SUBJECT, `${feature.name} is registered.`);
    case "notfound":
      return pass(SUBJECT, `Azure does not know ${feature.name}: it has left preview, or is not in this cloud.`);
    case "unknown":
    case "":
      return skip(SUBJECT, feature.why || `The state of ${feature.name} was not read.`);
    case "pending":
      return fail(SUBJECT, `${feature.name} is Pending: it waits for Microsoft's approval and never finishes by itself.`, {
        remedy: "Ask Microsoft support to approve it for this subscription.",
      });
    case "registering":
      return warn(SUBJECT, `${feature.name} is Registering, which can take more than half an hour.`, {
        remedy: "Wait, then run this again.",
      });
    default:
      return warn(SUBJECT, `${feature.name} is ${feature.state}; Azure may refuse CNI chaining.`, {
        remedy: `Let apply register it (register-feature: auto), or: ${register}`,
      });
  }
}
