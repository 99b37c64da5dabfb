/** The pull request that a workflow run is about. */
import type * as ActionsGitHub from "@actions/github";
import { at, numberAt, textAt } from "../lib/json.ts";

/** The pull request of a run, if the run can write to it, or why not: a clause. */
export type PullRequest = { readonly kind: "writable"; readonly number: number } | { readonly kind: "unavailable"; readonly why: string };

/** The pull request of an event about one, or about a comment on one. The payload may have any shape. */
export function pullRequestOf({ eventName, payload }: Pick<typeof ActionsGitHub.context, "eventName" | "payload">): PullRequest {
  const isOfIssue = at(payload, "issue", "pull_request") !== undefined;
  const subject = isOfIssue ? at(payload, "issue") : at(payload, "pull_request");
  const number = numberAt(subject, "number");
  if (number === undefined || !Number.isSafeInteger(number) || number < 1) return unavailable(`this run is not about a pull request, but about the event ${eventName}`);
  // GitHub gives runs for forks a read-only token, except for pull_request_target. The head's repository is null where the fork was
  // deleted. Events of an issue do not name it; their token is that of the repository.
  const isFromFork = !isOfIssue && textAt(subject, "head", "repo", "full_name") !== textAt(subject, "base", "repo", "full_name");
  if (isFromFork && eventName !== "pull_request_target") return unavailable(`pull request #${String(number)} comes from a fork, for which GitHub gives runs a read-only token`);
  if (textAt(subject, "state") === "closed") return unavailable(`pull request #${String(number)} is closed`);
  return { kind: "writable", number };
}

function unavailable(why: string): PullRequest {
  return { kind: "unavailable", why };
}
