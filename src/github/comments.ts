/** The comments in the conversation of an issue or a pull request. GitHub's API is the same for both. */
import { numberAt, textAt } from "../lib/json.ts";
import type { Workflow } from "./context.ts";
import { during, GitHubError } from "./github-error.ts";
import type { Octokit } from "./octokit.ts";
import { allOf, MAX_ITEMS, PAGE, unexpectedBody } from "./pages.ts";

/** UTF-16 units. GitHub refuses longer bodies, of issues as well. */
export const MAX_BODY = 65_536;

/** A comment. */
export interface Comment {
  readonly id: number;
  readonly author: string;
  readonly body: string;
}

/** Every method rejects with a {@link GitHubError} if GitHub refuses. */
export interface Comments {
  /** The comments of a conversation, oldest first. */
  list(number: number): Promise<readonly Comment[]>;
  /** @returns the ID of the new comment */
  create(number: number, body: string): Promise<number>;
  update(id: number, body: string): Promise<void>;
  /** Does nothing if there is no such comment, which an overlapping run may have deleted. */
  remove(id: number): Promise<void>;
}

/** The comments of a repository on GitHub. @param kind of conversation, for errors */
export function commentsOn(octokit: Octokit, repository: Workflow["repository"], kind: "issue" | "pull request"): Comments {
  const { issues } = octokit.rest;
  return {
    list: (issue_number) =>
      during(`reading the comments of the ${kind}`, async () => {
        const tooMany = (): GitHubError => new GitHubError(`the ${kind} has more than ${String(MAX_ITEMS)} comments`, "Close it, and go on in another one.");
        return (await allOf(octokit.paginate.iterator(issues.listComments, { ...repository, issue_number, per_page: PAGE }), tooMany)).map(commentOf);
      }),

    create: (issue_number, body) =>
      during(`commenting on the ${kind}`, async () => {
        const { id } = commentOf((await issues.createComment({ ...repository, issue_number, body })).data);
        if (id === 0) throw unexpectedBody();
        return id;
      }),

    async update(comment_id, body) {
      await during(`updating a comment of the ${kind}`, () => issues.updateComment({ ...repository, comment_id, body }));
    },

    async remove(comment_id) {
      try {
        await during(`deleting a comment of the ${kind}`, () => issues.deleteComment({ ...repository, comment_id }));
      } catch (error) {
        if (!(error instanceof GitHubError) || error.httpStatus !== 404) throw error;
      }
    },
  };
}

function commentOf(item: unknown): Comment {
  return { id: numberAt(item, "id") ?? 0, author: textAt(item, "user", "login"), body: textAt(item, "body") };
}
