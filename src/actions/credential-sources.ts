/** The sources of a credential, for the actions that sign in to Azure. */
import { AzureCli } from "../azure/azure-cli.ts";
import type { CredentialSources } from "../azure/credentials.ts";
import type { Runner } from "../github/runner.ts";

/** Collects the sources from the inputs and the runner; which one is used is decided by `azure/credentials.ts`. */
export function credentialSources(
  { tenantId, clientId, audience, subscriptionId }: Pick<CredentialSources, "tenantId" | "clientId" | "audience"> & { readonly subscriptionId?: string | undefined },
  { inputs, idToken, runProgram, mask }: Pick<Runner, "inputs" | "idToken" | "runProgram" | "mask">,
): CredentialSources {
  return { tenantId, clientId, audience, clientSecret: inputs.environment("AZURE_CLIENT_SECRET"), idToken, cli: new AzureCli(runProgram, { tenantId, subscriptionId }), mask };
}
