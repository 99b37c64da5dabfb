/** GitHub's client, Octokit, over the action's own HTTP pipeline and with its own retries. */
import type { getOctokit } from "@actions/github";
import { type HttpClient, USER_AGENT } from "../lib/http/pipeline.ts";
import { createHttpClient } from "../lib/http/http-client.ts";
import { loadActionsGitHub } from "./context.ts";
import { GitHubError } from "./github-error.ts";
import { pipelineFetch, type RetryBudget } from "./pipeline-fetch.ts";

export type Octokit = ReturnType<typeof getOctokit>;

/** The option `request` of a POST that does no harm if it is sent twice. Other methods are repeatable anyway. */
export const REPEATABLE = { repeatable: true } as const;

const MAX_RETRIES = 2;
const MAX_LIMIT_WAITS = 3;

/**
 * An Octokit for a token and an API, such as `https://api.github.com` or `https://ghes.example/api/v3`. Its calls reject with a
 * {@link GitHubError} for any status outside of 2xx and if there is no response, and with the signal's reason if the run is cancelled.
 *
 * @throws GitHubError if the token may not be sent to the URL, or `@actions/github` cannot be loaded
 */
export async function createOctokit(apiUrl: string, token: string, budget: RetryBudget, client: HttpClient = createHttpClient()): Promise<Octokit> {
  const baseUrl = apiUrl.replace(/\/+$/, "");
  if (!URL.canParse(baseUrl) || new URL(baseUrl).protocol !== "https:") {
    throw new GitHubError(`GITHUB_API_URL is ${JSON.stringify(apiUrl)}, which is no https URL`, "The runner sets it: do not override it.");
  }
  const { log } = budget;
  const github = await loadActionsGitHub();
  const octokit = github.getOctokit(token, {
    baseUrl,
    userAgent: USER_AGENT,
    request: { fetch: pipelineFetch(baseUrl, budget, client) },
    log: { debug: (text) => log.debug(text), info: (text) => log.debug(text), warn: (text) => log.warning(text), error: (text) => log.warning(text) },
  });
  octokit.hook.wrap("request", (send, options) => withRetries(() => send(options), options.method !== "POST" || options.request["repeatable"] === true, budget));
  return octokit;
}

/** Waits as long as GitHub's rate limit asks, and sends a repeatable request again after a 5xx or a lost response. */
async function withRetries<T>(send: () => T | Promise<T>, isRepeatable: boolean, { clock, log, signal, endsAt }: RetryBudget): Promise<T> {
  for (let waits = 0, retries = 0; ; ) {
    try {
      return await send();
    } catch (error) {
      // Octokit puts what `fetch` rejects with into an error of its own.
      const cause = error instanceof Error ? error.cause : undefined;
      if (!(cause instanceof Error)) throw error;
      if (!(cause instanceof GitHubError)) throw cause;
      const { httpStatus: status, retryAfterMs } = cause;
      const isTransient = isRepeatable && (status === undefined || status >= 500);
      const pause = retryAfterMs ?? (isTransient && retries < MAX_RETRIES ? 1000 * 2 ** retries : undefined);
      if (pause === undefined || waits === MAX_LIMIT_WAITS || clock.now() + pause >= endsAt) throw cause;
      if (retryAfterMs === undefined) retries += 1;
      else waits += 1;
      log.info(`${cause.message}: trying again in ${String(Math.ceil(pause / 1000))} s`);
      await clock.sleep(pause, signal);
    }
  }
}
