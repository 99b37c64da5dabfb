/** Selects one credential in a fixed order and describes for the log which one is used. */
import type { AccessToken, TokenCredential } from "@azure/core-auth";
import { ActionError, messageOf, ServiceError } from "../lib/errors.ts";
import type { RenewableCredential } from "../lib/http/http-sender.ts";
import { parseJson, textAt } from "../lib/json.ts";
import type { RunContext } from "../lib/run-context.ts";
import type { AzureCli } from "./azure-cli.ts";
import type { Cloud } from "./clouds.ts";
import { firstLine, renewableCredential, type TokenSource, withTimeout } from "./renewable-credential.ts";

/** What the selection depends on. */
export interface CredentialSources {
  readonly tenantId: string | undefined;
  readonly clientId: string | undefined;
  /** The audience that the federated credential expects in GitHub's token. */
  readonly audience: string;
  /** `AZURE_CLIENT_SECRET`; empty if it is not set. */
  readonly clientSecret: string;
  /** Requests a token of GitHub's OIDC provider for an audience; undefined if the job may not request one. */
  readonly idToken: ((audience: string) => Promise<string>) | undefined;
  readonly cli: AzureCli;
  /** Called with every secret before it is used. */
  readonly mask: (secret: string) => void;
}

/** The selected credential. */
export interface Identity {
  readonly credential: RenewableCredential;
  /** For the log and the summary: which credential it is, and why the ones before it are not used. */
  readonly description: string;
}

/** The instance metadata service answers at once, or there is none. */
const MANAGED_IDENTITY_TIMEOUT_MS = 15_000;
const ASSERTION_ATTEMPTS = 3;
const ASSERTION_PAUSE_MS = 2000;
const ASSERTION_TIMEOUT_MS = 30_000;

/**
 * Selects the first of these credentials that is available: GitHub's OIDC token, a client secret, the session of the Azure
 * CLI, a managed identity.
 *
 * @throws ActionError if none is available, with the reason for each
 */
export async function selectCredential(sources: CredentialSources, cloud: Cloud, context: RunContext): Promise<Identity> {
  const { tenantId, clientId, audience, clientSecret, idToken, cli, mask } = sources;
  const identity = await import("./entra-credentials.ts");
  const options = { authorityHost: cloud.login, disableInstanceDiscovery: !cloud.isPublic };
  const missing: string[] = [];
  if (tenantId !== undefined && clientId !== undefined) {
    if (idToken !== undefined) {
      const source = federatedLogin(() => idToken(audience), (assertion) => new identity.ClientAssertionCredential(tenantId, clientId, assertion, options), mask, context);
      return {
        credential: renewableCredential(source, mask, context),
        description: `federated login of client ${clientId} with GitHub's OIDC token`,
      };
    }
    missing.push("GitHub's OIDC is not available to this job (permissions: id-token: write is missing)");
    if (clientSecret !== "") {
      mask(clientSecret);
      const fresh = (): TokenCredential => new identity.ClientSecretCredential(tenantId, clientId, clientSecret, options);
      return {
        credential: renewableCredential({ fresh, service: "Microsoft Entra", doing: "signing in with AZURE_CLIENT_SECRET" }, mask, context),
        description: `client secret of client ${clientId} (GitHub's OIDC is not available to this job)`,
      };
    }
    missing.push("AZURE_CLIENT_SECRET is not set");
  } else {
    missing.push("client-id and tenant-id are not both set, so neither federated login nor a client secret can be used");
  }
  const account = await cli.account();
  if (account.kind === "signed-in") {
    const fresh = (): TokenCredential => withReason(new identity.AzureCliCredential({ processTimeoutInMs: 60_000, ...cli.tokenOptions }), cli);
    return {
      credential: renewableCredential({ fresh, service: "Azure CLI", doing: "asking the Azure CLI for a token" }, mask, context),
      description: `the Azure CLI's session (${missing.join("; ")})`,
    };
  }
  missing.push(account.why);
  const fresh = (): TokenCredential =>
    new identity.ManagedIdentityCredential({
      ...(clientId === undefined ? {} : { clientId }),
      retryOptions: { maxRetries: 1 },
    });
  try {
    await withTimeout(fresh().getToken(cloud.scope), context, MANAGED_IDENTITY_TIMEOUT_MS);
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
    credential: renewableCredential({ fresh, forced: withoutCache(clientId, context), service: "managed identity", doing: "asking the managed identity for a token" }, mask, context),
    description: `the runner's managed identity (${missing.join("; ")})`,
  };
}

