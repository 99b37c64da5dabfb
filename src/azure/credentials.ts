/** Who the run is: one credential, chosen in a fixed order, said aloud. */
import type { TokenCredential } from "@azure/core-auth";
import { ActionError, messageOf, ServiceError, type Service } from "../errors.ts";
import { remedyFor } from "../error-table.ts";
import type { RunContext } from "../run-context.ts";
import type { AzureCli } from "./azure-cli.ts";
import type { Cloud } from "./clouds.ts";

/** What the choice depends on. */
export interface CredentialSources {
  readonly tenantId: string | undefined;
  readonly clientId: string | undefined;
  /** `AZURE_CLIENT_SECRET`; empty where unset. */
  readonly clientSecret: string;
  /** A new token of GitHub's OIDC provider for the audience; undefined where the job may not ask for one. */
  readonly idToken: ((audience: string) => Promise<string>) | undefined;
  readonly cli: AzureCli;
  /** Told of every secret before it is used. */
  readonly mask: (secret: string) => void;
}

/** A credential and how to speak of it. */
export interface Identity {
  readonly credential: TokenCredential;
  /** For the log and the summary: which credential, and why this one. */
  readonly description: string;
}

/** The audience of GitHub's token that federated credentials expect by default. */
const FEDERATION_AUDIENCE = "api://AzureADTokenExchange";
/** The instance metadata service answers at once or is not there. */
const MANAGED_IDENTITY_TIMEOUT_MS = 15_000;
const ASSERTION_ATTEMPTS = 3;
const ASSERTION_PAUSE_MS = 2000;

/**
 * Chooses the credential: GitHub's OIDC, a client secret, the Azure CLI's session, a managed identity.
 *
 * @throws ActionError where there is none at all, saying why each is missing
 */
export async function chooseIdentity(sources: CredentialSources, cloud: Cloud, context: RunContext): Promise<Identity> {
  const { tenantId, clientId, clientSecret, idToken, cli, mask } = sources;
  const identity = await import("@azure/identity");
  const options = { authorityHost: cloud.login, disableInstanceDiscovery: !cloud.isPublic };
  const missing: string[] = [];
  if (tenantId !== undefined && clientId !== undefined) {
    if (idToken !== undefined) {
      let presented = "";
      let unavailable: ServiceError | undefined;
      // A new token for each exchange: GitHub's live for five minutes.
      const assertion = async (): Promise<string> => {
        const token = await fetchAssertion(idToken, context).catch((error: unknown) => {
          // MSAL would wrap it beyond recognition.
          if (error instanceof ServiceError) unavailable = error;
          throw error;
        });
        mask(token);
        presented = presentedClaims(token);
        return token;
      };
      const credential = new identity.ClientAssertionCredential(tenantId, clientId, assertion, options);
      return {
        credential: explained(credential, "Microsoft Entra", "signing in with GitHub's OIDC token", mask, () => unavailable ?? presented),
        description: `federated login of client ${clientId} with GitHub's OIDC token`,
      };
    }
    missing.push("GitHub's OIDC is not available to this job (permissions: id-token: write is missing)");
    if (clientSecret !== "") {
      mask(clientSecret);
      const credential = new identity.ClientSecretCredential(tenantId, clientId, clientSecret, options);
      return {
        credential: explained(credential, "Microsoft Entra", "signing in with AZURE_CLIENT_SECRET", mask),
        description: `client secret of client ${clientId} (GitHub's OIDC is not available to this job)`,
      };
    }
    missing.push("AZURE_CLIENT_SECRET is not set");
  } else {
    missing.push("client-id and tenant-id are not both set, so neither federated login nor a client secret can be used");
  }
  const account = await cli.account();
  if (account.kind === "signed-in") {
    const credential = new identity.AzureCliCredential({ processTimeoutInMs: 60_000 });
    return {
      credential: explained(credential, "Azure CLI", "asking the Azure CLI for a token", mask),
      description: `the Azure CLI's session (${missing.join("; ")})`,
    };
  }
  missing.push(account.why);
  const credential = new identity.ManagedIdentityCredential({
    ...(clientId === undefined ? {} : { clientId }),
    retryOptions: { maxRetries: 1 },
  });
  try {
    await inTime(credential.getToken(cloud.scope), context);
  } catch (error) {
    context.signal.throwIfAborted();
    missing.push(`no managed identity answered (${firstLine(messageOf(error))})`);
    throw new ActionError({
      code: "NoCredentials",
      doing: "signing in to Azure",
      message: `there are no credentials: ${missing.join("; ")}.`,
      remedy:
        "Give the job `permissions: id-token: write` and set client-id and tenant-id to an identity with a federated credential for this workflow; or sign in with azure/login first; or use a runner that has a managed identity.",
      cause: error,
    });
  }
  return {
    credential: explained(credential, "managed identity", "asking the managed identity for a token", mask),
    description: `the runner's managed identity (${missing.join("; ")})`,
  };
}

