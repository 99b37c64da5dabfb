/** How a pod's state stands to the redirection mechanism that is wanted. */
import { CNI_CHAINING, type PodState, type RedirectionMechanism } from "../../contract.ts";

/**
 * `right`: as wanted · `stale`: a restart makes it right · `wrong`: a restart alone does not · `indifferent`: redirection
 * does not concern it.
 */
type Compliance = "right" | "stale" | "wrong" | "indifferent";

export function complianceOf(state: PodState, mechanism: RedirectionMechanism): Compliance {
  switch (state) {
    case "cni":
      return mechanism === CNI_CHAINING ? "right" : "stale";
    case "legacy-init":
      return mechanism === CNI_CHAINING ? "stale" : "right";
    case "privileged-proxy":
      // With init containers redirection needs the privilege anyway; the pod is only one from before the switch.
      return mechanism === CNI_CHAINING ? "wrong" : "stale";
    case "not-injected":
      return "stale";
    case "conflicting":
    case "malformed":
    case "dangling-revision":
    case "unknown":
      return "wrong";
    case "gateway":
    case "proxyless":
    case "no-interception":
    case "custom-template":
    case "opted-out":
    case "exempt":
    case "out-of-mesh":
      return "indifferent";
  }
}

/** Whether pods of this state have their traffic redirected, or should have: their node needs the node agent. */
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
