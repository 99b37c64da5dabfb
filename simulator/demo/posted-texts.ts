/** What the simulated GitHub holds after a run: the texts that people would read there. */
import type { Issue } from "../world/github.ts";

export interface PostedText {
  /** For a file's name: `issue-1`, `pull-request-7-comment-1`. */
  readonly name: string;
  /** Plain text. */
  readonly title: string;
  readonly markdown: string;
}

/** The issues and all comments, those on pull requests as well. A pull request's own text is not the action's. */
export function postedTexts(issues: readonly Issue[]): PostedText[] {
  return issues.flatMap(({ number, title, body, state, labels, comments, isPullRequest }) => {
    const place = isPullRequest ? `pull-request-${number}` : `issue-${number}`;
    const labelled = labels.length === 0 ? "" : `, ${labels.join(", ")}`;
    const own = { name: place, title: `Issue #${number} (${state}${labelled}): ${title}`, markdown: body };
    const commented = comments.map((comment, index) => ({
      name: `${place}-comment-${index + 1}`,
      title: `Comment of ${comment.author} on ${isPullRequest ? "pull request" : "issue"} #${number}`,
      markdown: comment.body,
    }));
    return isPullRequest ? commented : [own, ...commented];
  });
}
