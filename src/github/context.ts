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

const NAME = /^[\w.-]+$/;
const RUN_URL = /^https?:\/\/[\w.:-]+(?:\/[\w.-]+)*\/[\w.-]+\/[\w.-]+\/actions\/runs\/\d+$/;

/** What {@link workflowOf} reads of the context. */
type Context = Pick<typeof ActionsGitHub.context, "apiUrl" | "serverUrl" | "runId" | "repo">;

/**
 * Validates a context.
 *
 * @throws GitHubError if it names no repository
 */
export function workflowOf(context: Context): Workflow {
  const { owner, repo } = repositoryOf(context);
  const id = String(context.runId);
  const url = `${context.serverUrl.replace(/\/+$/, "")}/${owner}/${repo}/actions/runs/${id}`;
  return { apiUrl: context.apiUrl.trim() || "https://api.github.com", repository: { owner, repo }, run: RUN_URL.test(url) ? { url, id } : { url: "", id: "" } };
}

function repositoryOf(context: Context): Workflow["repository"] {
  const missing = (reason: string): GitHubError => new GitHubError(`there is no repository: ${reason}`, "GITHUB_REPOSITORY names it in a workflow.");
  let names: { readonly owner?: string; readonly repo?: string };
  try {
    names = context.repo;
  } catch (error) {
    throw missing(messageOf(error));
  }
  const { owner = "", repo = "" } = names;
  if (!NAME.test(owner) || !NAME.test(repo)) throw missing(`GITHUB_REPOSITORY is not owner/name`);
  return { owner, repo };
}

/**
 * Reads the workflow run from the runner's environment.
 *
 * @throws GitHubError if the environment cannot be read, or names no repository
 */
export async function loadWorkflow(): Promise<Workflow> {
  return workflowOf((await loadActionsGitHub()).context);
}

/**
 * Loads `@actions/github`, only when it is needed: it takes some milliseconds, and reads the event file and the proxy settings at once.
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
