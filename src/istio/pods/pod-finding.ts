/** The finding about a pod that does not comply, as a line of text. */
import { CNI_CHAINING, type PodState, type RedirectionMechanism } from "../../contract.ts";
import type { InjectionRules } from "../injection/injection-rules.ts";
import type { PodFacts } from "./pod.ts";
import { malformations, privileges } from "./pod-state.ts";

/** Why a pod of this state does not comply, as one line; empty for states that are always compliant. */
export function findingDetail(
  pod: PodFacts,
  state: PodState,
  mechanism: RedirectionMechanism,
  rules: InjectionRules,
): string {
  switch (state) {
    case "cni":
      return mechanism === CNI_CHAINING
        ? "istio-validation found no redirection on its node (exit code 126)"
        : "is redirected by the CNI agent: created before the switch";
    case "legacy-init":
      return "has istio-init: created before the switch";
    case "conflicting":
      return "has both istio-init and istio-validation";
    case "malformed":
      return malformations(pod).join("; ");
    case "privileged-proxy":
      return privileges(pod).join("; ");
    case "not-injected":
      return "has no istio-proxy although an injector selects it: created before injection was on";
    case "dangling-revision":
      return `its namespace is labelled with revision ${rules.danglingRevision(pod.namespace) ?? ""}, which no injector serves`;
    case "unknown":
      return "has istio-proxy, but no container that redirects traffic to it";
    case "gateway":
    case "proxyless":
    case "no-interception":
    case "custom-template":
    case "opted-out":
    case "exempt":
    case "out-of-mesh":
      return "";
  }
}
