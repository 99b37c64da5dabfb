/** The issues of one repository, with the operations that drift issues need. */
import { arrayAt, at, numberAt, textAt } from "../../lib/json.ts";
import type { Workflow } from "../context.ts";
import { during, GitHubError } from "../github-error.ts";
import { type Octokit, REPEATABLE } from "../octokit.ts";

export interface Issue {
  readonly number: number;
  /** Why it was closed: `completed`, `not_planned`, `duplicate`; empty if unknown. */
  readonly reason: string;
  readonly author: string;
  readonly body: string;
  readonly labels: readonly string[];
}

/** A comment on an issue. */
export interface Comment {
  readonly id: number;
  readonly author: string;
  readonly body: string;
}

/** The properties to change; those left out stay. */
export interface IssueChange {
  readonly title?: string;
  readonly body?: string;
  readonly state?: "open" | "closed";
  readonly reason?: "completed" | "not_planned" | "duplicate";
}

/** Every method rejects with a {@link GitHubError} if GitHub refuses. */
export interface IssueTracker {
  /** The login that issues of this token carry. */
  identity(): Promise<string>;
  /** The issues with a label that a login created, oldest first, without pull requests. */
  list(state: "open" | "closed", label: string, creator: string): Promise<readonly Issue[]>;
  create(issue: { readonly title: string; readonly body: string; readonly labels: readonly string[] }): Promise<Issue>;
  update(number: number, change: IssueChange): Promise<void>;
  /** @returns the ID of the new comment */
  comment(number: number, body: string): Promise<number>;
  /** The comments on an issue, oldest first. */
  comments(number: number): Promise<readonly Comment[]>;
  deleteComment(id: number): Promise<void>;
  addLabel(number: number, label: string): Promise<void>;
  /** Does nothing if the issue does not have the label. */
  removeLabel(number: number, label: string): Promise<void>;
}

/** The identity of a job's own token (`github.token`). */
const JOB_IDENTITY = "github-actions[bot]";

const PAGE = 100;
const MAX_ITEMS = 10_000;

/** The issues of a repository on GitHub. */
export function issuesOn(octokit: Octokit, repository: Workflow["repository"]): IssueTracker {
  const { issues, users } = octokit.rest;
  return {
    // `GET /user` refuses installation tokens, GITHUB_TOKEN and those of other apps alike, and no REST call tells them apart. GraphQL's
    // `viewer` answers for all tokens, with the suffix `[bot]` for apps. If neither answers, the token is taken for the job's own: then
    // the issues of another app are not found.
    async identity() {
      const viewer = await unlessRefused(() => octokit.graphql<unknown>("query { viewer { login } }", { request: REPEATABLE }));
      const login = textAt(viewer, "viewer", "login");
      if (login !== "") return login;
      const user = await unlessRefused(() => users.getAuthenticated());
      return textAt(user?.data, "login") || JOB_IDENTITY;
    },

    list: (state, label, creator) =>
      during("listing the issues", async () => {
        const query = { ...repository, creator, state, labels: label, sort: "created", direction: "asc", per_page: PAGE } as const;
        const tooMany = (): GitHubError => new GitHubError(`more than ${String(MAX_ITEMS)} issues have the label ${label}`, "Take the label off old issues.");
        const items = await allOf(octokit.paginate.iterator(issues.listForRepo, query), tooMany);
        return items.filter((item) => at(item, "pull_request") === undefined).map(issueOf);
      }),

    create: ({ title, body, labels }) =>
      during("making the issue", async () => {
        const issue = issueOf((await issues.create({ ...repository, title, body, labels: [...labels] })).data);
        if (issue.number === 0) throw unexpectedBody();
        return issue;
      }),

    async update(issue_number, { reason, ...change }) {
      const operation = change.state === undefined ? "updating the issue" : change.state === "open" ? "reopening the issue" : "closing the issue";
      const patch = (state_reason: IssueChange["reason"]): Promise<unknown> =>
        during(operation, () => issues.update({ ...repository, issue_number, ...change, ...(state_reason === undefined ? {} : { state_reason }) }));
      try {
        await patch(reason);
      } catch (error) {
        // Older versions of GitHub Enterprise Server do not know the reason `duplicate`.
        if (reason !== "duplicate" || !(error instanceof GitHubError) || error.status !== 422) throw error;
        await patch("not_planned");
      }
    },

    comment: (issue_number, body) =>
      during("commenting on the issue", async () => {
        const { id } = commentOf((await issues.createComment({ ...repository, issue_number, body })).data);
        if (id === 0) throw unexpectedBody();
        return id;
      }),

    comments: (issue_number) =>
      during("reading the comments of the issue", async () => {
        const tooMany = (): GitHubError => new GitHubError(`the issue has more than ${String(MAX_ITEMS)} comments`, "Close it; the next drift gets a new issue once its label is removed.");
        return (await allOf(octokit.paginate.iterator(issues.listComments, { ...repository, issue_number, per_page: PAGE }), tooMany)).map(commentOf);
      }),

    async deleteComment(comment_id) {
      await during("deleting a comment of the issue", () => issues.deleteComment({ ...repository, comment_id }));
    },

    async addLabel(issue_number, label) {
      await during("labelling the issue", () => issues.addLabels({ ...repository, issue_number, labels: [label], request: REPEATABLE }));
    },

    async removeLabel(issue_number, label) {
      try {
        await during("removing a label of the issue", () => issues.removeLabel({ ...repository, issue_number, name: label }));
      } catch (error) {
        if (!(error instanceof GitHubError) || error.status !== 404) throw error;
      }
    },
  };
}

/** The items of all pages of a list. @param tooMany the error for more than {@link MAX_ITEMS} */
async function allOf(pages: AsyncIterable<{ readonly data: unknown }>, tooMany: () => GitHubError): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  for await (const { data } of pages) {
    if (!Array.isArray(data)) throw unexpectedBody();
    if (items.length >= MAX_ITEMS) throw tooMany();
    const page: readonly unknown[] = data;
    items.push(...page);
  }
  return items;
}

/** Undefined if GitHub refuses to name the token's owner. Rejects if the token is invalid or limited. */
async function unlessRefused<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await during("reading the token's owner", call);
  } catch (error) {
    const isRefused = error instanceof GitHubError ? error.retryAfterMs === undefined && (error.status === 403 || error.status === 404) : error instanceof Error && error.name === "GraphqlResponseError";
    if (!isRefused) throw error;
    return undefined;
  }
}

/** Octokit's types are GitHub's promise: what a proxy put into the body instead reads as absent. */
function issueOf(item: unknown): Issue {
  return {
    number: numberAt(item, "number") ?? 0,
    reason: textAt(item, "state_reason"),
    author: textAt(item, "user", "login"),
    body: textAt(item, "body"),
    labels: arrayAt(item, "labels").map((label) => (typeof label === "string" ? label : textAt(label, "name"))),
  };
}

function commentOf(item: unknown): Comment {
  return { id: numberAt(item, "id") ?? 0, author: textAt(item, "user", "login"), body: textAt(item, "body") };
}

function unexpectedBody(): GitHubError {
  return new GitHubError("the response is not what GitHub's API sends", "Check GITHUB_API_URL.");
}
