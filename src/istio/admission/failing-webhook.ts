/** Reads from a message which webhook did not answer, and why. Source: k8s.io/apiserver, plugin/webhook/errors. */
import { MESH_NAMESPACE } from "../kubernetes-facts.ts";

/** Why a webhook does not answer. */
type WebhookFault =
  /** Its service does not exist. */
  | "no-service"
  /** No pod of the service listens. */
  | "not-running"
  /** The API server does not trust its certificate. */
  | "certificate"
  | "timeout"
  | "unknown";

/** A webhook that the API server called without success. */
export interface FailingWebhook {
  /** The name of the webhook, such as `rev.namespace.sidecar-injector.istio.io`. */
  readonly name: string;
  /** Whether it is an injector of the managed mesh. */
  readonly isInjector: boolean;
  readonly fault: WebhookFault;
}

const FAULTS: readonly (readonly [RegExp, WebhookFault])[] = [
  [/\bservices? "[^"]*" not found/, "no-service"],
  [/\bx509\b|certificate|tls: /i, "certificate"],
  [/connection refused|no endpoints available|no route to host|connection reset|\bEOF\b|no such host/i, "not-running"],
  [/deadline exceeded|timeout|timed out/i, "timeout"],
];

/** The webhook that a message says does not answer; undefined for any other message. */
export function failingWebhook(message: string): FailingWebhook | undefined {
  const match = /failed calling (?:admission )?webhook "([^"]*)"/.exec(message);
  if (match === null) return undefined;
  const [, name = ""] = match;
  // An Istio that is not managed by AKS has webhooks of the same name and services in another namespace.
  const [, namespace = MESH_NAMESPACE] = /https?:\/\/[a-z0-9-]+\.([a-z0-9-]+)\.svc\b/.exec(message) ?? [];
  // The URL of the call names a timeout whatever happened, and the webhook's name may have any word.
  const failure = message.slice(match.index + match[0].length).replace(/"https?:\/\/[^"]*"/g, "");
  return {
    name,
    isInjector: /(?:^|\.)sidecar-injector\.istio\.io$/.test(name) && namespace === MESH_NAMESPACE,
    fault: FAULTS.find(([pattern]) => pattern.test(failure))?.[1] ?? "unknown",
  };
}

/** Why it does not answer, as a clause. */
export function describeFault({ fault }: FailingWebhook): string {
  switch (fault) {
    case "no-service":
      return "its service does not exist";
    case "not-running":
      return "nothing listens at its service";
    case "certificate":
      return "the API server does not trust its certificate";
    case "timeout":
      return "it did not answer in time";
    case "unknown":
      return "the call failed";
  }
}
