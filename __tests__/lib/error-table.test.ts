/** One test per row of the table, each with a response in the service's own words. */
import { describe, expect, it } from "vitest";
import { anchorOf, ERROR_TABLE, missingRight, remedyFor, rowFor } from "../../src/lib/error-table.ts";
import { ActionError, CancelledError, type Failure, InputError, type Service, ServiceError } from "../../src/lib/errors.ts";

const RESPONSES: Readonly<Record<string, readonly [Service, number | undefined, string, string]>> = {
  "no-federated-credential": ["Microsoft Entra", undefined, "AADSTS700213", "AADSTS700213: No matching federated identity record found for presented assertion subject 'repo:contoso/platform:pull_request'."],
  "assertion-expired": ["Microsoft Entra", undefined, "AADSTS700024", "AADSTS700024: Client assertion is not within its valid time range."],
  "session-expired": ["Azure CLI", undefined, "AADSTS700082", "AADSTS700082: The refresh token has expired due to inactivity."],
  "cli-not-signed-in": ["Azure CLI", undefined, "AzureCliFailed", "Please run 'az login' to setup account."],
  "client-disabled": ["Microsoft Entra", undefined, "AADSTS7000112", "AADSTS7000112: Application 'x'(y) is disabled."],
  "unknown-audience": ["Microsoft Entra", undefined, "AADSTS500011", "AADSTS500011: The resource principal named x was not found in the tenant named y."],
  "managed-identity-missing": ["managed identity", 400, "invalid_request", "Identity not found"],
  "wrong-secret": ["Microsoft Entra", undefined, "AADSTS7000215", "AADSTS7000215: Invalid client secret provided."],
  "unknown-client": ["Microsoft Entra", undefined, "AADSTS700016", "AADSTS700016: Application with identifier 'x' was not found in the directory 'y'."],
  "unknown-tenant": ["Microsoft Entra", undefined, "AADSTS90002", "AADSTS90002: Tenant 'x' not found."],
  "sign-in-endpoint": ["Microsoft Entra", undefined, "endpoints_resolution_error", "endpoints_resolution_error: See https://aka.ms/msal.js.errors#endpoints_resolution_error for details"],
  "conditional-access": ["Microsoft Entra", undefined, "AADSTS53003", "AADSTS53003: Access has been blocked by Conditional Access policies."],
  "login-failed": ["Azure CLI", undefined, "AADSTS90094", "AADSTS90094: The grant requires admin permission."],
  "name-not-resolved": ["Resource Manager", undefined, "ENOTFOUND", "getaddrinfo ENOTFOUND management.example"],
  "untrusted-tls": ["Kubernetes", undefined, "SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain"],
  "connection-failed": ["Kubernetes", undefined, "ECONNREFUSED", "connect ECONNREFUSED 10.0.0.4:443"],
  "not-azure": ["Resource Manager", 200, "NotAzure", "it answered something that is not JSON (content type text/html)."],
  "answer-too-long": ["Kubernetes", undefined, "AnswerTooLong", "it is longer than 32 MiB"],
  "subscription-not-found": ["Resource Manager", 404, "SubscriptionNotFound", "The subscription 'x' could not be found."],
  "subscription-disabled": ["Resource Manager", 403, "ReadOnlyDisabledSubscription", "The subscription 'x' is disabled and therefore marked as read only."],
  "provider-not-registered": ["Resource Manager", 409, "MissingSubscriptionRegistration", "The subscription is not registered to use namespace 'Microsoft.ContainerService'."],
  "deny-assignment": ["Resource Manager", 403, "DenyAssignmentAuthorizationFailed", "The client 'x' has permission to perform action 'y' on scope 'z'; however, the access is denied because of the deny assignment with name 'd'."],
  "cluster-stopped": ["Resource Manager", 409, "OperationNotAllowed", "managed cluster is in a stopped state. Please start it before an update."],
  "revision-not-supported": ["Resource Manager", 400, "BadRequest", "The wanted revisions are not allowed: asm-1-25 is not supported by the service mesh add-on."],
  "kubernetes-version-not-supported": ["Resource Manager", 400, "K8sVersionNotSupported", "Managed cluster is on version 1.29, which is only available for Long-Term Support."],
  "property-not-changeable": ["Resource Manager", 400, "PropertyChangeNotAllowed", "Changing property 'networkProfile.podCidr' is not allowed."],
  "invalid-parameter": ["Resource Manager", 400, "InvalidParameter", "The value of parameter networkProfile.dnsServiceIP is invalid."],
  "quota-exceeded": ["Resource Manager", 409, "OperationNotAllowed", "Operation could not be completed as it results in exceeding approved Total Regional Cores quota."],
  "no-capacity": ["Resource Manager", undefined, "AllocationFailed", "Allocation failed. We do not have sufficient capacity for the requested VM size in this region."],
  "nodes-not-drained": ["Resource Manager", undefined, "PodDrainFailure", "Drain node aks-pool-1 failed when evicting pod web-1: Cannot evict pod as it would violate the pod's disruption budget."],
  "run-command-quota": ["Resource Manager", 400, "KubernetesOperationError", 'Failed to run command: pods "command-1" is forbidden: exceeded quota: limits, requested: cpu=200m'],
  "run-command-refused": ["Resource Manager", 400, "KubernetesOperationError", 'Failed to run command: admission webhook "validation.gatekeeper.sh" denied the request: [azurepolicy-x] image of container user-command is not allowed.'],
  "resource-group-not-found": ["Resource Manager", 404, "ResourceGroupNotFound", "Resource group 'x' could not be found."],
  "cluster-not-found": ["Resource Manager", 404, "ResourceNotFound", "The Resource 'Microsoft.ContainerService/managedClusters/x' under resource group 'y' was not found."],
  "not-authorized": ["Resource Manager", 403, "AuthorizationFailed", "The client 'x' does not have authorization to perform action 'y'."],
  "run-command-not-started": ["Resource Manager", 400, "KubernetesPerformanceError", "Failed to run command due to cluster perf issue, container command-x in aks-command namespace did not start within 30s on your cluster, retry may helps."],
  "run-command-disabled": ["Resource Manager", 400, "BadRequest", "Run command is disabled for this cluster."],
  "linked-not-authorized": ["Resource Manager", 403, "LinkedAuthorizationFailed", "The client 'x' has permission to perform action 'Microsoft.ContainerService/managedClusters/write' on scope 'y'; however, it does not have permission to perform action(s) 'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope(s)."],
  "token-refused": ["Kubernetes", 401, "Unauthorized", "Unauthorized"],
  "feature-gate": ["Resource Manager", 400, "BadRequest", "Preview feature Microsoft.ContainerService/IstioCNIPreview not registered."],
  "precondition-failed": ["Resource Manager", 412, "PreconditionFailed", "The eTag does not match."],
  "another-operation": ["Resource Manager", 409, "OperationNotAllowed", "Operation is not allowed: Another operation (Updating) is in progress"],
  throttled: ["Resource Manager", 429, "TooManyRequests", "The request is being throttled."],
  "api-version-unknown": ["Resource Manager", 400, "NoRegisteredProviderFound", "No registered resource provider found for location 'x' and API version '2026-01-01' for type 'managedClusters'."],
  "refused-by-policy": ["Resource Manager", 403, "RequestDisallowedByPolicy", "Resource 'x' was disallowed by policy."],
  "service-trouble": ["Resource Manager", 502, "BadGatewayConnection", "The network connectivity issue encountered for 'Microsoft.ContainerService'; cannot fulfill the request."],
  "nothing-but-a-status": ["Resource Manager", 400, "HTTP400", ""],
};