/** A credential of the Azure CLI whose errors are the CLI's own, if it has one to tell. */
function withReason(credential: TokenCredential, cli: AzureCli): TokenCredential {
  return {
    getToken: (scopes, options) =>
      credential.getToken(scopes, options).catch(async (error: unknown) => {
        const reason = await cli.whyNoToken([scopes].flat()[0] ?? "").catch(() => "");
        throw reason === "" ? error : new Error(reason, { cause: error });
      }),
  };
}

/** Exchanges GitHub's OIDC token for Entra's tokens. `create`: makes the SDK's credential, which requests its assertion from a function. */
function federatedLogin(
  idToken: () => Promise<string>,
  create: (assertion: () => Promise<string>) => TokenCredential,
  mask: (secret: string) => void,
  context: RunContext,
): TokenSource {
  let presented = "";
  let unavailable: ServiceError | undefined;
  const fetchOne = async (): Promise<string> => {
    const token = await fetchAssertion(idToken, context).catch((error: unknown) => {
      // MSAL wraps the error in one of its own, which loses its code and remedy.
      if (error instanceof ServiceError) unavailable = error;
      throw error;
    });
    mask(token);
    presented = presentedClaims(token);
    return token;
  };
  // Each sign-in uses a new assertion, since GitHub's tokens are valid for five minutes. MSAL requests it twice per sign-in.
  let ofThisSignIn: Promise<string> | undefined;
  const fresh = (): TokenCredential => {
    const federated = create(() => (ofThisSignIn ??= fetchOne()));
    return {
      getToken: (scopes, options) => {
        ofThisSignIn = undefined;
        return federated.getToken(scopes, options);
      },
    };
  };
  return { fresh, service: "Microsoft Entra", doing: "signing in with GitHub's OIDC token", details: () => unavailable ?? presented };
}

/** Requests GitHub's OIDC token, up to three times: the runner's own client gives up on the first reset connection. */
async function fetchAssertion(idToken: () => Promise<string>, context: RunContext): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      // The runner's own client waits for minutes, and does not end with the run.
      return await withTimeout(idToken(), context, ASSERTION_TIMEOUT_MS);
    } catch (error) {
      context.signal.throwIfAborted();
      if (attempt < ASSERTION_ATTEMPTS) {
        await context.clock.sleep(ASSERTION_PAUSE_MS * attempt, context.signal);
        continue;
      }
      const failure = { service: "GitHub OIDC", doing: "asking GitHub for an OIDC token", code: "NoIdToken", message: firstLine(messageOf(error)) } as const;
      throw new ServiceError(failure, "Check that the job has permissions: id-token: write; if it has, GitHub's OIDC provider has a problem: run again later.", error);
    }
  }
}

/** Requests a new token of the managed identity. MSAL shares its token cache between all credentials of a process. */
function withoutCache(clientId: string | undefined, context: RunContext): (scope: string) => Promise<AccessToken | null> {
  return async (scope) => {
    const { ManagedIdentityApplication } = await import("@azure/msal-node");
    const application = new ManagedIdentityApplication({
      ...(clientId === undefined ? {} : { managedIdentityIdParams: { userAssignedClientId: clientId } }),
      system: { disableInternalRetries: true },
    });
    const { accessToken, expiresOn } = await application.acquireToken({ resource: scope, forceRefresh: true });
    return { token: accessToken, expiresOnTimestamp: expiresOn?.getTime() ?? context.clock.now() };
  };
}

/** The claims that a federated credential must match. None of them is secret. */
const CLAIMS = { sub: "subject", iss: "issuer", aud: "audience" } as const;

/** What a JWT presents to Entra, as a sentence; empty if it cannot be read. */
function presentedClaims(token: string): string {
  const claims = parseJson(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
  const shown = Object.entries(CLAIMS).map(([claim, name]) => `${name} ${textAt(claims, claim)}`);
  return claims === undefined ? "" : `Presented: ${shown.join(", ")}.`;
}
