/**
 * The `fetch` that Octokit uses. It sends through the HTTP pipeline of all other requests, so that proxies, additional certificate
 * authorities and cancellation work alike.
 */
import { createHttpHeaders, createPipeline, createPipelineRequest, type HttpClient, type HttpMethods, isRestError, type PipelineResponse } from "../lib/http/pipeline.ts";
import type { Clock } from "../lib/clock.ts";
import { parseJson, textAt } from "../lib/json.ts";
import type { Log } from "../lib/log.ts";
import { GitHubError, RATE_LIMIT_REMEDY, remedyFor } from "./github-error.ts";
import { retryAfter } from "../lib/http/retry-after.ts";

/** How long requests to GitHub may take, retries and waits included. */
export interface RetryBudget {
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. No wait ends later. */
  readonly endsAt: number;
}

/** What Octokit sets of the options of `fetch`. */
interface FetchOptions {
  readonly method: HttpMethods;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const API_VERSION = "2022-11-28";
const REQUEST_TIMEOUT_MS = 30_000;
/** The wait if GitHub names none. Source: "Best practices for using the REST API" in GitHub's documentation. */
const DEFAULT_LIMIT_WAIT_MS = 60_000;
const NO_CONTENT = 204;

/**
 * A `fetch` for one API. Requests carry the token: they go to the API's origin only, and no redirect is followed.
 *
 * The function rejects with a {@link GitHubError} for any status outside of 2xx, for a body that is not JSON, and if there is no
 * response; with the signal's reason if the run is cancelled.
 */
export function pipelineFetch(apiUrl: string, { clock, signal, endsAt }: RetryBudget, client: HttpClient): (url: string, options: FetchOptions) => Promise<Response> {
  const { origin, host } = new URL(apiUrl);
  const pipeline = createPipeline();
  pipeline.removePolicy({ name: "defaultRetryPolicy" });
  pipeline.removePolicy({ name: "redirectPolicy" });

  const send = async (url: string, { method, headers, body }: FetchOptions): Promise<PipelineResponse> => {
    const timeout = clock.timeout(Math.min(REQUEST_TIMEOUT_MS, Math.max(1000, endsAt - clock.now())));
    const request = createPipelineRequest({
      url,
      method,
      headers: createHttpHeaders({ ...headers, "x-github-api-version": API_VERSION }),
      ...(body === undefined ? {} : { body }),
      abortSignal: AbortSignal.any([signal, timeout]),
    });
    try {
      return await pipeline.sendRequest(client, request);
    } catch (error) {
      signal.throwIfAborted();
      const reason = timeout.aborted ? "no response in time" : isRestError(error) ? (error.code ?? "the connection failed") : undefined;
      if (reason === undefined) throw error;
      throw new GitHubError(
        `${host} could not be reached (${reason})`,
        "Check that the runner reaches GITHUB_API_URL: its proxy settings, and NODE_EXTRA_CA_CERTS if the certificate is signed by an authority of your own.",
      );
    }
  };

  return async (url, options) => {
    signal.throwIfAborted();
    // The link to a list's next page comes from a response.
    if (new URL(url).origin !== origin) throw new Error(`a request to ${new URL(url).host} was not sent, because the token is for ${host} only`);
    const response = await send(url, options);
    const { status } = response;
    const text = response.bodyAsText ?? "";
    if (status < 200 || status >= 300) throw refusal(response, clock.now());
    const body = parseJson(text);
    // Octokit takes a body that is empty, null or text for an empty page of a list.
    if (status !== NO_CONTENT && (typeof body !== "object" || body === null)) {
      throw new GitHubError(`the response of ${host} is not JSON of GitHub's API`, "Check GITHUB_API_URL, and whether a proxy's login page responds instead of GitHub.", status);
    }
    return new Response(status === NO_CONTENT ? null : text, { status, headers: { ...response.headers.toJSON(), "content-type": "application/json" } });
  };
}

function refusal(response: PipelineResponse, now: number): GitHubError {
  const { status, bodyAsText } = response;
  const message = textAt(parseJson(bodyAsText ?? ""), "message");
  const wait = limitWait(response, now);
  const text = `GitHub answered ${String(status)}${message === "" ? "" : ` (${message})`}`;
  return new GitHubError(text, wait === undefined ? remedyFor(status, message) : RATE_LIMIT_REMEDY, status, wait);
}

/** The wait that a rate limit asks for, in milliseconds; undefined if the response is not about a limit. */
function limitWait({ status, headers, bodyAsText }: PipelineResponse, now: number): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const asked = retryAfter((name) => headers.get(name), now);
  if (asked !== undefined) return asked;
  const reset = Number(headers.get("x-ratelimit-reset"));
  if (headers.get("x-ratelimit-remaining") === "0" && reset > 0) return Math.max(0, reset * 1000 - now) + 1000;
  return status === 429 || /secondary rate limit|abuse detection/i.test(bodyAsText ?? "") ? DEFAULT_LIMIT_WAIT_MS : undefined;
}
