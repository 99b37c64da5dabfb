/** The login that everything written with a token carries. */
import { textAt } from "../lib/json.ts";
import { during, GitHubError } from "./github-error.ts";
import { type Octokit, REPEATABLE } from "./octokit.ts";
import { unexpectedBody } from "./pages.ts";

/** The identity of a job's own token (`github.token`). */
const JOB_IDENTITY = "github-actions[bot]";
/** The name of a user, or of an app. A user of an enterprise has a short code after an underscore. */
const LOGIN = /^[\w-]+(?:\[bot\])?$/;

/**
 * The owner of the client's token.
 *
 * `GET /user` refuses installation tokens, GITHUB_TOKEN and those of other apps alike, and no REST call tells them apart. GraphQL's
 * `viewer` answers for all tokens, with the suffix `[bot]` for apps. If neither answers, the token is taken for the job's own: then what
 * another app has written is not found.
 */
export function tokenIdentity(octokit: Octokit): Promise<string> {
  return during("reading the token's owner", async () => {
    const viewer = await unlessRefused(() => octokit.graphql<unknown>("query { viewer { login } }", { request: REPEATABLE }));
    const login = textAt(viewer, "viewer", "login") || textAt((await unlessRefused(() => octokit.rest.users.getAuthenticated()))?.data, "login");
    // With another name, the run would not find what this token has written, and write it again.
    if (login !== "" && !LOGIN.test(login)) throw unexpectedBody();
    return login || JOB_IDENTITY;
  });
}

/** Undefined if GitHub refuses to name the token's owner. Rejects if the token is invalid or limited. */
async function unlessRefused<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    const isRefused = error instanceof GitHubError ? error.retryAfterMs === undefined && (error.httpStatus === 403 || error.httpStatus === 404) : error instanceof Error && error.name === "GraphqlResponseError";
    if (!isRefused) throw error;
    return undefined;
  }
}
