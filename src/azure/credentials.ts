/** Who the run is: one credential, chosen in a fixed order, said aloud. */
import type { AccessToken, TokenCredential } from "@azure/core-auth";
import { ActionError, messageOf, ServiceError, type Service } from "../lib/errors.ts";
import { remedyFor } from "../lib/error-table.ts";
import type { RenewableCredential } from "../lib/http.ts";
import type { RunContext } from "../lib/run-context.ts";
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
  readonly credential: RenewableCredential;
  /** For the log and the summary: which credential, and why this one. */
  readonly description: string;
}

/** The audience of GitHub's token that federated credentials expect by default. */
const FEDERATION_AUDIENCE = "api://AzureADTokenExchange";
/** The instance metadata service answers at once or is not there. */
const MANAGED_IDENTITY_TIMEOUT_MS = 15_000;
const ASSERTION_ATTEMPTS = 3;
const ASSERTION_PAUSE_MS = 2000;
const ASSERTION_TIMEOUT_MS = 30_000;
/** For the whole of a sign-in: an assertion, asked for up to three times, and what the SDK tries again by itself. */
const SIGN_IN_TIMEOUT_MS = 100_000;
const TOKEN_MARGIN_MS = 5 * 60_000;

/**
 * Chooses the credential: GitHub's OIDC, a client secret, the Azure CLI's session, a managed identity.
 *
 * @throws ActionError where there is none at all, saying why each is missing
 */
