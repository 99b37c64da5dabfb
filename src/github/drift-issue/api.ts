/** GitHub's REST API over the pipeline that Azure's requests use: proxies, extra authorities and cancelling work alike. */
import {
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  type HttpClient,
  isRestError,
  type Pipeline,
  type PipelineResponse,
} from "@azure/core-rest-pipeline";
import type { Clock } from "../../lib/clock.ts";
import { retryAfter } from "../../lib/http.ts";
import { createHttpClient } from "../../lib/http-client.ts";
import type { Log } from "../../lib/log.ts";
import { withoutSecrets } from "../../lib/redaction.ts";

/** How long the API may be waited for, and by what clock. */
export interface RetryBudget {
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
  /** In milliseconds since the epoch: nothing is waited for beyond. */
  readonly endsAt: number;
}

/** GitHub refused, failed, or did not answer: what came back, and what to do about it. */
export class GitHubError extends Error {
  override readonly name = "GitHubError";
  /** HTTP status; undefined where no answer came. */
  readonly status: number | undefined;
  readonly remedy: string;
  /** Whether the answer was only about too many requests. */
  readonly limited: boolean;

  constructor(message: string, remedy: string, status?: number, limited = false) {
    super(withoutSecrets(message));
    this.status = status;
    this.remedy = remedy;
    this.limited = limited;
  }
}

export interface ApiRequest {
  /** A gerund phrase for errors: `listing the issues`. */
  readonly doing: string;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** An absolute URL below {@link GitHubApi.url}. */
  readonly url: string;
  readonly body?: unknown;
  /** Whether it does no harm to send it again after a lost answer; a POST that only reads may say so. */
  readonly resendable?: boolean;
}

export interface ApiAnswer {
  readonly body: unknown;
  /** Where the next page of a list is. */
  readonly next: string | undefined;
}

const REQUEST_TIMEOUT_MS = 30_000;
const MAX_RESENDS = 2;
const MAX_WAITS = 3;
/** What GitHub asks for where a secondary limit names no time. Source: "Best practices for using the REST API". */
const UNNAMED_WAIT_MS = 60_000;

export class GitHubApi {
  /** Without a trailing slash. */
  readonly url: string;
  readonly #token: string;
  readonly #patience: RetryBudget;
  readonly #pipeline: Pipeline;
  readonly #client: HttpClient;

  /** @throws GitHubError where the address is none that a token may be sent to */
  constructor(url: string, token: string, patience: RetryBudget, client: HttpClient = createHttpClient()) {
    this.url = url.replace(/\/+$/, "");
    if (!URL.canParse(this.url) || new URL(this.url).protocol !== "https:") {
      throw new GitHubError(`GITHUB_API_URL is ${JSON.stringify(url)}, which is no https URL`, "The runner sets it: do not override it.");
    }
    this.#token = token;
    this.#patience = patience;
    this.#client = client;
    this.#pipeline = createPipelineFromOptions({ userAgentOptions: { userAgentPrefix: "istio-cni-aks" } });
    this.#pipeline.removePolicy({ name: "defaultRetryPolicy" });
    // The token goes to this address and no other.
    this.#pipeline.removePolicy({ name: "redirectPolicy" });
  }

  /**
   * Sends a request; waits where GitHub limits the rate, as long as patience lasts.
   *
   * @throws GitHubError for any status outside 2xx, and where no answer came
   */
  async send(request: ApiRequest): Promise<ApiAnswer> {
    const { clock, log, signal, endsAt } = this.#patience;
    const resendable = request.resendable ?? request.method !== "POST";
    for (let waits = 0, resends = 0; ; ) {
      const response = await this.#once(request);
      const answered = !(response instanceof GitHubError);
      if (answered && response.status >= 200 && response.status < 300) return this.#read(request, response);
      const limit = answered ? limitOf(response, clock.now()) : undefined;
      const failure = answered ? this.#refusal(request, response, limit) : response;
      const transient = limit === undefined && resendable && (failure.status === undefined || failure.status >= 500);
      const pause = limit ?? (transient && resends < MAX_RESENDS ? 1000 * 2 ** resends : undefined);
      if (pause === undefined || waits === MAX_WAITS || clock.now() + pause >= endsAt) throw failure;
      if (limit === undefined) resends += 1;
      else waits += 1;
      log.info(`${failure.message}: trying again in ${String(Math.ceil(pause / 1000))} s`);
      await clock.sleep(pause, signal);
    }
  }

