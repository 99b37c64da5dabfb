/**
 * Keeps one comment per cluster, and per choice of namespaces, on a pull request up to date with the plan (`pr-comment: true`).
 *
 * The comment is found again by a hidden first line, among the comments of the token's own identity. It is written only if the plan has
 * changed. A failure here does not change the run's verdict.
 */
import { messageOf } from "../../lib/errors.ts";
import { plain } from "../../report/escape.ts";
import type { SummaryInput } from "../../report/summary/input.ts";
import { type Comment, type Comments, commentsOn, MAX_BODY } from "../comments.ts";
import { loadActionsGitHub, type RunReference, workflowOf } from "../context.ts";
import { clusterKey } from "../drift-issue/marker.ts";
import { GitHubError } from "../github-error.ts";
import { mask } from "../log.ts";
import { createOctokit } from "../octokit.ts";
import type { RetryBudget } from "../pipeline-fetch.ts";
import { pullRequestOf } from "../pull-request.ts";
import { tokenIdentity } from "../token-identity.ts";
import { planComment } from "./text.ts";

/** The plan, for the comment. */
interface PlanCommentInput {
  readonly page: SummaryInput;
  /** The resource ID; empty if it is not known. */
  readonly clusterId: string;
  /** The input; empty for all. */
  readonly namespaces: readonly string[];
}

/**
 * Brings the comment in line with the plan. Never rejects. Where there is no pull request to write to, and for failures that pass, the
 * log says so.
 *
 * @param token of the input github-token
 * @returns why the comment could not be written, if the workflow or its settings can mend that; sentences for a warning
 */
export async function updatePlanComment(input: PlanCommentInput, token: string, budget: RetryBudget): Promise<string | undefined> {
  const { log } = budget;
  try {
    const { context } = await loadActionsGitHub();
    const pullRequest = pullRequestOf(context);
    if (pullRequest.kind === "unavailable") {
      log.info(`no pull request comment: ${pullRequest.why}`);
      return undefined;
    }
    const { number } = pullRequest;
    if (token === "") throw new GitHubError("there is no token", "pr-comment needs the input github-token.");
    mask(token);
    if (input.clusterId === "") throw new GitHubError("the cluster's resource ID is not known", "Set subscription-id, or cluster to the resource ID.");
    const { apiUrl, repository, run } = workflowOf(context);
    const octokit = await createOctokit(apiUrl, token, budget);
    const identity = await tokenIdentity(octokit);
    const outcome = await syncPlanComment({ ...input, run, number, identity }, commentsOn(octokit, repository, "pull request"));
    log.info(`the comment on pull request #${String(number)} ${outcome}`);
    return undefined;
  } catch (error) {
    const problem = `The pull request comment could not be written: ${messageOf(error).replace(/\.$/, "")}.`;
    if (isMendable(error)) return plain(`${problem} ${remedyOf(error)} The run's own verdict stands.`);
    log.warning(problem);
    return undefined;
  }
}

/** Rate limits and failures of GitHub pass, and a conversation that takes no comments is so on purpose. */
function isMendable(error: unknown): error is GitHubError {
  return error instanceof GitHubError && error.retryAfterMs === undefined && (error.httpStatus ?? 0) < 500 && !/locked|commenting is disabled/i.test(error.message);
}

function remedyOf({ httpStatus: status, message, remedy }: GitHubError): string {
  const lacksPermission = status === 404 || (status === 403 && /resource not accessible/i.test(message));
  return lacksPermission ? "Give the job permissions: pull-requests: write; a token of your own needs that permission, too." : remedy;
}

/** The comment, and where it belongs. */
interface SyncInput extends PlanCommentInput {
  readonly run: RunReference;
  /** Of the pull request. */
  readonly number: number;
  /** The login of the token: comments of others are not taken for own ones. */
  readonly identity: string;
}

/** Does the work of {@link updatePlanComment}, and rejects if it fails. @returns what became of the comment */
async function syncPlanComment({ page, clusterId, namespaces, run, number, identity }: SyncInput, comments: Comments): Promise<"was created" | "was updated" | "is up to date"> {
  const marker = `<!-- istio-cni-aks-plan cluster=${clusterKey(clusterId, namespaces)} -->\n`;
  const footer = run.url === "" ? "" : `\n\n<sub>Of [run ${run.id}](${run.url}).</sub>`;
  const plan = `${marker}\n${planComment(page, namespaces, MAX_BODY - marker.length - footer.length - 1)}`;
  const findOwn = async (): Promise<readonly Comment[]> =>
    (await comments.list(number)).filter(({ author, body }) => author.toLowerCase() === identity.toLowerCase() && body.startsWith(marker));

  let own = await findOwn();
  const isNew = own.length === 0;
  if (isNew) {
    const lost = await unlessLost(() => comments.create(number, `${plan}${footer}`));
    // The comment may be there although the answer was lost, and an overlapping run may have written one as well.
    own = await findOwn();
    if (own.length === 0 && lost !== undefined) throw lost;
  }
  const [oldest, ...duplicates] = own;
  // Overlapping runs see the same comments, and keep the oldest.
  for (const { id } of duplicates) await comments.remove(id);
  if (oldest === undefined || oldest.body.replace(FOOTER, "") === plan) return isNew ? "was created" : "is up to date";
  try {
    await comments.update(oldest.id, `${plan}${footer}`);
    return "was updated";
  } catch (error) {
    if (!(error instanceof GitHubError) || error.httpStatus !== 404) throw error;
    // Somebody has deleted it meanwhile.
    await comments.create(number, `${plan}${footer}`);
    return "was created";
  }
}

/** The link to the run, at the end: it alone is no reason to write the comment again. */
const FOOTER = /\n\n<sub>Of \[run \d+\]\(\S+\)\.<\/sub>\s*$/;

/** @returns the error if GitHub may have carried out the request all the same */
async function unlessLost(request: () => Promise<unknown>): Promise<GitHubError | undefined> {
  try {
    await request();
    return undefined;
  } catch (error) {
    if (!(error instanceof GitHubError) || (error.httpStatus !== undefined && error.httpStatus < 500)) throw error;
    return error;
  }
}
