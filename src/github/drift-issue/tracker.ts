/** The issues of one repository, with the operations that drift issues need. */
import { arrayAt, at, numberAt, textAt } from "../../lib/json.ts";
import { type Comment, commentsOn } from "../comments.ts";
import type { Workflow } from "../context.ts";
import { during, GitHubError } from "../github-error.ts";
import { type Octokit, REPEATABLE } from "../octokit.ts";
import { allOf, MAX_ITEMS, PAGE, unexpectedBody } from "../pages.ts";
import { tokenIdentity } from "../token-identity.ts";

export interface Issue {
  readonly number: number;
  /** Why it was closed: `completed`, `not_planned`, `duplicate`; empty if unknown. */
  readonly reason: string;
  readonly author: string;
  readonly body: string;
  readonly labels: readonly string[];
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

/** The issues of a repository on GitHub. */
export function issuesOn(octokit: Octokit, repository: Workflow["repository"]): IssueTracker {
  const { issues } = octokit.rest;
  const conversation = commentsOn(octokit, repository, "issue");
  return {
    identity: () => tokenIdentity(octokit),

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
        if (reason !== "duplicate" || !(error instanceof GitHubError) || error.httpStatus !== 422) throw error;
        await patch("not_planned");
      }
    },

    comment: (number, body) => conversation.create(number, body),
    comments: (number) => conversation.list(number),
    deleteComment: (id) => conversation.remove(id),

    async addLabel(issue_number, label) {
      await during("labelling the issue", () => issues.addLabels({ ...repository, issue_number, labels: [label], request: REPEATABLE }));
    },

    async removeLabel(issue_number, label) {
      try {
        await during("removing a label of the issue", () => issues.removeLabel({ ...repository, issue_number, name: label }));
      } catch (error) {
        if (!(error instanceof GitHubError) || error.httpStatus !== 404) throw error;
      }
    },
  };
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