  async #once(request: ApiRequest): Promise<PipelineResponse | GitHubError> {
    const { clock, signal, endsAt } = this.#patience;
    signal.throwIfAborted();
    const late = clock.timeout(Math.min(REQUEST_TIMEOUT_MS, Math.max(1000, endsAt - clock.now())));
    const sent = createPipelineRequest({
      url: request.url,
      method: request.method,
      headers: createHttpHeaders({
        accept: "application/vnd.github+json",
        authorization: `Bearer ${this.#token}`,
        "x-github-api-version": "2022-11-28",
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
      }),
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      abortSignal: AbortSignal.any([signal, late]),
    });
    try {
      return await this.#pipeline.sendRequest(this.#client, sent);
    } catch (error) {
      signal.throwIfAborted();
      const why = late.aborted ? "no answer in time" : isRestError(error) ? (error.code ?? "the connection failed") : undefined;
      if (why === undefined) throw error;
      return new GitHubError(
        `${request.doing}: ${new URL(this.url).host} could not be reached (${why})`,
        "Check that the runner reaches GITHUB_API_URL: its proxy settings, and NODE_EXTRA_CA_CERTS where an authority of your own signs.",
      );
    }
  }

  #read(request: ApiRequest, response: PipelineResponse): ApiAnswer {
    const text = response.bodyAsText ?? "";
    const link = /<([^<>]+)>;\s*rel="next"/.exec(response.headers.get("link") ?? "")?.[1];
    // A page elsewhere would get the token.
    const next = link !== undefined && URL.canParse(link) && new URL(link).origin === new URL(this.url).origin ? link : undefined;
    try {
      const body: unknown = text === "" ? undefined : JSON.parse(text);
      return { body, next };
    } catch {
      throw new GitHubError(
        `${request.doing}: ${new URL(this.url).host} answered something that is not JSON`,
        "Check GITHUB_API_URL, and whether a proxy's login page answers in GitHub's place.",
        response.status,
      );
    }
  }

  #refusal({ doing }: ApiRequest, response: PipelineResponse, limit: number | undefined): GitHubError {
    const { status } = response;
    const said = messageIn(response.bodyAsText ?? "");
    const message = `${doing}: GitHub answered ${String(status)}${said === "" ? "" : ` (${said})`}`;
    return new GitHubError(message, limit === undefined ? remedyFor(status, said) : LIMITED, status, limit !== undefined);
  }
}

const LIMITED = "GitHub limits the token's requests: run again later, or spread the runs. A GITHUB_TOKEN has 1,000 requests an hour and repository.";

/** How long GitHub asks to wait, in milliseconds; undefined where the answer is not about a limit. */
function limitOf({ status, headers, bodyAsText }: PipelineResponse, now: number): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const asked = retryAfter((name) => headers.get(name), now);
  if (asked !== undefined) return asked;
  const reset = Number(headers.get("x-ratelimit-reset"));
  if (headers.get("x-ratelimit-remaining") === "0" && reset > 0) return Math.max(0, reset * 1000 - now) + 1000;
  return status === 429 || /secondary rate limit|abuse detection/i.test(bodyAsText ?? "") ? UNNAMED_WAIT_MS : undefined;
}

function remedyFor(status: number, said: string): string {
  switch (status) {
    case 401:
      return "The input github-token is no token that works here, or it has expired.";
    case 403:
      return /resource not accessible/i.test(said) ? "Give the job permissions: issues: write; a token of your own needs that right, too." : "See what GitHub says, and the rights of github-token.";
    case 404:
      return "The token may not see the repository's issues: give the job permissions: issues: write, or check what repositories the token is for.";
    case 410:
      return "Issues are switched off in this repository: switch them on in its settings, or leave drift-issue out.";
    default:
      return status >= 500 ? "GitHub is in trouble (see https://www.githubstatus.com): run again later." : "See what GitHub says.";
  }
}

function messageIn(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null && "message" in body && typeof body.message === "string" ? body.message : "";
  } catch {
    return "";
  }
}
