/** GitHub's client, Octokit, over the action's own HTTP pipeline. */
import type { getOctokit } from "@actions/github";
import type { HttpClient } from "@azure/core-rest-pipeline";
import { createHttpClient } from "../lib/http-client.ts";
import { loadActionsGitHub } from "./context.ts";
import { GitHubError } from "./github-error.ts";
import { pipelineFetch } from "./pipeline-fetch.ts";
import { type RetryBudget, withRetries } from "./retry.ts";

export type Octokit = ReturnType<typeof getOctokit>;

/** The option `request` of a POST that does no harm if it is sent twice. Other methods are repeatable anyway. */
export const REPEATABLE = { repeatable: true } as const;

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
    userAgent: "istio-cni-aks",
    request: { fetch: pipelineFetch(baseUrl, budget, client) },
    log: { debug: (text) => log.debug(text), info: (text) => log.debug(text), warn: (text) => log.warning(text), error: (text) => log.warning(text) },
  });
  octokit.hook.wrap("request", (send, options) => {
    const isRepeatable = options.method !== "POST" || options.request["repeatable"] === true;
    return withRetries(() => unwrapped(send(options)), isRepeatable, budget);
  });
  return octokit;
}

/** Octokit wraps what `fetch` rejects with in an error of its own. */
async function unwrapped<T>(call: T | Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Error && error.cause instanceof Error) throw error.cause;
    throw error;
  }
}
