/** Failures of GitHub's API and their remedies. */
import { withoutSecrets } from "../lib/redaction.ts";

/** A request to GitHub that was refused, failed, or got no response. */
export class GitHubError extends Error {
  override readonly name = "GitHubError";
  /** HTTP status; undefined if there was no response. Not named `status`: `@octokit/plugin-paginate-rest` takes any error with status 409 for an empty page. */
  readonly httpStatus: number | undefined;
  /** What to do about it, in whole sentences. */
  readonly remedy: string;
  /** Set if GitHub refused the request only because of a rate limit: milliseconds until the next try. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, remedy: string, status?: number, retryAfterMs?: number) {
    super(withoutSecrets(message));
    this.httpStatus = status;
    this.remedy = remedy;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Calls GitHub, and puts the operation, such as `listing the issues`, in front of the message of a {@link GitHubError}. */
export async function during<T>(operation: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    throw new GitHubError(`${operation}: ${error.message}`, error.remedy, error.httpStatus, error.retryAfterMs);
  }
}

/** The remedy for a rate limit. Source: "Rate limits for the REST API" in GitHub's documentation. */
export const RATE_LIMIT_REMEDY = "GitHub limits the token's requests: run again later, or spread the runs. A GITHUB_TOKEN has 1,000 requests an hour and repository.";

/** The remedy for a status outside of 2xx. `message` is that of GitHub's error body. */
export function remedyFor(status: number, message: string): string {
  switch (status) {
    case 401:
      return "The input github-token is not valid for this GitHub, or it has expired.";
    case 403:
      return /resource not accessible/i.test(message) ? "Give the job permissions: issues: write; a token of your own needs that permission, too." : "See what GitHub says, and check the permissions of github-token.";
    case 404:
      return "The token has no access to the repository's issues: give the job permissions: issues: write, or check which repositories the token is for.";
    case 410:
      return "Issues are disabled in this repository: switch them on in its settings, or leave drift-issue out.";
    default:
      return status >= 500 ? "GitHub has a problem (see https://www.githubstatus.com): run again later." : "See what GitHub says.";
  }
}
