/** The pull request that a workflow run is about. */
import type * as ActionsGitHub from "@actions/github";
import { at, numberAt, textAt } from "../lib/json.ts";

/** A pull request, as the event that started the run describes it. */
export interface PullRequest {
  readonly number: number;
  readonly isClosed: boolean;
  /** Whether the run's token may only read: GitHub gives runs for pull requests from forks no other. */
  readonly isReadOnly: boolean;
}

/** The pull request of an event about one, or about a comment on one; undefined for others, such as `push`. The payload may have any shape. */
export function pullRequestOf({ eventName, payload }: Pick<typeof ActionsGitHub.context, "eventName" | "payload">): PullRequest | undefined {
  const isOfIssue = at(payload, "issue", "pull_request") !== undefined;
  const subject = isOfIssue ? at(payload, "issue") : at(payload, "pull_request");
  const number = numberAt(subject, "number");
  if (number === undefined || !Number.isSafeInteger(number) || number < 1) return undefined;
  // The head's repository is null where the fork was deleted. Events of an issue do not name it; their token is that of the repository.
  const isFromFork = !isOfIssue && textAt(subject, "head", "repo", "full_name") !== textAt(subject, "base", "repo", "full_name");
  return { number, isClosed: textAt(subject, "state") === "closed", isReadOnly: isFromFork && eventName !== "pull_request_target" };
}
