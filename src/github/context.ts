/** The workflow run that the action is a step of, from the context of `@actions/github`. */
import type * as ActionsGitHub from "@actions/github";
import { messageOf } from "../lib/errors.ts";
import { GitHubError } from "./github-error.ts";

/** A link to a workflow run; both are empty if there is no URL that is safe in Markdown. */
export interface RunReference {
  /** `https://github.com/contoso/platform/actions/runs/42`. */
  readonly url: string;
  readonly id: string;
}

/** Where a workflow runs, on github.com or on a GitHub Enterprise Server. */
export interface Workflow {
  /** `https://api.github.com`. Not validated: `createOctokit` does. */
  readonly apiUrl: string;
  readonly repository: { readonly owner: string; readonly repo: string };
  readonly run: RunReference;
}

const RUN_URL = /^https?:\/\/[\w.:-]+(?:\/[\w.-]+)*\/[\w.-]+\/[\w.-]+\/actions\/runs\/\d+$/;

/**
 * Validates a context.
 *
 * @throws Error if it has no repository
 */
export function workflowOf(context: Pick<typeof ActionsGitHub.context, "apiUrl" | "serverUrl" | "runId" | "repo">): Workflow {
  const { owner, repo } = context.repo;
  const name = [owner, repo].join("/");
  if (!/^[\w.-]+\/[\w.-]+$/.test(name)) throw new GitHubError("there is no repository", "GITHUB_REPOSITORY names it in a workflow.");
  const id = String(context.runId);
  const url = `${context.serverUrl.replace(/\/+$/, "")}/${name}/actions/runs/${id}`;
  return { apiUrl: context.apiUrl.trim() || "https://api.github.com", repository: { owner, repo }, run: RUN_URL.test(url) ? { url, id } : { url: "", id: "" } };
}

/**
 * Loads `@actions/github` when it is needed. While it is loaded, it parses the event file, the API's URL and the proxy settings.
 *
 * @throws GitHubError if one of these is malformed
 */
export async function loadActionsGitHub(): Promise<typeof ActionsGitHub> {
  try {
    return await import("@actions/github");
  } catch (error) {
    throw new GitHubError(`@actions/github could not be loaded: ${messageOf(error)}`, "Check the file that GITHUB_EVENT_PATH names, GITHUB_API_URL, and the proxy settings.");
  }
}

/** Reads the workflow run from the runner's environment. Rejects as the two functions above throw. */
export async function loadWorkflow(): Promise<Workflow> {
  return workflowOf((await loadActionsGitHub()).context);
}
