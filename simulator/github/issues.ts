/** GitHub's API for the issues of one repository, and the conversations of its pull requests: lists, changes, comments, labels, and rate limits. */
import { type Handler, type Reply, type SimulatedRequest } from "../lib/http.ts";
import { isObject, type Json, type JsonObject, textAt } from "../lib/json.ts";
import type { ApiToken, Issue, IssueComment } from "../world/github.ts";
import type { World } from "../world/world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const MAX_BODY = 65_536;
const MAX_COMMENTS = 2500;

/** GitHub's API at the root, and below /api/v3 as on an Enterprise Server. */
export function createIssuesApi(world: World, origin: () => string): Handler {
  return (request) => {
    const path = request.path.replace(/^\/api\/v3(?=\/)/, "").replace(/^\/api(?=\/graphql$)/, "");
    const caller = world.github.apiTokens.find(({ token }) => token === apiToken(request));
    if (caller === undefined) return refused(401, "Bad credentials");
    const limited = rateLimited(world, request);
    if (limited !== undefined) return limited;
    if (path === "/graphql") return viewer(world, caller);
    if (path === "/user") return caller.kind === "user" ? { status: 200, body: { login: caller.login, type: "User" } } : refused(403, "Resource not accessible by integration");
    const prefix = `/repos/${world.github.repository}/issues`;
    if (path !== prefix && !path.startsWith(`${prefix}/`)) return refused(404, "Not Found");
    const parts = path.slice(prefix.length).split("/").slice(1);
    const subject = subjectOf(world, parts);
    const isPullRequest = subject?.isPullRequest === true;
    // What is not there is answered 404 with either permission.
    if (!isPermitted(world.github, request.method, isPullRequest || (parts.length > 0 && subject === undefined))) return refused(403, `Resource not accessible by ${caller.kind === "user" ? "personal access token" : "integration"}`);
    if (!world.github.issuesEnabled && !isPullRequest) return refused(410, "Issues has been disabled in this repository.");
    return issues({ world, request, caller, origin: origin() }, parts);
  };
}

/** The issue or pull request that a path is about; undefined for lists, and where there is none. */
function subjectOf({ github }: World, [number, part]: readonly string[]): Issue | undefined {
  if (number !== "comments") return github.issues.find((issue) => String(issue.number) === number);
  return github.issues.find(({ comments }) => comments.some(({ id }) => String(id) === part));
}

/** Whether the job may send the request. A conversation of a pull request takes either permission. */
function isPermitted({ issuesPermission, pullRequestsPermission }: World["github"], method: string, takesEither: boolean): boolean {
  const granted = takesEither ? [issuesPermission, pullRequestsPermission] : [issuesPermission];
  return granted.includes("write") || (method === "GET" && granted.includes("read"));
}

interface Call {
  readonly world: World;
  readonly request: SimulatedRequest;
  readonly caller: ApiToken;
  readonly origin: string;
}

function issues(call: Call, [number, part, label]: readonly string[]): Reply {
  const { world, request } = call;
  const { method, at } = request;
  if (number === undefined) return method === "GET" ? listIssues(call) : method === "POST" ? createIssue(call) : refused(404, "Not Found");
  const issue = subjectOf(world, [number, part ?? ""]);
  if (issue === undefined) return refused(404, "Not Found");
  if (number === "comments") return method === "DELETE" ? deleteComment(issue, part ?? "") : method === "PATCH" ? updateComment(call, issue, part ?? "") : refused(404, "Not Found");
  if (part === undefined && method === "GET") return { status: 200, body: issueBody(issue) };
  if (part === "comments" && method === "GET") return pageOf(call, issue.comments.map(commentBody));
  if (part === "comments" && method === "POST") return createComment(call, issue);
  issue.updatedAt = at;
  if (part === undefined && method === "PATCH") return updateIssue(call, issue);
  if (part === "labels" && method === "POST") {
    issue.labels.push(...labelsIn(request.body).filter((name) => !issue.labels.includes(name)));
    return { status: 200, body: issue.labels.map((name) => ({ name })) };
  }
  if (part === "labels" && method === "DELETE" && label !== undefined) {
    if (!issue.labels.includes(label)) return refused(404, "Label does not exist");
    issue.labels = issue.labels.filter((name) => name !== label);
    return { status: 200, body: issue.labels.map((name) => ({ name })) };
  }
  return refused(404, "Not Found");
}

