/**
 * The remedies for the errors of Azure, Entra and Kubernetes, in one table, the most specific rows first. `id` is the anchor of a row in
 * `docs/troubleshooting.md`, which is generated from this table.
 */
import { ERROR_CODES } from "./error-codes.ts";
import { CLUSTER_ROWS } from "./error-rows/cluster.ts";
import { ENTRA_ROWS } from "./error-rows/entra.ts";
import { NETWORK_ROWS } from "./error-rows/network.ts";
import type { ErrorRow } from "./error-rows/row.ts";
import { STATUS_ROWS } from "./error-rows/status.ts";
import { SUBSCRIPTION_ROWS } from "./error-rows/subscription.ts";
import { ActionError, type Failure, type Right, type Service, ServiceError } from "./errors.ts";

export type { ErrorRow } from "./error-rows/row.ts";

export const ERROR_TABLE: readonly ErrorRow[] = [...ENTRA_ROWS, ...NETWORK_ROWS, ...SUBSCRIPTION_ROWS, ...CLUSTER_ROWS, ...STATUS_ROWS];

/** The first row that matches a failure, or a reason inside it. */
export function rowFor(failure: Failure): ErrorRow | undefined {
  const texts = [failure, ...(failure.reasons ?? [])].map(({ code, message }) => `${code}: ${message}`);
  return ERROR_TABLE.find(
    (row) =>
      row.services.includes(failure.service) &&
      (row.statuses === undefined || (failure.status !== undefined && row.statuses.includes(failure.status))) &&
      texts.some((text) => row.pattern.test(text)),
  );
}

/** What to do about a failure that no row knows. */
const FALLBACKS: Readonly<Record<Service, string>> = {
  "Resource Manager": "Look the code up in the documentation of Azure Resource Manager and AKS, and the operation by its correlation ID in the activity log:\naz monitor activity-log list --correlation-id CORRELATION_ID --subscription SUBSCRIPTION",
  "Microsoft Entra": "Check client-id, tenant-id and azure-environment.",
  "GitHub OIDC": "Check that the job has permissions: id-token: write, then run again.",
  "Azure CLI": "Run the same command in a step of the job to see its whole output:\naz account get-access-token",
  Kubernetes: "Ask the API server the same with kubectl. If that works, run again with debug logging, and report the log.\nkubectl get --raw '/api/v1/pods?limit=1'",
  "managed identity": "Check that the runner has a managed identity, and that client-id names it where there are several.",
};

/** The remedy for a failure; never empty. For a missing role it names the right and the role, for a federated credential the subject. */
export function remedyFor(failure: Failure): string {
  const row = rowFor(failure);
  if (row === undefined) return FALLBACKS[failure.service];
  if (row.id === "not-authorized" && failure.needs !== undefined) return remedyForRight(failure.needs, failure.message);
  if (row.id === "no-federated-credential") return `${row.remedy}${federatedCredentialCommand(failure.message)}`;
  return row.remedy;
}

/** The heading of `docs/troubleshooting.md` above all rows. */
const ANSWERS = "what-azure-entra-and-kubernetes-answer";
/** The code of an error that says which check stands in the way. */
const CHECK = /^[a-z]+(?:-[a-z]+)+$/;

/** The anchor of an error in `docs/troubleshooting.md`: of a row, of the action's own code, or of a check. Empty without an error. */
export function anchorOf(error: unknown): string {
  if (error === undefined) return "";
  if (!(error instanceof ActionError)) return "unexpectederror";
  const row = error instanceof ServiceError ? rowFor(error.failure) : undefined;
  if (row !== undefined) return row.id;
  // An error that only adds to what another one says has its code.
  if (error.cause instanceof ActionError && error.cause.code === error.code) return anchorOf(error.cause);
  return ERROR_CODES.includes(error.code) || CHECK.test(error.code) ? error.code.toLowerCase() : ANSWERS;
}

/** The right that a refusal says is missing; undefined where something else refuses, such as a firewall or a deny assignment. */
export function missingRight(failure: Failure): Right | undefined {
  return rowFor(failure)?.id === "not-authorized" ? failure.needs : undefined;
}

/** A GUID, as Azure and Kubernetes name an identity in a refusal. */
const GUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
/** `The client '…' with object id '…' does not have authorization`, and `User "…" cannot list resource "pods"`. */
const OBJECT_ID = new RegExp(`object id '(${GUID})'|User "(${GUID})"`, "i");

/** The role to grant, with the command. @param message the refusal, which names the object ID of the identity */
function remedyForRight({ action, scope, role }: Right, message: string): string {
  const [, ofAzure, ofKubernetes] = OBJECT_ID.exec(message) ?? [];
  return (
    `Grant the identity ${action} on ${scope}: the built-in role "${role}" includes it.\n` +
    roleCommand(role, scope, ofAzure ?? ofKubernetes ?? "OBJECT_ID")
  );
}

/** The command that assigns a role. @param objectId of the identity's service principal, or a placeholder */
function roleCommand(role: string, scope: string, objectId: string): string {
  const on = scope === "the cluster" ? "CLUSTER_ID" : "/subscriptions/SUBSCRIPTION";
  return `az role assignment create --role "${role}" --scope ${on} --assignee-object-id ${objectId} --assignee-principal-type ServicePrincipal`;
}

/** The command that creates the credential for the subject that Entra names; empty where it names none that a shell takes literally. */
function federatedCredentialCommand(message: string): string {
  const subject = /subject '(repo:[A-Za-z0-9._@:/*-]{1,500})'/.exec(message)?.[1];
  if (subject === undefined) return "";
  const issuer = "https://token.actions.githubusercontent.com";
  return (
    `\nFor a managed identity:\naz identity federated-credential create --name github --identity-name IDENTITY --resource-group GROUP_OF_THE_IDENTITY --issuer ${issuer} --subject '${subject}' --audiences api://AzureADTokenExchange\nFor an app registration:\n` +
    `az ad app federated-credential create --id CLIENT_ID --parameters '{"name": "github", "issuer": "${issuer}", "subject": "${subject}", "audiences": ["api://AzureADTokenExchange"]}'`
  );
}
