/** Whether the state of a pod complies with a redirection mechanism. */
import { CNI_CHAINING, type PodState, type RedirectionMechanism } from "../../contract.ts";

/**
 * `compliant`: redirected by the mechanism · `stale`: a restart makes it compliant · `broken`: a restart alone does not ·
 * `not-applicable`: the pod is not meant to be redirected.
 */
type Compliance = "compliant" | "stale" | "broken" | "not-applicable";

export function complianceOf(state: PodState, mechanism: RedirectionMechanism): Compliance {
  switch (state) {
    case "cni":
      return mechanism === CNI_CHAINING ? "compliant" : "stale";
    case "legacy-init":
      return mechanism === CNI_CHAINING ? "stale" : "compliant";
    case "privileged-proxy":
      // Init containers need the privilege in any case, so the pod only predates the switch.
      return mechanism === CNI_CHAINING ? "broken" : "stale";
    case "not-injected":
      return "stale";
    case "conflicting":
    case "malformed":
    case "dangling-revision":
    case "unknown":
      return "broken";
    case "gateway":
    case "proxyless":
    case "no-interception":
    case "custom-template":
    case "opted-out":
    case "exempt":
    case "out-of-mesh":
      return "not-applicable";
  }
}

/** Whether pods of this state are redirected or should be. With CNI chaining their node needs a CNI agent. */
export function isRedirected(state: PodState): boolean {
  switch (state) {
    case "cni":
    case "legacy-init":
    case "conflicting":
    case "malformed":
    case "privileged-proxy":
      return true;
    case "not-injected":
    case "dangling-revision":
    case "gateway":
    case "proxyless":
    case "no-interception":
    case "custom-template":
    case "opted-out":
    case "exempt":
    case "out-of-mesh":
    case "unknown":
      return false;
  }
}
