/** What to do about pods that admission refuses: one line for each cause. */
import type { RedirectionMechanism } from "../contract.ts";
import { describeFault, failingWebhook } from "../istio/admission/failing-webhook.ts";
import type { RefusalCause } from "../istio/admission/refusal-cause.ts";
import { describeSource, type Refusal } from "../istio/admission/refusal.ts";
import { MESH_NAMESPACE } from "../istio/kubernetes-facts.ts";
import { capabilityRemedy } from "./remedies.ts";

/** A refusal, and the message that it was read from. */
export interface RefusedWith {
  readonly refusal: Refusal;
  /** The causes that count: a capability without a container counts only for a pod of the mesh. */
  readonly causes: readonly RefusalCause[];
  readonly message: string;
}

/** The order of the lines. */
const ORDER: readonly RefusalCause[] = [
  "injector", "istio-init", "unnamed-capability", "proxy-privileges", "seccomp", "image", "istio-container",
  "webhook", "protected-namespace", "quota", "limit-range", "application", "other",
];
/** How many policies a line names. */
const MAX_POLICIES = 3;

/** One line for each cause of the refusals. @param next the step after CNI chaining is in place */
export function refusalRemedy(refused: readonly RefusedWith[], mechanism: RedirectionMechanism, next: string): string {
  const lines = ORDER.flatMap((cause) => {
    const having = refused.filter(({ causes }) => causes.includes(cause));
    return having.length === 0 ? [] : [remedyForCause(cause, having, mechanism, next)];
  });
  return [...new Set(lines)].join("\n");
}

function remedyForCause(cause: RefusalCause, refused: readonly RefusedWith[], mechanism: RedirectionMechanism, next: string): string {
  const sources = sourcesOf(refused);
  switch (cause) {
    case "istio-init":
    case "unnamed-capability":
      return capabilityRemedy(mechanism, next);
    case "proxy-privileges":
      return (
        "istio-proxy itself asks for privileges, as the interception mode TPROXY does. CNI chaining alone does not change that. " +
        `Use the interception mode REDIRECT (annotation sidecar.istio.io/interceptionMode, or interceptionMode in the mesh configuration), or exempt istio-proxy from ${sources}.`
      );
    case "seccomp":
      return (
        "The injected containers have no seccompProfile of their own. Set one for the whole pod in the pod templates: " +
        "spec.securityContext.seccompProfile.type: RuntimeDefault. A mesh whose chart values you manage can set global.proxy.seccompProfile instead."
      );
    case "image":
      return (
        `${capitalized(sources)} does not allow the images of Istio's containers. AKS uses those of mcr.microsoft.com, and the add-on has no setting for another registry: ` +
        "allow them in the policy, or exempt the namespaces of the mesh."
      );
    case "istio-container":
      return `An injected container violates ${sources}, and CNI chaining does not change that. Exempt Istio's containers from the rule, or satisfy it by annotations of the pods, such as sidecar.istio.io/proxyCPULimit.`;
    case "application":
      return `The pod template itself violates ${sources}, with or without the mesh. Correct its containers.`;
    case "injector":
      return injectorRemedy(refused.map(({ message }) => message));
    case "webhook":
      return webhookRemedy(refused.map(({ message }) => message));
    case "protected-namespace":
      return "AKS refuses every write to a namespace of its own. This shows nothing about redirection. Run workloads in other namespaces.";
    case "quota":
      return `Raise ${sources}, or request less. What istio-proxy requests counts too.`;
    case "limit-range":
      return "Change the LimitRange of the namespace, or the resources of the container. Those of istio-proxy are set by annotations: sidecar.istio.io/proxyCPU, proxyMemory, proxyCPULimit, proxyMemoryLimit.";
    case "other":
      return "Correct what the message names, or accept it: this action does not change quotas or policies.";
  }
}

/** What to do where the injector does not answer. */
export function injectorRemedy(messages: readonly string[]): string {
  const faults = new Set(messages.map((message) => failingWebhook(message)?.fault));
  const steps = ["The injector's webhook must answer within seconds. Check istiod:", `kubectl --namespace ${MESH_NAMESPACE} get pods,services`];
  if (faults.has("no-service")) {
    steps.push("The service of istiod that the webhook names does not exist: its revision may have been removed. Label the namespace with an installed revision, or delete the webhook of the removed one.");
  }
  if (faults.has("certificate")) steps.push("The webhook's caBundle does not fit the certificate of istiod. istiod writes it when it starts: see its log.");
  if (faults.has("timeout")) steps.push("Where istiod runs, see whether a network policy or a firewall keeps the API server from its port 15017.");
  return steps.join("\n");
}

/** What to do where another webhook does not answer; empty where no message is about one. */
export function webhookRemedy(messages: readonly string[]): string {
  const failing = messages.map(failingWebhook).filter((webhook) => webhook !== undefined);
  const [first] = failing;
  if (first === undefined) return "";
  return `The webhook ${first.name} does not answer: ${describeFault(first)}. Until it does, no pod that it selects can be created. Repair its service, or remove its configuration. It is not part of the mesh.`;
}

function sourcesOf(refused: readonly RefusedWith[]): string {
  const names = [...new Set(refused.map(({ refusal }) => describeSource(refusal)))];
  const shown = names.slice(0, MAX_POLICIES).join(", ");
  return names.length > MAX_POLICIES ? `${shown} and ${names.length - MAX_POLICIES} more` : shown;
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
