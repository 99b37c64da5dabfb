/** Posts the comments of drift issues, each once, however many runs find out the same at the same time. */
import type { Log } from "../../lib/log.ts";
import { GitHubError } from "../github-error.ts";
import type { IssueTracker } from "./tracker.ts";

/** Where comments are posted. */
export interface CommentContext {
  readonly tracker: IssueTracker;
  /** The login of the token: comments of others are not taken for own ones. */
  readonly identity: string;
  readonly log: Log;
}

/**
 * Posts a comment, unless this or another run has posted it already. A conversation that takes no comments, such as a locked one, is left
 * without. Any other failure rejects: the caller then leaves the issue as it is, and the next run finds and posts the same news.
 *
 * @param key identifies the news; hexadecimal digits
 */
export async function postOnce({ tracker, identity, log }: CommentContext, issue: number, key: string, text: string): Promise<void> {
  const mark = `<!-- istio-cni-aks-news ${key} -->`;
  const posted = async (): Promise<readonly number[]> => {
    const comments = await tracker.comments(issue);
    return comments.filter(({ author, body }) => author.toLowerCase() === identity.toLowerCase() && body.startsWith(mark)).map(({ id }) => id);
  };
  if ((await posted()).length > 0) return;
  const id = await unlessRefused(() => tracker.comment(issue, `${mark}\n${text}`), log);
  if (id === undefined) return;
  // An overlapping run may have posted the same comment. Both see the same IDs and keep the lowest.
  if (Math.min(id, ...(await posted())) < id) await tracker.deleteComment(id);
}

/** GitHub answers 403 where a conversation is locked or has 2,500 comments, and 410 or 422 for other states that last. */
const REFUSALS: readonly (number | undefined)[] = [403, 410, 422];

async function unlessRefused(comment: () => Promise<number>, log: Log): Promise<number | undefined> {
  try {
    return await comment();
  } catch (error) {
    if (!(error instanceof GitHubError) || error.retryAfterMs !== undefined || !REFUSALS.includes(error.httpStatus)) throw error;
    log.info(`no comment: ${error.message}`);
    return undefined;
  }
}