/** GitHub's provider is asked again after a hiccup: the runner's own client gives up on the first reset connection. */
async function fetchAssertion(idToken: (audience: string) => Promise<string>, context: RunContext): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await idToken(FEDERATION_AUDIENCE);
    } catch (error) {
      context.signal.throwIfAborted();
      if (attempt < ASSERTION_ATTEMPTS) {
        await context.clock.sleep(ASSERTION_PAUSE_MS * attempt, context.signal);
        continue;
      }
      const failure = { service: "GitHub OIDC", doing: "asking GitHub for an OIDC token", code: "NoIdToken", message: firstLine(messageOf(error)) } as const;
      throw new ServiceError(failure, "Check that the job has permissions: id-token: write; if it has, GitHub's OIDC provider is in trouble: run again later.", error);
    }
  }
}

/** The credential, with its tokens masked and its errors told the way this action tells errors. */
function explained(
  credential: TokenCredential,
  service: Service,
  doing: string,
  mask: (secret: string) => void,
  context: () => string | ServiceError = () => "",
): TokenCredential {
  return {
    getToken: async (scopes, options) => {
      try {
        const token = await credential.getToken(scopes, options);
        if (token !== null) mask(token.token);
        return token;
      } catch (error) {
        if (error instanceof ActionError) throw error;
        const known = context();
        throw known instanceof ServiceError ? known : signInError(error, service, doing, known);
      }
    },
  };
}

/** What MSAL threw, as a failure with its AADSTS number; its own objects may hold tokens and are not passed on. */
function signInError(error: unknown, service: Service, doing: string, presented: string): ServiceError {
  const message = messageOf(error);
  const code =
    /\bAADSTS\d+\b/.exec(message)?.[0] ??
    // MSAL's own codes: two words or more, followed by a colon.
    /\b[a-z]+(?:_[a-z]+)+(?=:)/.exec(message)?.[0] ?? /\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|[A-Z_]*CERT[A-Z_]*)\b/.exec(`${codeOf(error)} ${message}`)?.[0];
  const failure = {
    service,
    doing,
    code: code ?? "SignInFailed",
    message: [firstLine(message), presented].filter((part) => part !== "").join(". "),
    correlationId: /Correlation ID: ([0-9a-f-]{36})/i.exec(message)?.[1],
  };
  return new ServiceError(failure, remedyFor(failure) || "Check client-id, tenant-id and azure-environment.");
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Subject, issuer and audience of a JWT: what a federated credential must match. None of them is secret. */
function presentedClaims(token: string): string {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    if (typeof claims !== "object" || claims === null) return "";
    const shown = Object.entries(claims).filter(([name]) => ["sub", "iss", "aud"].includes(name));
    const names: Readonly<Record<string, string>> = { sub: "subject", iss: "issuer", aud: "audience" };
    return `Presented: ${shown.map(([name, value]) => `${names[name] ?? name} ${String(value)}`).join(", ")}.`;
  } catch {
    return "";
  }
}

async function inTime<T>(work: Promise<T>, context: RunContext): Promise<T> {
  const done = new AbortController();
  const limit = context.clock.sleep(MANAGED_IDENTITY_TIMEOUT_MS, AbortSignal.any([context.signal, done.signal])).then(() => {
    throw new Error(`no answer within ${MANAGED_IDENTITY_TIMEOUT_MS / 1000} s`);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    done.abort();
    limit.catch(() => undefined);
    work.catch(() => undefined);
  }
}

function firstLine(text: string): string {
  return text.split(/[\r\n]/, 1)[0]?.trim() ?? "";
}