/** The refusals are GitHub's for a token that may write issues but is no collaborator's, as that of a job. */
function createComment({ world, request, caller }: Call, issue: Issue): Reply {
  if (issue.locked) return refused(403, "Unable to create comment because issue is locked.");
  if (issue.comments.length >= MAX_COMMENTS) return refused(403, "Commenting is disabled on issues with more than 2500 comments");
  const body = textAt(request.body, "body") ?? "";
  if (body === "" || body.length > MAX_BODY) return refused(422, "Validation Failed");
  const id = Math.max(0, ...world.github.issues.flatMap(({ comments }) => comments.map((comment) => comment.id))) + 1;
  const comment = { id, author: caller.login, body, createdAt: request.at };
  issue.comments.push(comment);
  issue.updatedAt = request.at;
  return { status: 201, body: commentBody(comment) };
}

function deleteComment(issue: Issue, id: string): Reply {
  issue.comments = issue.comments.filter((comment) => String(comment.id) !== id);
  return { status: 204, body: undefined };
}

/** Only the author may, and whoever may write the repository's contents, which a job's token may not by default. */
function updateComment({ request, caller }: Call, issue: Issue, id: string): Reply {
  const comment = issue.comments.find((candidate) => String(candidate.id) === id);
  if (comment === undefined) return refused(404, "Not Found");
  if (comment.author !== caller.login) return refused(403, "Must have admin rights to Repository.");
  const body = textAt(request.body, "body") ?? "";
  if (body === "" || body.length > MAX_BODY) return refused(422, "Validation Failed");
  comment.body = body;
  return { status: 200, body: commentBody(comment) };
}

function commentBody({ id, author, body, createdAt }: IssueComment): JsonObject {
  return { id, body, user: { login: author }, created_at: new Date(createdAt).toISOString() };
}

function listIssues(call: Call): Reply {
  const { world, request } = call;
  const { query } = request;
  const state = query.get("state") ?? "open";
  const labels = (query.get("labels") ?? "").split(",").filter((name) => name !== "");
  const creator = query.get("creator")?.toLowerCase();
  const order = (query.get("direction") ?? "desc") === "asc" ? 1 : -1;
  const key = query.get("sort") === "updated" ? "updatedAt" : "createdAt";
  const all = world.github.issues
    .filter((issue) => state === "all" || issue.state === state)
    .filter((issue) => labels.every((name) => issue.labels.includes(name)))
    .filter((issue) => creator === undefined || issue.author.toLowerCase() === creator)
    .sort((one, other) => order * (one[key] - other[key] || one.number - other.number));
  return pageOf(call, all.map(issueBody));
}

/** The page of a list that the query asks for, with links to the others. */
function pageOf({ request, origin }: Call, all: readonly JsonObject[]): Reply {
  const { query } = request;
  const size = Math.min(100, Math.max(1, Number(query.get("per_page") ?? 30)));
  const page = Math.max(1, Number(query.get("page") ?? 1));
  const last = Math.max(1, Math.ceil(all.length / size));
  const link = (to: number, rel: string): string => {
    const next = new URLSearchParams(query);
    next.set("page", String(to));
    return `<${origin}${request.path}?${next.toString()}>; rel="${rel}"`;
  };
  const links = [...(page > 1 ? [link(page - 1, "prev")] : []), ...(page < last ? [link(page + 1, "next"), link(last, "last")] : [])];
  return {
    status: 200,
    ...(links.length === 0 ? {} : { headers: { link: links.join(", ") } }),
    body: all.slice((page - 1) * size, page * size),
  };
}

