/** The issues of one repository, as far as drift issues need them. */
import type { ApiAnswer, GitHubApi } from "./api.ts";
import { GitHubError } from "./api.ts";

export interface Issue {
  readonly number: number;
  readonly isOpen: boolean;
  /** Why it was closed: `completed`, `not_planned`, `duplicate`; empty where nobody said. */
  readonly reason: string;
  readonly author: string;
  readonly body: string;
  readonly labels: readonly string[];
}

/** What may be changed of an issue; what is left out stays. */
export interface IssueChange {
  readonly title?: string;
  readonly body?: string;
  readonly state?: "open" | "closed";
  readonly reason?: "completed" | "not_planned" | "duplicate";
}

/** Every method throws a {@link GitHubError} where GitHub refuses. */
export interface IssueTracker {
  /** Who the token acts as: the login that its issues carry. */
  identity(): Promise<string>;
  /** The issues with a label that a login made, oldest first, without pull requests. */
  list(state: "open" | "closed", label: string, creator: string): Promise<readonly Issue[]>;
  create(issue: { readonly title: string; readonly body: string; readonly labels: readonly string[] }): Promise<Issue>;
  update(number: number, change: IssueChange): Promise<void>;
  comment(number: number, body: string): Promise<void>;
  addLabel(number: number, label: string): Promise<void>;
  /** Does nothing where the issue has no such label. */
  removeLabel(number: number, label: string): Promise<void>;
}

/** The identity of a job's own token (`github.token`). */
const JOB_IDENTITY = "github-actions[bot]";

/** A thousand clusters make ten pages. */
const MAX_PAGES = 100;

export class GitHubIssues implements IssueTracker {
  readonly #api: GitHubApi;
  readonly #issues: string;

  /** @param repository `owner/name` */
  constructor(api: GitHubApi, repository: string) {
    this.#api = api;
    this.#issues = `${api.url}/repos/${repository}/issues`;
  }

  /**
   * `GET /user` refuses installation tokens, GITHUB_TOKEN and those of other apps alike, and no REST call tells them apart; GraphQL's
   * `viewer` answers all of them, with the `[bot]` at the end. Where neither answers, the token is taken for the job's own: then
   * issues of another app are not found again, and {@link listOrNone} finds none.
   */
  async identity(): Promise<string> {
    const graphql = `${this.#api.url.replace(/\/v3$/, "")}/graphql`;
    const viewer = await this.#ask({ doing: "asking who the token is", method: "POST", url: graphql, body: { query: "query { viewer { login } }" }, resendable: true });
    const login = textIn(fieldsIn(fieldsIn(fields(viewer?.body), "data"), "viewer"), "login");
    if (login !== "") return login;
    const user = await this.#ask({ doing: "asking who the token is", method: "GET", url: `${this.#api.url}/user` });
    return textIn(fields(user?.body), "login") || JOB_IDENTITY;
  }

  async list(state: "open" | "closed", label: string, creator: string): Promise<readonly Issue[]> {
    const query = new URLSearchParams({ creator, state, labels: label, sort: "created", direction: "asc", per_page: "100" });
    const found: Issue[] = [];
    let url: string | undefined = `${this.#issues}?${query.toString()}`;
    for (let page = 0; url !== undefined; page += 1) {
      if (page === MAX_PAGES) throw new GitHubError(`listing the issues: more than ${String(MAX_PAGES)} pages have the label ${label}`, "Take the label off old issues.");
      const answer: ApiAnswer = await this.#api.send({ doing: "listing the issues", method: "GET", url });
      if (!Array.isArray(answer.body)) throw notGitHub("listing the issues");
      const items: readonly unknown[] = answer.body;
      found.push(...items.map(fields).filter((item) => item["pull_request"] === undefined).map(issueIn));
      url = answer.next;
    }
    return found;
  }

  async create(issue: { readonly title: string; readonly body: string; readonly labels: readonly string[] }): Promise<Issue> {
    const doing = "making the issue";
    const made = issueIn(fields((await this.#api.send({ doing, method: "POST", url: this.#issues, body: issue })).body));
    if (made.number === 0) throw notGitHub(doing);
    return made;
  }

  async update(number: number, { reason, ...change }: IssueChange): Promise<void> {
    const doing = change.state === undefined ? "updating the issue" : change.state === "open" ? "reopening the issue" : "closing the issue";
    const patch = (state_reason: string | undefined): Promise<ApiAnswer> =>
      this.#api.send({ doing, method: "PATCH", url: this.#url(number), body: { ...change, ...(state_reason === undefined ? {} : { state_reason }) } });
    try {
      await patch(reason);
    } catch (error) {
      // An older GitHub Enterprise Server knows no duplicates.
      if (reason !== "duplicate" || !(error instanceof GitHubError) || error.status !== 422) throw error;
      await patch("not_planned");
    }
  }

  async comment(number: number, body: string): Promise<void> {
    await this.#api.send({ doing: "commenting on the issue", method: "POST", url: `${this.#url(number)}/comments`, body: { body } });
  }

  async addLabel(number: number, label: string): Promise<void> {
    await this.#api.send({ doing: "labelling the issue", method: "POST", url: `${this.#url(number)}/labels`, body: { labels: [label] }, resendable: true });
  }

  async removeLabel(number: number, label: string): Promise<void> {
    try {
      await this.#api.send({ doing: "taking a label off the issue", method: "DELETE", url: `${this.#url(number)}/labels/${encodeURIComponent(label)}` });
    } catch (error) {
      if (!(error instanceof GitHubError) || error.status !== 404) throw error;
    }
  }

  #url(number: number): string {
    return `${this.#issues}/${String(number)}`;
  }

  /** Undefined where GitHub refuses to say; a token that is no good, or a limit, is told. */
  async #ask(request: Parameters<GitHubApi["send"]>[0]): Promise<ApiAnswer | undefined> {
    try {
      return await this.#api.send(request);
    } catch (error) {
      const refused = error instanceof GitHubError && !error.limited && (error.status === 403 || error.status === 404);
      if (!refused) throw error;
      return undefined;
    }
  }
}

function issueIn(item: Record<string, unknown>): Issue {
  const labels: readonly unknown[] = Array.isArray(item["labels"]) ? item["labels"] : [];
  return {
    number: typeof item["number"] === "number" ? item["number"] : 0,
    isOpen: item["state"] === "open",
    reason: textIn(item, "state_reason"),
    author: textIn(fieldsIn(item, "user"), "login"),
    body: textIn(item, "body"),
    labels: labels.map((label) => (typeof label === "string" ? label : textIn(fields(label), "name"))),
  };
}

function notGitHub(doing: string): GitHubError {
  return new GitHubError(`${doing}: what came back is nothing that GitHub would say`, "Check GITHUB_API_URL.");
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function fieldsIn(value: Record<string, unknown>, key: string): Record<string, unknown> {
  return fields(value[key]);
}

function textIn(value: Record<string, unknown>, key: string): string {
  const text = value[key];
  return typeof text === "string" ? text : "";
}