export async function chooseIdentity(sources: CredentialSources, cloud: Cloud, context: RunContext): Promise<Identity> {
  const { tenantId, clientId, clientSecret, idToken, cli, mask } = sources;
  const identity = await import("./entra-credentials.ts");
  const options = { authorityHost: cloud.login, disableInstanceDiscovery: !cloud.isPublic };
  const missing: string[] = [];
  if (tenantId !== undefined && clientId !== undefined) {
    if (idToken !== undefined) {
      let presented = "";
      let unavailable: ServiceError | undefined;
      const fetchOne = async (): Promise<string> => {
        const token = await fetchAssertion(idToken, context).catch((error: unknown) => {
          // MSAL would wrap it beyond recognition.
          if (error instanceof ServiceError) unavailable = error;
          throw error;
        });
        mask(token);
        presented = presentedClaims(token);
        return token;
      };
      // A new token for each exchange, since GitHub's live for five minutes; but MSAL asks twice an exchange.
      let ofThisExchange: Promise<string> | undefined;
      const fresh = (): TokenCredential => {
        const federated = new identity.ClientAssertionCredential(tenantId, clientId, () => (ofThisExchange ??= fetchOne()), options);
        return {
          getToken: (scopes, tokenOptions) => {
            ofThisExchange = undefined;
            return federated.getToken(scopes, tokenOptions);
          },
        };
      };
      return {
        credential: explained({ fresh, service: "Microsoft Entra", doing: "signing in with GitHub's OIDC token", background: () => unavailable ?? presented }, mask, context),
        description: `federated login of client ${clientId} with GitHub's OIDC token`,
      };
    }
    missing.push("GitHub's OIDC is not available to this job (permissions: id-token: write is missing)");
    if (clientSecret !== "") {
      mask(clientSecret);
      const fresh = (): TokenCredential => new identity.ClientSecretCredential(tenantId, clientId, clientSecret, options);
      return {
        credential: explained({ fresh, service: "Microsoft Entra", doing: "signing in with AZURE_CLIENT_SECRET" }, mask, context),
        description: `client secret of client ${clientId} (GitHub's OIDC is not available to this job)`,
      };
    }
    missing.push("AZURE_CLIENT_SECRET is not set");
  } else {
    missing.push("client-id and tenant-id are not both set, so neither federated login nor a client secret can be used");
  }
  const account = await cli.account();
  if (account.kind === "signed-in") {
    const fresh = (): TokenCredential => new identity.AzureCliCredential({ processTimeoutInMs: 60_000 });
    return {
      credential: explained({ fresh, service: "Azure CLI", doing: "asking the Azure CLI for a token" }, mask, context),
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
    await inTime(fresh().getToken(cloud.scope), context, MANAGED_IDENTITY_TIMEOUT_MS);
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
    credential: explained({ fresh, forced: pastTheCache(clientId, context), service: "managed identity", doing: "asking the managed identity for a token" }, mask, context),
    description: `the runner's managed identity (${missing.join("; ")})`,
  };
}

/** GitHub's provider is asked again after a hiccup: the runner's own client gives up on the first reset connection. */
async function fetchAssertion(idToken: (audience: string) => Promise<string>, context: RunContext): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      // The runner's own client waits for minutes, and does not know when the run ends.
      return await inTime(idToken(FEDERATION_AUDIENCE), context, ASSERTION_TIMEOUT_MS);
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

/** A new token of the managed identity. MSAL keeps those of a process in one place, whatever the credential. */
function pastTheCache(clientId: string | undefined, context: RunContext): (scope: string) => Promise<AccessToken | null> {
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

/** Where tokens come from. */
interface TokenSource {
  /** A credential that has no token yet. */
  readonly fresh: () => TokenCredential;
  /** Asks for a new token where a fresh credential may still give an old one. */
  readonly forced?: (scope: string) => Promise<AccessToken | null>;
  readonly service: Service;
  /** A gerund phrase for errors. */
  readonly doing: string;
  /** What else is known where it fails: words, or the error that MSAL hides. */
  readonly background?: () => string | ServiceError;
}

/**
 * The credential, with its tokens masked and its errors told the way this action tells errors. A token is kept while it is good:
 * the Azure CLI is a process of a second for each, and MSAL wants an assertion even for one that it has.
 */
function explained(source: TokenSource, mask: (secret: string) => void, context: RunContext): RenewableCredential {
  const { fresh, forced, service, doing, background = () => "" } = source;
  let credential = fresh();
  const refused = new Set<string>();
  const take: TokenCredential["getToken"] = async (scopes, options) => {
    const token = await credential.getToken(scopes, options);
    const scope = [scopes].flat()[0];
    return token === null || !refused.has(token.token) || forced === undefined || scope === undefined ? token : forced(scope);
  };
  const fetchToken: TokenCredential["getToken"] = async (scopes, options) => {
    try {
      // None of the SDK's credentials heeds a signal: a sign-in that hangs would outlive the run.
      const token = await inTime(take(scopes, options), context, SIGN_IN_TIMEOUT_MS);
      if (token !== null) mask(token.token);
      return token;
    } catch (error) {
      context.signal.throwIfAborted();
      if (error instanceof ActionError) throw error;
      const known = background();
      throw known instanceof ServiceError ? known : signInError(error, service, doing, known);
    }
  };
  const kept = new Map<string, Promise<AccessToken | null>>();
  return {
    getToken: async (scopes, options) => {
      if (options?.tenantId !== undefined) return fetchToken(scopes, options);
      const key = [...[scopes].flat(), options?.enableCae === true].join(" ");
      // A challenge for more claims is about a token that is still to be made, and to be used from then on.
      const known = options?.claims === undefined ? kept.get(key) : undefined;
      if (known !== undefined) {
        const token = await known;
        if (token !== null && !refused.has(token.token) && isGood(token, context.clock.now())) return token;
        // Somebody else may have asked in the meantime.
        const other = kept.get(key);
        if (other !== undefined && other !== known) return other;
      }
      const fetched = fetchToken(scopes, options);
      kept.set(key, fetched);
      fetched.catch(() => {
        if (kept.get(key) === fetched) kept.delete(key);
      });
      return fetched;
    },
    discard: (token) => {
      if (refused.has(token)) return;
      refused.add(token);
      // MSAL would give out the same again.
      credential = fresh();
    },
  };
}

/** Whether a token may still be used, with the margin that MSAL keeps as well. */
function isGood({ expiresOnTimestamp, refreshAfterTimestamp = expiresOnTimestamp }: AccessToken, now: number): boolean {
  return now < Math.min(refreshAfterTimestamp, expiresOnTimestamp - TOKEN_MARGIN_MS);
}

/** What MSAL threw, as a failure with its AADSTS number; its own objects may hold tokens and are not passed on. */
function signInError(error: unknown, service: Service, doing: string, presented: string): ServiceError {
  const message = messageOf(error);
  const code =
    /\bAADSTS\d+\b/.exec(message)?.[0] ??
    // MSAL's own codes: two words or more, followed by a colon.
    /\b[a-z]+(?:_[a-z]+)+(?=:)/.exec(message)?.[0] ?? /\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|RequestTimeout|[A-Z_]*CERT[A-Z_]*)\b/.exec(`${codeOf(error)} ${message}`)?.[0];
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

/** Waits for work that knows no signal: no longer than this, nor than the run. */
async function inTime<T>(work: Promise<T>, context: RunContext, ms: number): Promise<T> {
  const done = new AbortController();
  const limit = context.clock.sleep(ms, AbortSignal.any([context.signal, done.signal])).then(() => {
    throw Object.assign(new Error(`no answer within ${ms / 1000} s`), { code: "RequestTimeout" });
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
