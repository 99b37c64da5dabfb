/**
 * The remedies for the errors of Azure, Entra and Kubernetes, in one table. `id` is the anchor of a row in `docs/troubleshooting.md`,
 * which is generated from this table.
 */
import type { Failure, Service } from "./errors.ts";

/** A kind of failure with a known remedy. */
export interface ErrorRow {
  readonly id: string;
  /** What the log shows, for the documentation. */
  readonly symptom: string;
  readonly services: readonly Service[];
  /** HTTP statuses; absent for any status, or none. */
  readonly statuses?: readonly number[];
  /** Matched against `code: message`. */
  readonly pattern: RegExp;
  /** What a user can do. For a missing role, {@link remedyFor} names the role if the failure does. */
  readonly remedy: string;
  /** The error persists until a user changes something, so the request is not repeated. */
  readonly permanent: boolean;
}

const AZURE: readonly Service[] = ["Resource Manager"];
const ENTRA: readonly Service[] = ["Microsoft Entra", "Azure CLI", "managed identity"];
const ANY: readonly Service[] = [
  "Resource Manager",
  "Microsoft Entra",
  "GitHub OIDC",
  "Azure CLI",
  "Kubernetes",
  "managed identity",
];

export const ERROR_TABLE: readonly ErrorRow[] = [
  {
    id: "no-federated-credential",
    symptom: "AADSTS70021, AADSTS700213, AADSTS700211: no matching federated identity credential",
    services: ENTRA,
    pattern: /AADSTS(?:70021|70021[0-9])\b/,
    remedy:
      "Add a federated credential to the app registration or managed identity. Its subject, issuer and audience must be identical to the presented ones. The subject changes with the branch, the environment and the event of the workflow.",
    permanent: true,
  },
  {
    id: "assertion-expired",
    symptom: "AADSTS700024: client assertion is not within its valid time range",
    services: ENTRA,
    pattern: /AADSTS700024\b/,
    remedy: "GitHub's token had expired when Entra received it. Check the runner's clock, then run again.",
    permanent: false,
  },
  {
    id: "wrong-secret",
    symptom: "AADSTS7000215, AADSTS7000222: invalid or expired client secret",
    services: ENTRA,
    pattern: /AADSTS(?:7000215|7000222)\b/,
    remedy: "Renew AZURE_CLIENT_SECRET. It is better to remove it and to use federated login with GitHub's OIDC.",
    permanent: true,
  },
  {
    id: "unknown-client",
    symptom: "AADSTS700016, AADSTS7000229: application not found in the tenant",
    services: ENTRA,
    pattern: /AADSTS(?:700016|7000229)\b/,
    remedy: "Check client-id and tenant-id. The tenant has no application with this ID, or the application has no service principal in the tenant.",
    permanent: true,
  },
  {
    id: "unknown-tenant",
    symptom: "AADSTS90002, AADSTS900023: tenant not found",
    services: ENTRA,
    pattern: /AADSTS(?:90002|900023)\b/,
    remedy: "Check tenant-id, and that azure-environment names the tenant's cloud.",
    permanent: true,
  },
  {
    id: "sign-in-endpoint",
    symptom: "endpoints_resolution_error: the sign-in endpoint returned no metadata of the tenant",
    services: ENTRA,
    pattern: /\b(?:endpoints_resolution_error|openid_config_error)\b/,
    remedy: "Check tenant-id and azure-environment: the cloud may have no such tenant. Check that the runner reaches the sign-in endpoint.",
    permanent: true,
  },
  {
    id: "conditional-access",
    symptom: "AADSTS53003, AADSTS50076, AADSTS50079: blocked by a Conditional Access policy",
    services: ENTRA,
    pattern: /AADSTS(?:53003|50076|50079|53000)\b/,
    remedy: "A Conditional Access policy blocks this identity. Allow it to sign in from the runner's network, or use a runner in an allowed network.",
    permanent: true,
  },
  {
    id: "login-failed",
    symptom: "any other AADSTS error",
    services: ENTRA,
    pattern: /AADSTS\d+/,
    remedy: "Look up the AADSTS number at https://login.microsoftonline.com/error. Check client-id, tenant-id and azure-environment.",
    permanent: true,
  },
  {
    id: "name-not-resolved",
    symptom: "ENOTFOUND, EAI_AGAIN: a host name could not be resolved",
    services: ANY,
    pattern: /^(?:ENOTFOUND|EAI_AGAIN)\b/,
    remedy: "Check azure-environment, and that the runner can resolve the name. A name in a private DNS zone needs a runner inside its network.",
    permanent: false,
  },
  {
    id: "untrusted-tls",
    symptom: "a certificate that the runner does not trust",
    services: ANY,
    pattern:
      /^(?:UNABLE_TO_VERIFY_LEAF_SIGNATURE|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT(?:_LOCALLY)?|CERT_[A-Z_]+|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)\b/,
    remedy:
      "The certificate is not signed by an authority that the runner trusts. If a proxy inspects TLS, set NODE_EXTRA_CA_CERTS to its CA file. The action never disables certificate verification.",
    permanent: true,
  },
  {
    id: "connection-failed",
    symptom: "ECONNREFUSED, ECONNRESET, ETIMEDOUT and similar codes",
    services: ANY,
    pattern: /^(?:ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|REQUEST_SEND_ERROR|PARSE_ERROR|RequestTimeout|ERR_STREAM_PREMATURE_CLOSE|network_error)\b/,
    remedy: "The connection failed repeatedly. Check the runner's network, proxy settings and firewalls, then run again.",
    permanent: false,
  },
  {
    id: "not-azure",
    symptom: "NotAzure: the response is not one that Azure sends",
    services: ANY,
    pattern: /^NotAzure\b/,
    remedy: "Check azure-environment. The endpoint is not the expected service: it may be a proxy's login page or another web server.",
    permanent: true,
  },
  {
    id: "answer-too-long",
    symptom: "AnswerTooLong: the response exceeds the limit on its length",
    services: ANY,
    pattern: /^AnswerTooLong\b/,
    remedy: "The response is longer than the limit and was not read completely. Check that the address is that of the expected service. For a list of Kubernetes objects, name fewer namespaces.",
    permanent: true,
  },
  {
    id: "subscription-not-found",
    symptom: "SubscriptionNotFound, InvalidSubscriptionId",
    services: AZURE,
    pattern: /^(?:SubscriptionNotFound|InvalidSubscriptionId)\b/,
    remedy: "Check subscription-id, and that azure-environment names its cloud. Azure also reports a subscription as not found if the identity has no access to it.",
    permanent: true,
  },
  {
    id: "resource-group-not-found",
    symptom: "ResourceGroupNotFound",
    services: AZURE,
    pattern: /^ResourceGroupNotFound\b/,
    remedy: "Check resource-group and subscription-id.",
    permanent: true,
  },
  {
    id: "cluster-not-found",
    symptom: "ResourceNotFound, NotFound: the cluster does not exist",
    services: AZURE,
    statuses: [404],
    pattern: /^(?:ResourceNotFound|NotFound)\b/,
    remedy: "Check cluster, resource-group and subscription-id.",
    permanent: true,
  },
  {
    id: "refused-by-policy",
    symptom: "RequestDisallowedByPolicy, ScopeLocked: a policy or a lock prevents the change",
    services: AZURE,
    pattern: /^(?:RequestDisallowedByPolicy|ScopeLocked)\b/,
    remedy: "An Azure Policy or a lock prevents changes to the cluster. Remove it, or exempt the cluster.",
    permanent: true,
  },
  {
    id: "run-command-not-started",
    symptom: "KubernetesPerformanceError: the pod of a run command did not start in time",
    services: AZURE,
    // Source: public reports (Azure/azure-cli issues 22738, 24192, 27776). Older ones have another code and the same text.
    pattern: /^KubernetesPerformanceError\b|cluster perf issue|did not start within/,
    remedy:
      "The pod of the run command did not start in time. The cluster needs a node with enough free capacity for a pod in the namespace aks-command: kubectl get events -n aks-command shows what is missing. Run again, or use kube-access: direct from a runner that reaches the API server.",
    permanent: false,
  },
  {
    id: "run-command-disabled",
    symptom: "RunCommandDisabled: run commands are disabled for the cluster",
    services: AZURE,
    pattern: /run ?command[\s\S]*\bdisabled\b|\bdisable(?:d|s)?[\s\S]*run ?command/i,
    remedy:
      "Run commands are disabled for the cluster (apiServerAccessProfile.disableRunCommand). Enable them with az aks update -g GROUP -n CLUSTER --enable-run-command, or use kube-access: direct from a runner that reaches the API server.",
    permanent: true,
  },
  {
    id: "linked-not-authorized",
    symptom: "LinkedAuthorizationFailed: the identity can write the cluster, but cannot use a resource that the cluster refers to",
    services: AZURE,
    statuses: [403],
    pattern: /^LinkedAuthorizationFailed\b/,
    remedy:
      "The cluster refers to another resource (a subnet, a managed identity, a workspace), which the identity must be allowed to use in order to write the cluster. Grant it the action that the message names, on the scope that the message names.",
    permanent: true,
  },
  {
    id: "not-authorized",
    symptom: "AuthorizationFailed, Forbidden: the identity lacks a role",
    services: ["Resource Manager", "Kubernetes"],
    statuses: [403],
    pattern: /./,
    remedy: "Grant the identity the missing right. A new role assignment can take several minutes to take effect.",
    permanent: true,
  },
  {
    id: "token-refused",
    symptom: "401: the token was refused",
    services: ["Resource Manager", "Kubernetes"],
    statuses: [401],
    pattern: /./,
    remedy: "The identity signed in, but its token was refused. Check that the identity belongs to the tenant of the subscription or cluster.",
    permanent: true,
  },
  {
    id: "feature-gate",
    symptom: "an error that names the feature Microsoft.ContainerService/IstioCNIPreview",
    services: AZURE,
    pattern: /feature[\s\S]*IstioCNIPreview|IstioCNIPreview[\s\S]*feature/i,
    remedy:
      "The subscription cannot use CNI chaining yet. Register the feature Microsoft.ContainerService/IstioCNIPreview (register-feature: auto does), and wait until its state is Registered.",
    permanent: false,
  },
  {
    id: "precondition-failed",
    symptom: "412: the cluster changed between reading and writing",
    services: AZURE,
    statuses: [412],
    pattern: /./,
    remedy: "Another client keeps changing the cluster. The cluster's activity log shows which one. Run again after it has ended.",
    permanent: false,
  },
  {
    id: "another-operation",
    symptom: "409 OperationNotAllowed, EtagMismatch: another operation is in progress",
    services: AZURE,
    statuses: [409],
    pattern: /./,
    remedy: "Another operation is in progress. The cluster's activity log shows which one. Run again after it has ended.",
    permanent: false,
  },
  {
    id: "throttled",
    symptom: "429: too many requests",
    services: ANY,
    statuses: [429],
    pattern: /./,
    remedy: "The service received too many requests. Run again later, or with fewer runs at the same time.",
    permanent: false,
  },
  {
    id: "api-version-unknown",
    symptom: "InvalidApiVersionParameter, NoRegisteredProviderFound, InvalidResourceType: an api-version that this cloud does not know",
    services: AZURE,
    pattern: /^(?:InvalidApiVersionParameter|NoRegisteredProviderFound|InvalidResourceType)\b/,
    remedy: "This cloud does not offer CNI chaining for the managed mesh yet.",
    permanent: true,
  },
  {
    id: "service-trouble",
    symptom: "500, 502, 503, 504: the service failed",
    services: ANY,
    statuses: [500, 502, 503, 504],
    pattern: /./,
    remedy: "The service failed repeatedly. Check https://azure.status.microsoft, and run again later.",
    permanent: false,
  },
  {
    id: "nothing-but-a-status",
    symptom: "HTTP400 and similar codes: a refusal with only a status",
    services: ANY,
    pattern: /^HTTP\d{3}\b/,
    remedy: "The refusal has no reason. The service sent it, or a gateway or proxy in between. Run again. If the error persists, look up the correlation ID in the cluster's activity log.",
    permanent: false,
  },
];

/** The first row that matches a failure. */
export function rowFor(failure: Failure): ErrorRow | undefined {
  const text = `${failure.code}: ${failure.message}`;
  return ERROR_TABLE.find(
    (row) =>
      row.services.includes(failure.service) &&
      (row.statuses === undefined || (failure.status !== undefined && row.statuses.includes(failure.status))) &&
      row.pattern.test(text),
  );
}

/** The remedy for a failure; empty if no row matches. For a missing role it names the right and the role. */
export function remedyFor(failure: Failure): string {
  const row = rowFor(failure);
  if (row === undefined) return "";
  if (row.id === "not-authorized" && failure.needs !== undefined) {
    const { action, scope, role } = failure.needs;
    return `Grant the identity ${action} on ${scope}: the built-in role "${role}" includes it. A new role assignment can take several minutes to take effect.`;
  }
  return row.remedy;
}
