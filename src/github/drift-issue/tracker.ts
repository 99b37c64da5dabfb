/** The issues of one repository, with the operations that drift issues need. */
import { arrayAt, at, numberAt, textAt } from "../../lib/json.ts";
import type { Workflow } from "../context.ts";
import { during, GitHubError } from "../github-error.ts";
import { type Octokit, REPEATABLE } from "../octokit.ts";

export interface Issue {
  readonly number: number;
  readonly isOpen: boolean;
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
  comment(number: number, body: string): Promise<void>;
  addLabel(number: number, label: string): Promise<void>;
  /** Does nothing if the issue does not have the label. */
  removeLabel(number: number, label: string): Promise<void>;
}

/** The identity of a job's own token (`github.token`). */
const JOB_IDENTITY = "github-actions[bot]";

/** Of 100 issues each. A thousand clusters make ten pages. */
const MAX_PAGES = 100;

export class GitHubIssues implements IssueTracker {
  readonly #octokit: Octokit;
  readonly #repository: Workflow["repository"];

  constructor(octokit: Octokit, repository: Workflow["repository"]) {
    this.#octokit = octokit;
    this.#repository = repository;
  }

  /**
   * `GET /user` refuses installation tokens, GITHUB_TOKEN and those of other apps alike, and no REST call tells them apart. GraphQL's
   * `viewer` answers for all tokens, with the suffix `[bot]` for apps. If neither answers, the token is taken for the job's own: then
   * {@link list} does not find the issues of another app.
   */
  async identity(): Promise<string> {
    const viewer = await this.#unlessRefused(this.#octokit.graphql<unknown>("query { viewer { login } }", { request: REPEATABLE }));
    const login = textAt(viewer, "viewer", "login");
    if (login !== "") return login;
    const user = await this.#unlessRefused(this.#octokit.rest.users.getAuthenticated());
    return textAt(user?.data, "login") || JOB_IDENTITY;
  }

  list(state: "open" | "closed", label: string, creator: string): Promise<readonly Issue[]> {
    return during("listing the issues", this.#list(state, label, creator));
  }

  async #list(state: "open" | "closed", label: string, creator: string): Promise<readonly Issue[]> {
    const { paginate, rest } = this.#octokit;
    const query = { creator, state, labels: label, sort: "created", direction: "asc", per_page: 100 } as const;
    const found: Issue[] = [];
    let pages = 0;
    for await (const { data } of paginate.iterator(rest.issues.listForRepo, { ...this.#repository, ...query })) {
      if (!Array.isArray(data)) throw unexpectedBody();
      const items: readonly unknown[] = data;
      found.push(...items.filter((item) => at(item, "pull_request") === undefined).map(issueOf));
      pages += 1;
      if (pages === MAX_PAGES) throw new GitHubError(`more than ${String(MAX_PAGES)} pages have the label ${label}`, "Take the label off old issues.");
    }
    return found;
  }

  async create({ title, body, labels }: { readonly title: string; readonly body: string; readonly labels: readonly string[] }): Promise<Issue> {
    const { data } = await during("making the issue", this.#octokit.rest.issues.create({ ...this.#repository, title, body, labels: [...labels] }));
    const issue = issueOf(data);
    if (issue.number === 0) throw unexpectedBody();
    return issue;
  }

  async update(number: number, { reason, ...change }: IssueChange): Promise<void> {
    const operation = change.state === undefined ? "updating the issue" : change.state === "open" ? "reopening the issue" : "closing the issue";
    const patch = (state_reason: IssueChange["reason"]): Promise<unknown> =>
      during(operation, this.#octokit.rest.issues.update({ ...this.#issue(number), ...change, ...(state_reason === undefined ? {} : { state_reason }) }));
    try {
      await patch(reason);
    } catch (error) {
      // Older versions of GitHub Enterprise Server do not know the reason `duplicate`.
      if (reason !== "duplicate" || !(error instanceof GitHubError) || error.status !== 422) throw error;
      await patch("not_planned");
    }
  }

  async comment(number: number, body: string): Promise<void> {
    await during("commenting on the issue", this.#octokit.rest.issues.createComment({ ...this.#issue(number), body }));
  }

  async addLabel(number: number, label: string): Promise<void> {
    await during("labelling the issue", this.#octokit.rest.issues.addLabels({ ...this.#issue(number), labels: [label], request: REPEATABLE }));
  }

  async removeLabel(number: number, label: string): Promise<void> {
    try {
      await during("removing a label of the issue", this.#octokit.rest.issues.removeLabel({ ...this.#issue(number), name: label }));
    } catch (error) {
      if (!(error instanceof GitHubError) || error.status !== 404) throw error;
    }
  }

  #issue(number: number): Workflow["repository"] & { readonly issue_number: number } {
    return { ...this.#repository, issue_number: number };
  }

  /** Undefined if GitHub refuses to name the token's owner. Rejects if the token is invalid or limited. */
  async #unlessRefused<T>(call: Promise<T>): Promise<T | undefined> {
    try {
      return await during("reading the token's owner", call);
    } catch (error) {
      const isRefused = error instanceof GitHubError ? !error.limited && (error.status === 403 || error.status === 404) : error instanceof Error && error.name === "GraphqlResponseError";
      if (!isRefused) throw error;
      return undefined;
    }
  }
}

/** Octokit's types are GitHub's promise: what a proxy put into the body instead reads as absent. */
function issueOf(item: unknown): Issue {
  return {
    number: numberAt(item, "number") ?? 0,
    isOpen: textAt(item, "state") === "open",
    reason: textAt(item, "state_reason"),
    author: textAt(item, "user", "login"),
    body: textAt(item, "body"),
    labels: arrayAt(item, "labels").map((label) => (typeof label === "string" ? label : textAt(label, "name"))),
  };
}

function unexpectedBody(): GitHubError {
  return new GitHubError("the response is not what GitHub's API sends", "Check GITHUB_API_URL.");
}
