/** The inputs of every action that signs in to Azure: tenant, client, cloud and timeout. */
import { type InputReader, type InputSource, shown } from "../lib/input-reader.ts";
import { CLOUD_NAMES, type CloudName } from "./clouds.ts";
import { GUID } from "./resource-id.ts";

/** A tenant is a GUID or a verified domain. */
const TENANT = /^[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?$/i;
/** The audience that federated credentials have by default. */
const FEDERATION_AUDIENCE = "api://AzureADTokenExchange";
/** Half a day: longer than a job may run on a hosted runner. */
const LONGEST_TIMEOUT_MINUTES = 720;

/** Configuration that all actions share that sign in to Azure. */
export interface SignInConfig {
  readonly tenantId: string | undefined;
  readonly clientId: string | undefined;
  /** The audience that the federated credential expects in GitHub's token. */
  readonly audience: string;
  /** The name of a known cloud, or the https URL of a Resource Manager endpoint. */
  readonly azureEnvironment: CloudName | URL;
  /** For the whole run. */
  readonly timeoutMs: number;
}

/**
 * Reads the inputs of {@link SignInConfig}. Problems go to the reader.
 *
 * @param timeoutMinutes the default of `timeout-minutes`
 */
export function readSignIn({ text, optional, matching, positive, problems }: InputReader, timeoutMinutes: number, source: InputSource): SignInConfig {
  if (source.environment("NODE_TLS_REJECT_UNAUTHORIZED") === "0") {
    problems.push("NODE_TLS_REJECT_UNAUTHORIZED: is 0, which lets anybody between here and Azure read the run's tokens; unset it, and name the CA file of a proxy in NODE_EXTRA_CA_CERTS.");
  }
  return {
    tenantId: matching("tenant-id", optional("tenant-id", "AZURE_TENANT_ID"), TENANT, "a tenant ID (a GUID or a domain)"),
    clientId: matching("client-id", optional("client-id", "AZURE_CLIENT_ID"), GUID, "a client ID (a GUID)"),
    audience: text("audience") || FEDERATION_AUDIENCE,
    azureEnvironment: readEnvironment(text("azure-environment"), problems),
    timeoutMs: positive("timeout-minutes", timeoutMinutes, LONGEST_TIMEOUT_MINUTES) * 60_000,
  };
}

function readEnvironment(value: string, problems: string[]): CloudName | URL {
  if (value === "") return "AzureCloud";
  const known = CLOUD_NAMES.find((name) => name.toLowerCase() === value.toLowerCase());
  if (known !== undefined) return known;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== "https:" || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    problems.push(`azure-environment: ${shown(value)} is none of ${CLOUD_NAMES.join(", ")}, nor the https URL of a Resource Manager endpoint.`);
    return "AzureCloud";
  }
  return url;
}
