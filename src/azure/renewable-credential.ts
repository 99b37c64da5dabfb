/** A credential whose tokens are cached, masked, and replaced when a service refuses them. */
import type { AccessToken, TokenCredential } from "@azure/core-auth";
import { untilAborted } from "../lib/abort.ts";
import { ActionError, messageOf, ServiceError, type Service } from "../lib/errors.ts";
import { remedyFor } from "../lib/error-table.ts";
import type { RenewableCredential } from "../lib/http/http-sender.ts";
import { textAt } from "../lib/json.ts";
import type { RunContext } from "../lib/run-context.ts";

/** For a whole sign-in: up to three requests for an assertion, and the SDK's own retries. */
const SIGN_IN_TIMEOUT_MS = 100_000;
const TOKEN_MARGIN_MS = 5 * 60_000;

/** Where tokens come from. */
export interface TokenSource {
  /** Creates a credential that has no token yet. */
  readonly fresh: () => TokenCredential;
  /** Requests a new token, if a fresh credential can still return an old one. */
  readonly forced?: (scope: string) => Promise<AccessToken | null>;
  readonly service: Service;
  /** A gerund phrase for errors. */
  readonly doing: string;
  /** Details for the error of a failed sign-in: a sentence, or the error that MSAL hides. */
  readonly details?: () => string | ServiceError;
}

/**
 * A credential that masks its tokens, throws errors of this action, and keeps a token as long as it is valid: the Azure CLI
 * takes a second for each, and MSAL requests an assertion even if it has a token.
 */
export function renewableCredential(source: TokenSource, mask: (secret: string) => void, context: RunContext): RenewableCredential {
  const { fresh, forced, service, doing, details = () => "" } = source;
  let credential = fresh();
  const refused = new Set<string>();
  const take: TokenCredential["getToken"] = async (scopes, options) => {
    const token = await credential.getToken(scopes, options);
    const scope = [scopes].flat()[0];
    return token === null || !refused.has(token.token) || forced === undefined || scope === undefined ? token : forced(scope);
  };
  const fetchToken: TokenCredential["getToken"] = async (scopes, options) => {
    try {
      // The SDK's credentials ignore abort signals: without a timeout, a sign-in that hangs would not end with the run.
      const token = await withTimeout(take(scopes, options), context, SIGN_IN_TIMEOUT_MS);
      if (token !== null) mask(token.token);
      return token;
    } catch (error) {
      context.signal.throwIfAborted();
      if (error instanceof ActionError) throw error;
      const known = details();
      throw known instanceof ServiceError ? known : signInError(error, service, doing, known);
    }
  };
  const kept = new Map<string, Promise<AccessToken | null>>();
  return {
    getToken: async (scopes, options) => {
      if (options?.tenantId !== undefined) return fetchToken(scopes, options);
      const key = [...[scopes].flat(), options?.enableCae === true].join(" ");
      // A claims challenge asks for a token that no cache has yet. It replaces the one in this cache.
      const known = options?.claims === undefined ? kept.get(key) : undefined;
      if (known !== undefined) {
        const token = await known;
        if (token !== null && !refused.has(token.token) && isValid(token, context.clock.now())) return token;
        // Another request may have fetched a new token meanwhile.
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
      // MSAL would return the refused token again.
      credential = fresh();
    },
  };
}

/** Whether a token is still valid, with the same margin as MSAL's. */
function isValid({ expiresOnTimestamp, refreshAfterTimestamp = expiresOnTimestamp }: AccessToken, now: number): boolean {
  return now < Math.min(refreshAfterTimestamp, expiresOnTimestamp - TOKEN_MARGIN_MS);
}

/** The error of a failed sign-in, with the AADSTS number as its code. MSAL's own error can hold tokens and is not its cause. */
function signInError(error: unknown, service: Service, doing: string, details: string): ServiceError {
  const message = messageOf(error);
  const code =
    /\bAADSTS\d+\b/.exec(message)?.[0] ??
    // MSAL's own codes: two words or more, followed by a colon.
    /\b[a-z]+(?:_[a-z]+)+(?=:)/.exec(message)?.[0] ??
    /\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|RequestTimeout|[A-Z_]*CERT[A-Z_]*)\b/.exec(`${textAt(error, "code")} ${message}`)?.[0];
  const failure = {
    service,
    doing,
    code: code ?? "SignInFailed",
    message: [firstLine(message), details].filter((part) => part !== "").join(". "),
    correlationId: /Correlation ID: ([0-9a-f-]{36})/i.exec(message)?.[1],
  };
  return new ServiceError(failure, remedyFor(failure));
}

/** Waits for work that ignores abort signals, for a limited time and not longer than the run. */
export async function withTimeout<T>(work: Promise<T>, context: RunContext, ms: number): Promise<T> {
  const late = context.clock.timeout(ms);
  try {
    return await untilAborted(work, AbortSignal.any([context.signal, late]));
  } catch (error) {
    if (!late.aborted || context.signal.aborted) throw error;
    throw Object.assign(new Error(`no answer within ${ms / 1000} s`), { code: "RequestTimeout" });
  }
}

/** The first line of a text, trimmed. */
export function firstLine(text: string): string {
  return text.split(/[\r\n]/, 1)[0]?.trim() ?? "";
}
