/** The finding about a pod that does not comply, as a line of text. */
import { CNI_CHAINING, type PodState, type RedirectionMechanism } from "../../contract.ts";
import type { InjectionRules } from "../injection/injection-rules.ts";
import type { PodFacts } from "./pod.ts";
import { malformations, privileges, type Redirection, validationExit, validationStatus } from "./pod-state.ts";

/** Why redirection does not work in a pod of state `cni`, as one line. */
export function redirectionDetail(pod: PodFacts, redirection: Redirection): string {
  const node = pod.nodeName === "" ? "its node" : `node ${pod.nodeName}`;
  const exitCode = validationExit(pod)?.exitCode ?? 0;
  switch (redirection) {
    case "effective":
    case "pending":
      return "";
    case "not-programmed":
      return "istio-validation found no redirection on its node (exit code 126)";
    case "no-sandbox":
      return `has no sandbox: the kubelet of ${node} has not set up its network`;
    case "not-started": {
      const reason = validationStatus(pod)?.waitingReason ?? "";
      return reason === "" ? `istio-validation does not end on ${node}` : `istio-validation cannot start on ${node} (${reason})`;
    }
    case "validation-fails":
      return `istio-validation fails again and again on ${node} (exit code ${exitCode})`;
    case "failed":
      return `has failed for good: istio-validation found no redirection on ${node} (exit code ${exitCode}), and the CNI agent repairs only pods that restart`;
  }
}

/** Why a pod of this state does not comply, as one line; empty for states that are always compliant. */
export function findingDetail(
  pod: PodFacts,
  state: PodState,
  redirection: Redirection,
  mechanism: RedirectionMechanism,
  rules: InjectionRules,
): string {
  switch (state) {
    case "cni":
      return mechanism === CNI_CHAINING
        ? redirectionDetail(pod, redirection)
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
