/**
 * One table from what Azure, Entra and Kubernetes answer to what to do about it.
 * `id` is the anchor of the row in `docs/troubleshooting.md`, which is generated from this table.
 */
import type { Failure, Service } from "./errors.ts";

/** A kind of failure that has a known remedy. */
export interface ErrorRow {
  readonly id: string;
  /** What a reader sees in the log, for the table in the documentation. */
  readonly symptom: string;
  readonly services: readonly Service[];
  /** HTTP statuses; any where absent. */
  readonly statuses?: readonly number[];
  /** Tested against `code: message`. */
  readonly pattern: RegExp;
  /** For people, in general; the refusal's own right is appended where the failure names one. */
  readonly remedy: string;
  /** Nothing but a person can change the answer, so trying again is pointless. */
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
      "Add a federated credential to the app registration or managed identity whose subject, issuer and audience equal the presented ones exactly. The subject changes with the branch, the environment and the event of the workflow.",
    permanent: true,
  },
  {
    id: "assertion-expired",
    symptom: "AADSTS700024: client assertion is not within its valid time range",
    services: ENTRA,
    pattern: /AADSTS700024\b/,
    remedy: "GitHub's token had expired when Entra saw it. Check the clock of the runner, then run again.",
    permanent: false,
  },
  {
    id: "wrong-secret",
    symptom: "AADSTS7000215, AADSTS7000222: invalid or expired client secret",
    services: ENTRA,
    pattern: /AADSTS(?:7000215|7000222)\b/,
    remedy: "Renew AZURE_CLIENT_SECRET, or better, remove it and use federated login with GitHub's OIDC.",
    permanent: true,
  },
  {
    id: "unknown-client",
    symptom: "AADSTS700016, AADSTS7000229: application not found in the tenant",
    services: ENTRA,
    pattern: /AADSTS(?:700016|7000229)\b/,
    remedy: "Check client-id and tenant-id: this tenant has no such application, or it has no service principal there.",
    permanent: true,
  },
  {
    id: "unknown-tenant",
    symptom: "AADSTS90002, AADSTS900023: tenant not found",
    services: ENTRA,
    pattern: /AADSTS(?:90002|900023)\b/,
    remedy: "Check tenant-id, and that azure-environment names the cloud in which the tenant lives.",
    permanent: true,
  },
  {
    id: "sign-in-endpoint",
    symptom: "endpoints_resolution_error: the sign-in endpoint does not describe the tenant",
    services: ENTRA,
    pattern: /\b(?:endpoints_resolution_error|openid_config_error)\b/,
    remedy: "Check tenant-id, which this cloud may not know, azure-environment, and that the runner reaches the sign-in endpoint.",
    permanent: true,
  },
  {
    id: "conditional-access",
    symptom: "AADSTS53003, AADSTS50076, AADSTS50079: blocked by a Conditional Access policy",
    services: ENTRA,
    pattern: /AADSTS(?:53003|50076|50079|53000)\b/,
    remedy: "A Conditional Access policy blocks this identity: let it sign in from the runner's network, or use a runner inside it.",
    permanent: true,
  },
  {
    id: "login-failed",
    symptom: "any other AADSTS error",
    services: ENTRA,
    pattern: /AADSTS\d+/,
    remedy: "Look the AADSTS number up at https://login.microsoftonline.com/error, and check client-id, tenant-id and azure-environment.",
    permanent: true,
  },
  {
    id: "name-not-resolved",
    symptom: "ENOTFOUND, EAI_AGAIN: a host name could not be resolved",
    services: ANY,
    pattern: /^(?:ENOTFOUND|EAI_AGAIN)\b/,
    remedy: "Check azure-environment, and that the runner can resolve the name: a private zone needs a runner inside its network.",
    permanent: false,
  },
  {
    id: "untrusted-tls",
    symptom: "a certificate that the runner does not trust",
    services: ANY,
    pattern:
      /^(?:UNABLE_TO_VERIFY_LEAF_SIGNATURE|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT(?:_LOCALLY)?|CERT_[A-Z_]+|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)\b/,
    remedy:
      "The certificate is not signed by an authority that the runner trusts. If a proxy inspects TLS, set NODE_EXTRA_CA_CERTS to its CA file. The action never switches verification off.",
    permanent: true,
  },
  {
    id: "connection-failed",
    symptom: "ECONNREFUSED, ECONNRESET, ETIMEDOUT and the like",
    services: ANY,
    pattern: /^(?:ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|REQUEST_SEND_ERROR|PARSE_ERROR|RequestTimeout|ERR_STREAM_PREMATURE_CLOSE|network_error)\b/,
    remedy: "The connection failed again and again. Check the runner's network, its proxy settings and firewalls, then run again.",
    permanent: false,
  },
  {
    id: "not-azure",
    symptom: "NotAzure: the endpoint answered something that Azure would not",
    services: ANY,
    pattern: /^NotAzure\b/,
    remedy: "Check azure-environment: what answers there is not the service expected (a proxy's login page or another web server, perhaps).",
    permanent: true,
  },
  {
    id: "answer-too-long",
    symptom: "AnswerTooLong: an answer that is longer than any should be",
    services: ANY,
    pattern: /^AnswerTooLong\b/,
    remedy: "Something answered far more than was asked for, and was not read to its end. Check that the address leads to the service expected; for a list of Kubernetes, name fewer namespaces.",
    permanent: true,
  },
  {
    id: "subscription-not-found",
    symptom: "SubscriptionNotFound, InvalidSubscriptionId",
    services: AZURE,
    pattern: /^(?:SubscriptionNotFound|InvalidSubscriptionId)\b/,
    remedy: "Check subscription-id, and that azure-environment names its cloud. A subscription that the identity may not see counts as not found.",
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
    symptom: "RequestDisallowedByPolicy, ScopeLocked: a policy or a lock forbids the change",
    services: AZURE,
    pattern: /^(?:RequestDisallowedByPolicy|ScopeLocked)\b/,
    remedy: "An Azure Policy or a lock forbids changing the cluster: remove it, or exempt the cluster.",
    permanent: true,
  },
  {
    id: "run-command-not-started",
    symptom: "KubernetesPerformanceError: the pod of a run command did not start in time",
    services: AZURE,
    // As in public reports of it (Azure/azure-cli issues 22738, 24192, 27776); older ones have another code and the same words.
    pattern: /^KubernetesPerformanceError\b|cluster perf issue|did not start within/,
    remedy:
      "The pod of the run command could not be started in time: the cluster needs a node with room for a pod in the namespace aks-command (kubectl get events -n aks-command says what it lacks). Run again, or use kube-access: direct from a runner that reaches the API server.",
    permanent: false,
  },
  {
    id: "run-command-disabled",
    symptom: "RunCommandDisabled: the cluster forbids run commands",
    services: AZURE,
    pattern: /run ?command[\s\S]*\bdisabled\b|\bdisable(?:d|s)?[\s\S]*run ?command/i,
    remedy:
      "The cluster forbids run commands (apiServerAccessProfile.disableRunCommand): allow them with az aks update --enable-run-command, or use kube-access: direct from a runner that reaches the API server.",
    permanent: true,
  },
  {
    id: "linked-not-authorized",
    symptom: "LinkedAuthorizationFailed: the identity may write the cluster, but not use a resource that the cluster refers to",
    services: AZURE,
    statuses: [403],
    pattern: /^LinkedAuthorizationFailed\b/,
    remedy:
      "The cluster refers to something outside it (a subnet, a managed identity, a workspace) that whoever writes the cluster must be allowed to use: grant the identity the action that the message names, on the scope that it names.",
    permanent: true,
  },
  {
    id: "not-authorized",
    symptom: "AuthorizationFailed, Forbidden: the identity lacks a role",
    services: ["Resource Manager", "Kubernetes"],
    statuses: [403],
    pattern: /./,
    remedy: "Grant the identity the missing right. A new role assignment can take several minutes to arrive.",
    permanent: true,
  },
  {
    id: "token-refused",
    symptom: "401: the token was refused",
    services: ["Resource Manager", "Kubernetes"],
    statuses: [401],
    pattern: /./,
    remedy: "The identity signed in, but its token was refused: check that it belongs to the tenant of the subscription or cluster.",
    permanent: true,
  },
  {
    id: "feature-gate",
    symptom: "an error that names the feature Microsoft.ContainerService/IstioCNIPreview",
    services: AZURE,
    pattern: /feature[\s\S]*IstioCNIPreview|IstioCNIPreview[\s\S]*feature/i,
    remedy:
      "The subscription may not use CNI chaining yet: register the feature Microsoft.ContainerService/IstioCNIPreview (register-feature: auto does) and wait until it is Registered.",
    permanent: false,
  },
  {
    id: "precondition-failed",
    symptom: "412: the cluster changed between reading and writing",
    services: AZURE,
    statuses: [412],
    pattern: /./,
    remedy: "Someone else keeps changing the cluster. Find out who (its activity log says), then run again.",
    permanent: false,
  },
  {
    id: "another-operation",
    symptom: "409 OperationNotAllowed, EtagMismatch: another operation is in progress",
    services: AZURE,
    statuses: [409],
    pattern: /./,
    remedy: "Another operation holds the cluster. Wait until it has ended (its activity log says which), then run again.",
    permanent: false,
  },
  {
    id: "throttled",
    symptom: "429: too many requests",
    services: ANY,
    statuses: [429],
    pattern: /./,
    remedy: "Too many requests in this subscription. Run again later, or fewer runs at once.",
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
    symptom: "500, 502, 503, 504: Azure is in trouble",
    services: ANY,
    statuses: [500, 502, 503, 504],
    pattern: /./,
    remedy: "The service failed again and again. Look at https://azure.status.microsoft and run again later.",
    permanent: false,
  },
  {
    id: "nothing-but-a-status",
    symptom: "HTTP400 and the like: a refusal that says nothing but its status",
    services: ANY,
    pattern: /^HTTP\d{3}\b/,
    remedy: "The refusal came without a reason, from the service or from something in between (a gateway, a proxy). Run again; if it stays, look the correlation ID up in the cluster's activity log.",
    permanent: false,
  },
];

/** The row that fits a failure best: the first that matches. */
export function rowFor(failure: Failure): ErrorRow | undefined {
  const text = `${failure.code}: ${failure.message}`;
  return ERROR_TABLE.find(
    (row) =>
      row.services.includes(failure.service) &&
      (row.statuses === undefined || (failure.status !== undefined && row.statuses.includes(failure.status))) &&
      row.pattern.test(text),
  );
}

/** What to do about a failure, with the missing right where it is a refusal. */
export function remedyFor(failure: Failure): string {
  const row = rowFor(failure);
  if (row === undefined) return "";
  if (row.id === "not-authorized" && failure.needs !== undefined) {
    const { action, scope, role } = failure.needs;
    return `Grant the identity ${action} on ${scope}: the built-in role "${role}" has it. A new role assignment can take several minutes to arrive.`;
  }
  return row.remedy;
}
