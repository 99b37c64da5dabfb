/** GitHub as a job sees it: the OIDC provider and the issues of one repository. Times are simulated milliseconds since the epoch. */

/** The token that the runner puts in place of `${{ github.token }}`. */
export const JOB_TOKEN = "ghs_simulatedJobToken0000000000000000";

export interface IssueComment {
  /** Unique in the repository, and ascending. */
  id: number;
  author: string;
  body: string;
  createdAt: number;
}

export interface Issue {
  number: number;
  title: string;
  body: string;
  state: "open" | "closed";
  stateReason: "completed" | "not_planned" | "duplicate" | "reopened" | null;
  author: string;
  labels: string[];
  /** Whether the conversation is locked: it takes no comments. Everything else can still be changed. */
  locked: boolean;
  comments: IssueComment[];
  createdAt: number;
  updatedAt: number;
  /** GitHub lists pull requests among the issues. */
  isPullRequest: boolean;
}

/** A token of the API and its owner. An installation (an app, GitHub Actions among them) is not a user. */
export interface ApiToken {
  token: string;
  login: string;
  kind: "installation" | "user";
}

/** A permission of a job. */
export type Permission = "write" | "read" | "none";

/** The state of GitHub's API. */
export interface GitHubApi {
  apiTokens: ApiToken[];
  /** Whether GraphQL answers who owns a token; some Enterprise Servers block it. */
  graphql: boolean;
  issues: Issue[];
  issuesEnabled: boolean;
  /** The job's permission for issues (`permissions: issues:`). */
  issuesPermission: Permission;
  /** The job's permission for pull requests (`permissions: pull-requests:`). */
  pullRequestsPermission: Permission;
  /** Whether the token may set labels. Where it may not, GitHub drops the labels of new issues without an error. */
  mayLabel: boolean;
  /** The secondary rate limit: requests that create content, per minute. More are answered 403 with retry-after. */
  contentPerMinute: number;
  /** When content was created. */
  contentMadeAt: number[];
  /** The primary rate limit: requests left in the hour that starts with the world. */
  requestsLeft: number;
  /** The values of `state_reason` that this GitHub accepts; an older Enterprise Server lacks `duplicate`. */
  stateReasons: string[];
}

export interface GitHub extends GitHubApi {
  repository: string;
  /** The `sub` claim of this job's tokens. */
  subject: string;
  /** The bearer token of the job (ACTIONS_ID_TOKEN_REQUEST_TOKEN). */
  requestToken: string;
  /** Whether the job has `permissions: id-token: write`; without it the environment lacks the token endpoint. */
  idTokenPermission: boolean;
  /** Lifetime of an OIDC token, seconds. */
  tokenLifetime: number;
}

/** An open pull request, which is an issue to most of the API. */
export function pullRequest(number: number, author: string, createdAt: number): Issue {
  return { number, title: "Change the cluster", body: "", state: "open", stateReason: null, author, labels: [], locked: false, comments: [], createdAt, updatedAt: createdAt, isPullRequest: true };
}

/** GitHub's API without any issues, with the job's own token. */
export function emptyGitHubApi(): GitHubApi {
  return {
    apiTokens: [{ token: JOB_TOKEN, login: "github-actions[bot]", kind: "installation" }],
    graphql: true,
    issues: [],
    issuesEnabled: true,
    issuesPermission: "write",
    pullRequestsPermission: "write",
    mayLabel: true,
    contentPerMinute: 80,
    contentMadeAt: [],
    requestsLeft: 1000,
    stateReasons: ["completed", "not_planned", "duplicate", "reopened"],
  };
}