describe("the error table", () => {
  it.each(ERROR_TABLE)("$id: $symptom", ({ id, remedy }) => {
    const response = RESPONSES[id];
    expect(response, `a response that matches the row ${id}`).toBeDefined();
    if (response === undefined) return;
    const [service, status, code, message] = response;
    const failure: Failure = { service, status, code, message, doing: "testing" };
    expect(rowFor(failure)?.id).toBe(id);
    expect(remedyFor(failure)).toContain(remedy);
  });

  it.each<Service>(["Resource Manager", "Microsoft Entra", "GitHub OIDC", "Azure CLI", "Kubernetes", "managed identity"])("has something to do about an unknown error of %s", (service) => {
    const failure: Failure = { service, status: 418, code: "NeverHeardOf", message: "it did not work", doing: "testing" };
    expect(rowFor(failure)).toBeUndefined();
    expect(remedyFor(failure)).toMatch(/[a-z]{3,}/);
  });

  it("takes a refusal that names the feature for that, whatever else it says: the PUT works once the flag is registered", () => {
    const message = "Proxy redirection mechanism CNIChaining is not allowed for revision asm-1-26: preview feature Microsoft.ContainerService/IstioCNIPreview is not registered.";
    expect(rowFor({ service: "Resource Manager", status: 400, code: "InvalidParameter", message, doing: "testing" })?.id).toBe("feature-gate");
  });

  it("does not take a missing right to register the feature for that, although its scope names the feature", () => {
    const message = "The client does not have authorization to perform action 'Microsoft.Features/providers/features/register/action' over scope '/subscriptions/s/providers/Microsoft.Features/providers/Microsoft.ContainerService/features/IstioCNIPreview'.";
    expect(rowFor({ service: "Resource Manager", status: 403, code: "AuthorizationFailed", message, doing: "testing" })?.id).toBe("not-authorized");
  });

  it("finds the reason inside an error", () => {
    const failure: Failure = { service: "Resource Manager", status: 400, code: "BadRequest", message: "The request is invalid.", doing: "testing", reasons: [{ code: "K8sVersionNotSupported", message: "1.29" }] };
    expect(rowFor(failure)?.id).toBe("kubernetes-version-not-supported");
  });

  it.each([
    ["with the subject as it was presented, in its case", "repo:acme/shop:environment:Production"],
    ["with an immutable subject", "repo:acme@11111/shop@22222:environment:prod"],
  ])("gives the command that creates the federated credential, %s", (_, subject) => {
    const failure: Failure = { service: "Microsoft Entra", code: "AADSTS7002138", message: `AADSTS7002138: No matching federated identity record for the assertion subject '${subject}'.`, doing: "testing" };
    const lines = remedyFor(failure).split("\n");
    expect(lines).toContainEqual(expect.stringMatching(/^az identity federated-credential create /));
    expect(lines.filter((line) => line.includes(subject))).toHaveLength(2);
  });

  it("puts no subject into a command that a shell would not take literally", () => {
    const failure: Failure = { service: "Microsoft Entra", code: "AADSTS700213", message: "AADSTS700213: No matching federated identity record found for presented assertion subject 'repo:a/b:environment:$(x)'.", doing: "testing" };
    expect(remedyFor(failure)).not.toContain("az identity");
  });

  /** Beside the answers above: other wordings of the same, and ones that only look like it. */
  it.each<[Service, number | undefined, string, string, string | undefined]>([
    ["Resource Manager", 400, "BadRequest", "IstioCNIPreview: register the feature first.", "feature-gate"],
    ["Resource Manager", 400, "BadRequest", "Features:\nMicrosoft.ContainerService/IstioCNIPreview", "feature-gate"],
    ["Resource Manager", 400, "BadRequest", "Microsoft.ContainerService/IstioCNIPreview\nis a feature", "feature-gate"],
    ["Resource Manager", 403, "LinkedAuthorizationFailed", "no right to register the feature IstioCNIPreview", "linked-not-authorized"],
    ["Resource Manager", 403, "Forbidden", "no right to register the feature IstioCNIPreview", "not-authorized"],
    ["Resource Manager", 403, "HTTP403", "no right to register the feature IstioCNIPreview", "not-authorized"],
    ["Resource Manager", 401, "HTTP401", "the feature IstioCNIPreview", "token-refused"],
    ["Resource Manager", 402, "HTTP402", "the feature IstioCNIPreview", "feature-gate"],
    ["Resource Manager", 400, "BadRequest", "KubernetesPerformanceError is what it says", undefined],
    ["Resource Manager", 400, "KubernetesPerformanceErrors", "of another kind", undefined],
    ["Resource Manager", 400, "BadRequest", "a cluster perf issue", "run-command-not-started"],
    ["Resource Manager", 400, "BadRequest", "it did not start within 30s", "run-command-not-started"],
    ["Resource Manager", 400, "BadRequest", "runcommand:\nexceeded quota", "run-command-quota"],
    ["Resource Manager", 400, "BadRequest", "aks-command\nis forbidden", "run-command-refused"],
    ["Resource Manager", 400, "BadRequest", "Runcommand was\ndisabled", "run-command-disabled"],
    ["Resource Manager", 400, "BadRequest", "Please disable\nruncommand", "run-command-disabled"],
    ["Resource Manager", 400, "BadRequest", "It disables the run command", "run-command-disabled"],
    ["Resource Manager", 400, "BadRequest", "It disabled the run command", "run-command-disabled"],
    ["Resource Manager", 409, "Conflict", "The cluster is deallocated", "cluster-stopped"],
    ["Resource Manager", 409, "Conflict", "The managedCluster x is in stopped", "cluster-stopped"],
    ["Resource Manager", 409, "Conflict", "Its power state must not be stopped", "cluster-stopped"],
    ["Resource Manager", 409, "Conflict", "powerstate is Stopped", "cluster-stopped"],
    ["Resource Manager", 409, "Conflict", "Its powerState is Running. Another one was stopped", "another-operation"],
    ["Resource Manager", 409, "Conflict", "The cluster is busy. The pool is stopped", "another-operation"],
    ["Resource Manager", 409, "ClusterStopped", "", "cluster-stopped"],
    ["Resource Manager", 400, "BadRequest", "The revision x\nis deprecated", "revision-not-supported"],
    ["Resource Manager", 400, "BadRequest", "Revisions are not valid", "revision-not-supported"],
    ["Resource Manager", 400, "BadRequest", "asm-1-9\nis no longer supported", "revision-not-supported"],
    ["Resource Manager", 400, "BadRequest", "asm-12-30 is unsupported", "revision-not-supported"],
    ["Resource Manager", 400, "BadRequest", "asm-x-30 is unsupported", undefined],
    ["Resource Manager", 400, "BadRequest", "asm-1-x is unsupported", undefined],
    ["Resource Manager", 400, "AgentPoolK8sVersionNotSupported", "", "kubernetes-version-not-supported"],
    ["Resource Manager", 400, "BadRequest", "only with longterm support", "kubernetes-version-not-supported"],
    ["Resource Manager", 409, "InsufficientVCPUQuota", "", "quota-exceeded"],
    ["Resource Manager", 409, "InsufficientQuota", "", "quota-exceeded"],
    ["Resource Manager", 409, "QuotaExceeded", "", "quota-exceeded"],
    ["Resource Manager", 409, "Conflict", "It exceeds\nthe quota", "quota-exceeded"],
    ["Resource Manager", 409, "Conflict", "not enough quota", "quota-exceeded"],
    ["Resource Manager", 409, "Conflict", "The quota\nwas exceeded", "quota-exceeded"],
    ["Resource Manager", 409, "ZonalAllocationFailed", "", "no-capacity"],
    ["Resource Manager", 409, "OverconstrainedZonalAllocationRequest", "", "no-capacity"],
    ["Resource Manager", 409, "Overconstrained", "", "no-capacity"],
    ["Resource Manager", 409, "SkuNotAvailable", "", "no-capacity"],
    ["Resource Manager", 409, "SkUNotAvailable", "", "no-capacity"],
    ["Resource Manager", 409, "SKUNotAvailable", "", "no-capacity"],
    ["Resource Manager", 409, "SkxNotAvailable", "", "another-operation"],
    ["Resource Manager", 409, "Conflict", "Draining the node took\ntoo much time", "nodes-not-drained"],
    ["Resource Manager", 409, "Conflict", "It cannot evict: failed", "nodes-not-drained"],
    ["Resource Manager", 409, "Conflict", "a PodDisruptionBudget", "nodes-not-drained"],
    ["Resource Manager", 403, "Other", "LinkedAuthorizationFailed", "not-authorized"],
    ["Azure CLI", undefined, "AzureCliFailed", "No subscription found", "cli-not-signed-in"],
    ["Azure CLI", undefined, "AzureCliFailed", "No subscriptions found", "cli-not-signed-in"],
    ["managed identity", undefined, "CredentialUnavailable", "ManagedIdentityCredential:\nit is unavailable", "managed-identity-missing"],
    ["managed identity", undefined, "CredentialUnavailable", "no managed identity", "managed-identity-missing"],
    ["Microsoft Entra", undefined, "x", "AADSTS70021: it", "no-federated-credential"],
    ["Microsoft Entra", undefined, "x", "AADSTS700029999: it", "login-failed"],
    ["Microsoft Entra", undefined, "x", "AADSTS: it", undefined],
    ["Microsoft Entra", undefined, "x", "AADSTS7000113: it", "client-disabled"],
    ["Kubernetes", undefined, "EAI_AGAIN", "", "name-not-resolved"],
    ["Kubernetes", undefined, "CERT_HAS_EXPIRED", "", "untrusted-tls"],
    ["Kubernetes", undefined, "CERT_x", "", undefined],
    ["Kubernetes", undefined, "UNABLE_TO_GET_ISSUER_CERT", "", "untrusted-tls"],
    ["Kubernetes", undefined, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "", "untrusted-tls"],
    ...["NotAzure", "AnswerTooLong", "ENOTFOUND", "SELF_SIGNED_CERT_IN_CHAIN", "ECONNRESET"].map((code): [Service, undefined, string, string, undefined] => ["Kubernetes", undefined, "Other", `it says ${code}`, undefined]),
    ...["NoRegisteredProviderFound", "HTTP400", "SubscriptionNotFound", "ResourceGroupNotFound", "RequestDisallowedByPolicy"].map((code): [Service, number, string, string, undefined] => ["Resource Manager", 400, "Other", `it says ${code}`, undefined]),
    ["Resource Manager", 404, "Other", "it says NotFound", undefined],
    ["Resource Manager", 404, "NotFound", "", "cluster-not-found"],
    ["Resource Manager", 403, "DisabledSubscription", "", "subscription-disabled"],
    ["Resource Manager", 403, "x", "The subscription s is in a disabled state", "subscription-disabled"],
    ["Resource Manager", 403, "x", "The subscription is suspended", "subscription-disabled"],
    ["Resource Manager", 403, "x", "Your subscription. The cluster is disabled", "not-authorized"],
    ["Resource Manager", undefined, "AuthorizationFailed", "without a status", undefined],
    ["Kubernetes", 412, "PreconditionFailed", "of another service", undefined],
    ["Kubernetes", 504, "GatewayTimeout", "", "service-trouble"],
    ["Kubernetes", 501, "NotImplemented", "", undefined],
  ])("takes what %s answers (%s %s: %s) for %s", (service, status, code, message, id) => {
    expect(rowFor({ service, status, code, message, doing: "testing" })?.id).toBe(id);
  });

  it("says of which errors only a change by a person helps: their request is not repeated", () => {
    expect(ERROR_TABLE.filter(({ permanent }) => !permanent).map(({ id }) => id).sort()).toEqual([
      "another-operation", "assertion-expired", "connection-failed", "feature-gate", "name-not-resolved", "no-capacity", "nodes-not-drained",
      "nothing-but-a-status", "precondition-failed", "run-command-not-started", "service-trouble", "throttled",
    ]);
  });

  const refused: Failure = { service: "Kubernetes", status: 403, code: "Forbidden", message: "no", doing: "testing" };
  const needs = { action: "list pods", scope: "the cluster", role: "Azure Kubernetes Service RBAC Reader" };

  it.each<[string, Failure, object | undefined]>([
    ["a refusal", { ...refused, needs }, needs],
    ["a refusal that needs nothing that is known", refused, undefined],
    ["a deny assignment", { ...refused, service: "Resource Manager", code: "DenyAssignmentAuthorizationFailed", needs }, undefined],
    ["an error that nobody knows", { ...refused, status: 418, needs }, undefined],
  ])("says which right is missing after %s", (_, failure, right) => {
    expect(missingRight(failure)).toEqual(right);
  });

  it.each([
    ["the subscription", "no", "--scope /subscriptions/SUBSCRIPTION --assignee-object-id OBJECT_ID "],
    ["the cluster", "no", "--scope CLUSTER_ID --assignee-object-id OBJECT_ID "],
    ["the cluster", 'User "9e1d5c52-1f7b-4c86-9b0c-3f4f7ad1c2be" cannot list', "--assignee-object-id 9e1d5c52-1f7b-4c86-9b0c-3f4f7ad1c2be "],
  ])("the command for a right on %s, where the refusal is: %s", (scope, message, expected) => {
    expect(remedyFor({ ...refused, message, needs: { ...needs, scope } })).toContain(expected);
  });

  it("gives the row's own remedy where a refusal does not say what it needs, or something else is refused", () => {
    expect(remedyFor(refused)).toBe(rowFor(refused)?.remedy);
    const stopped: Failure = { ...refused, service: "Resource Manager", code: "ClusterStopped", message: "subject 'repo:a/b:c'", needs };
    expect(remedyFor(stopped)).toBe(rowFor(stopped)?.remedy);
  });

  it("has one row per id", () => {
    const ids = ERROR_TABLE.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("names the missing right of a refusal, and gives the command that assigns the role to the identity", () => {
    const remedy = remedyFor({
      service: "Resource Manager",
      status: 403,
      code: "AuthorizationFailed",
      message: "The client 'x' with object id '9e1d5c52-1f7b-4c86-9b0c-3f4f7ad1c2be' does not have authorization",
      doing: "testing",
      needs: { action: "Microsoft.ContainerService/managedClusters/write", scope: "the cluster", role: "Azure Kubernetes Service Contributor Role" },
    });
    expect(remedy).toContain("Microsoft.ContainerService/managedClusters/write on the cluster");
    expect(remedy).toContain('"Azure Kubernetes Service Contributor Role"');
    expect(remedy.split("\n").at(-1)).toBe(
      'az role assignment create --role "Azure Kubernetes Service Contributor Role" --scope CLUSTER_ID --assignee-object-id 9e1d5c52-1f7b-4c86-9b0c-3f4f7ad1c2be --assignee-principal-type ServicePrincipal',
    );
  });

  it("does not name permissions for a timeout, or the network for a refusal", () => {
    const failure: Failure = { service: "Resource Manager", code: "RequestTimeout", message: "no answer in time", doing: "testing" };
    expect(remedyFor(failure)).not.toMatch(/role|right|permission/i);
    expect(remedyFor({ ...failure, status: 403, code: "AuthorizationFailed" })).not.toMatch(/network|proxy/i);
  });
});

describe("the anchor of an error in docs/troubleshooting.md", () => {
  const refused = new ServiceError({ service: "Resource Manager", doing: "", status: 403, code: "AuthorizationFailed", message: "does not have authorization" }, "");
  const own = (code: string, cause?: unknown): ActionError => new ActionError({ code, doing: "", message: "", remedy: "", cause });

  it.each<[string, unknown, string]>([
    ["that a row explains is the row's", refused, "not-authorized"],
    ["of the action itself is its code", new InputError(["x"]), "invalidinput"],
    ["that says which check stands in the way is that check", own("mesh-enabled"), "mesh-enabled"],
    ["that adds to a refusal is that of the refusal", own("AuthorizationFailed", refused), "not-authorized"],
    ["of the action itself, caused by a refusal, is its own", own("SwitchFailed", refused), "switchfailed"],
    ["of a service that no row explains is the list of rows", new ServiceError({ service: "Resource Manager", doing: "", status: 418, code: "SomethingNew", message: "no" }, ""), "what-azure-entra-and-kubernetes-answer"],
    ["of a service, with a code of the action, is that code", new ServiceError({ service: "Kubernetes", doing: "", code: "KubectlFailed", message: "no" }, ""), "kubectlfailed"],
    ["that cancels the run is its code", new CancelledError("SIGINT"), "cancelled"],
    ["with a code that only begins as a check does is the list of rows", own("mesh-enabled-X"), "what-azure-entra-and-kubernetes-answer"],
    ["with a code that only ends as a check does is the list of rows", own("Xmesh-enabled"), "what-azure-entra-and-kubernetes-answer"],
    ["that names a check of three words is that check", own("cni-covers-nodes"), "cni-covers-nodes"],
    ["that is a bug is that of bugs", new TypeError("x"), "unexpectederror"],
    ["that there is not is empty", undefined, ""],
  ])("%s", (_, error, anchor) => {
    expect(anchorOf(error)).toBe(anchor);
  });
});