function createIssue({ world, request, caller }: Call): Reply {
  const { body, at } = request;
  const title = textAt(body, "title") ?? "";
  const text = textAt(body, "body") ?? "";
  if (title === "" || title.length > 256 || text.length > MAX_BODY) return refused(422, "Validation Failed");
  const number = Math.max(0, ...world.github.issues.map((issue) => issue.number)) + 1;
  const labels = world.github.mayLabel ? labelsIn(body) : [];
  const issue: Issue = { number, title, body: text, state: "open", stateReason: null, author: caller.login, labels, locked: false, comments: [], createdAt: at, updatedAt: at, isPullRequest: false };
  world.github.issues.push(issue);
  return { status: 201, body: issueBody(issue) };
}

function updateIssue({ world, request }: Call, issue: Issue): Reply {
  const { body } = request;
  const reason = textAt(body, "state_reason");
  if (reason !== undefined && !world.github.stateReasons.includes(reason)) return refused(422, "Validation Failed");
  const text = textAt(body, "body") ?? issue.body;
  if (text.length > MAX_BODY) return refused(422, "Validation Failed");
  issue.title = textAt(body, "title") ?? issue.title;
  issue.body = text;
  const state = textAt(body, "state");
  if (state === "open" && issue.state === "closed") Object.assign(issue, { state, stateReason: "reopened" });
  // Without a reason, an issue that is closed already keeps its own.
  if (state === "closed") Object.assign(issue, { state, stateReason: reason ?? (issue.state === "closed" ? issue.stateReason : "completed") });
  return { status: 200, body: issueBody(issue) };
}

/** An issue as the API returns it. */
function issueBody(issue: Issue): JsonObject {
  const { number, title, body, state, stateReason, author, labels, locked, comments, createdAt, updatedAt, isPullRequest } = issue;
  return {
    number,
    title,
    body,
    state,
    state_reason: stateReason,
    user: { login: author, type: author.endsWith("[bot]") ? "Bot" : "User" },
    labels: labels.map((name) => ({ name })),
    locked,
    comments: comments.length,
    created_at: new Date(createdAt).toISOString(),
    updated_at: new Date(updatedAt).toISOString(),
    ...(isPullRequest ? { pull_request: { url: `https://api.github.com/pulls/${String(number)}` } } : {}),
  };
}

function viewer(world: World, { login }: ApiToken): Reply {
  return world.github.graphql ? { status: 200, body: { data: { viewer: { login } } } } : refused(403, "Resource not accessible by integration");
}

/** The answer where a rate limit is reached; undefined where it is not. Counts the request. */
function rateLimited(world: World, { method, path, at }: SimulatedRequest): Reply | undefined {
  const { github, startedAt } = world;
  const reset = Math.ceil((startedAt + HOUR) / 1000);
  if (github.requestsLeft <= 0) {
    return refused(403, "API rate limit exceeded for installation.", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(reset) });
  }
  github.requestsLeft -= 1;
  if (method !== "POST" || path.endsWith("/graphql")) return undefined;
  github.contentMadeAt = github.contentMadeAt.filter((then) => then > at - MINUTE);
  const [oldest = at] = github.contentMadeAt;
  if (github.contentMadeAt.length >= github.contentPerMinute) {
    const seconds = Math.ceil((oldest + MINUTE - at) / 1000);
    return refused(403, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.", { "retry-after": String(seconds) });
  }
  github.contentMadeAt.push(at);
  return undefined;
}

/** GitHub's API takes both schemes; Octokit sends `token`. */
function apiToken({ headers }: SimulatedRequest): string | undefined {
  return /^(?:bearer|token) (\S+)$/i.exec(headers.authorization ?? "")?.[1];
}

/** The names in a body's `labels`. */
function labelsIn(body: Json | undefined): string[] {
  const labels = isObject(body) ? body["labels"] : undefined;
  return Array.isArray(labels) ? labels.filter((label) => typeof label === "string") : [];
}

function refused(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers, body: { message, documentation_url: "https://docs.github.com/rest", status: String(status) } };
}
