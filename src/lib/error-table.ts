/**
 * The remedies for the errors of Azure, Entra and Kubernetes, in one table, the most specific rows first. `id` is the anchor of a row in
 * `docs/troubleshooting.md`, which is generated from this table.
 */
import { CLUSTER_ROWS } from "./error-rows/cluster.ts";
import { ENTRA_ROWS } from "./error-rows/entra.ts";
import { NETWORK_ROWS } from "./error-rows/network.ts";
import type { ErrorRow } from "./error-rows/row.ts";
import { STATUS_ROWS } from "./error-rows/status.ts";
import { SUBSCRIPTION_ROWS } from "./error-rows/subscription.ts";
import type { Failure, Service } from "./errors.ts";

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
  "Resource Manager": "Look the code up in the documentation of Azure Resource Manager and AKS, and the operation by its correlation ID in the cluster's activity log: az monitor activity-log list --correlation-id CORRELATION_ID",
  "Microsoft Entra": "Check client-id, tenant-id and azure-environment.",
  "GitHub OIDC": "Check that the job has permissions: id-token: write, then run again.",
  "Azure CLI": "Run the same command in a step of the job to see its whole output: az account get-access-token",
  Kubernetes: "Ask the API server the same with kubectl, for example: kubectl get pods --all-namespaces --limit 1. If that works, run again with debug logging, and report the log.",
  "managed identity": "Check that the runner has a managed identity, and that client-id names it where there are several.",
};

/** The remedy for a failure; never empty. For a missing role it names the right and the role, for a federated credential the subject. */
export function remedyFor(failure: Failure): string {
  const row = rowFor(failure);
  if (row === undefined) return FALLBACKS[failure.service];
  if (row.id === "not-authorized" && failure.needs !== undefined) {
    const { action, scope, role } = failure.needs;
    return `Grant the identity ${action} on ${scope}: the built-in role "${role}" includes it. A new role assignment can take several minutes to take effect.`;
  }
  if (row.id === "no-federated-credential") return `${row.remedy}${federatedCredentialCommand(failure.message)}`;
  return row.remedy;
}

/** The command that creates the credential for the subject that Entra names; empty where it names none that a shell takes literally. */
function federatedCredentialCommand(message: string): string {
  const subject = /subject '(repo:[A-Za-z0-9._@:/*-]{1,500})'/.exec(message)?.[1];
  if (subject === undefined) return "";
  const issuer = "https://token.actions.githubusercontent.com";
  return (
    ` For a managed identity:\naz identity federated-credential create --name github --identity-name IDENTITY --resource-group GROUP_OF_THE_IDENTITY --issuer ${issuer} --subject '${subject}' --audiences api://AzureADTokenExchange\nFor an app registration:\n` +
    `az ad app federated-credential create --id CLIENT_ID --parameters '{"name": "github", "issuer": "${issuer}", "subject": "${subject}", "audiences": ["api://AzureADTokenExchange"]}'`
  );
}
