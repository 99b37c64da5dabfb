/** Octokit over the HTTP pipeline: retries, waits for rate limits, errors, and where the token goes. Responses come from a recorded client. */
import { createHttpHeaders, type HttpClient, type PipelineRequest, RestError } from "@azure/core-rest-pipeline";
import { describe, expect, it } from "vitest";
import { issuesOn } from "../../src/github/drift-issue/tracker.ts";
import { during, GitHubError } from "../../src/github/github-error.ts";
import { createOctokit, type Octokit, REPEATABLE } from "../../src/github/octokit.ts";
import { simulatedContext } from "../simulated-context.ts";

type Answer = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown } | "reset";

async function api(answers: readonly Answer[], { deadlineInMs = 180_000, url = "https://ghes.example/api/v3/" } = {}) {
  const { context, lines, stop } = simulatedContext({ deadlineInMs });
  const left = [...answers];
  const sent: PipelineRequest[] = [];
  const client: HttpClient = {
    sendRequest: (request) => {
      sent.push(request);
      const answer = left.shift() ?? { status: 200 };
      if (answer === "reset") return Promise.reject(new RestError("socket hang up", { code: "ECONNRESET", request }));
      const text = answer.body === "" ? "" : JSON.stringify(answer.body ?? {});
      return Promise.resolve({ request, status: answer.status, headers: createHttpHeaders(answer.headers ?? {}), bodyAsText: text });
    },
  };
  const { clock, signal, log } = context;
  const octokit = await createOctokit(url, "s3cret", { clock, log, signal, endsAt: context.deadlineAt }, client);
  return { octokit, issues: issuesOn(octokit, { owner: "o", repo: "r" }), sent, lines, stop, clock, start: clock.now() };
}

const read = (octokit: Octokit) => during("listing the issues", () => octokit.rest.issues.listForRepo({ owner: "o", repo: "r" }));
const write = (octokit: Octokit) => during("making the issue", () => octokit.rest.issues.create({ owner: "o", repo: "r", title: "t" }));

async function failure(sending: Promise<unknown>): Promise<GitHubError> {
  const error = await sending.then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(GitHubError);
  return error as GitHubError;
}

describe("the token", () => {
  it("goes to the API, and does not appear in the log", async () => {
    const { octokit, sent, lines } = await api(["reset"]);
    await read(octokit);
    expect(sent.map(({ url }) => url)).toEqual(Array(2).fill("https://ghes.example/api/v3/repos/o/r/issues"));
    expect(sent[1]?.headers.get("authorization")).toBe("token s3cret");
    expect(lines.join()).not.toContain("s3cret");
  });

  it("does not go to a next page at another origin", async () => {
    const { issues, sent } = await api([{ status: 200, headers: { link: '<https://evil.example/x?page=2>; rel="next"' }, body: [] }]);
    await expect(issues.list("open", "l", "me"), "half a list is none").rejects.toThrow("was not sent");
    expect(sent, "a page elsewhere is not asked for").toHaveLength(1);
  });
});

describe("a list", () => {
  it("is read page by page, with the version of the API", async () => {
    const next = '<https://ghes.example/api/v3/repositories/1/issues?page=2>; rel="next", <https://ghes.example/x>; rel="last"';
    const { issues, sent } = await api([{ status: 200, headers: { link: next }, body: [{ number: 1 }] }, { status: 200, body: [{ number: 2, pull_request: {} }, { number: 3 }] }]);
    expect((await issues.list("open", "l", "me")).map(({ number }) => number)).toEqual([1, 3]);
    expect(sent[1]?.url).toBe("https://ghes.example/api/v3/repositories/1/issues?page=2");
    expect(sent.map(({ headers }) => headers.get("x-github-api-version"))).toEqual(Array(2).fill("2022-11-28"));
  });

  it("is not empty where GitHub answers 409, also after a first page", async () => {
    const next = '<https://ghes.example/api/v3/repositories/1/issues?page=2>; rel="next"';
    for (const answers of [[{ status: 409 }], [{ status: 200, headers: { link: next }, body: [{ number: 1 }] }, { status: 409 }]]) {
      const { issues } = await api(answers);
      expect((await failure(issues.list("open", "l", "me"))).message).toMatch(/^listing the issues: .*409/);
    }
  });

  it.each([{}, null, "", "text"])("is none where the body is %j", async (body) => {
    const { issues } = await api([{ status: 200, body }]);
    expect((await failure(issues.list("open", "l", "me"))).message).toMatch(/^listing the issues: the response /);
  });
});

describe("the token's owner", () => {
  it.each([
    ["https://api.github.com", "https://api.github.com/graphql"],
    ["https://ghes.example/api/v3", "https://ghes.example/api/graphql"],
  ])("is read through GraphQL at %s", async (url, graphql) => {
    const { issues, sent } = await api(["reset", { status: 200, body: { data: { viewer: { login: "app[bot]" } } } }], { url });
    expect(await issues.identity()).toBe("app[bot]");
    expect(sent.map((request) => request.url), "a query may be sent again").toEqual([graphql, graphql]);
  });

  it.each(["octocat", "mona-lisa_contoso", "drift-bot[bot]"])("may have the name %s", async (login) => {
    const { issues } = await api([{ status: 200, body: { data: { viewer: { login } } } }]);
    expect(await issues.identity()).toBe(login);
  });

  it.each(["\ufffdgithub-actions[bot]", "a b", "<html>"])("is not known where its name is %j: what it has written would not be found", async (login) => {
    const { issues } = await api([{ status: 200, body: { data: { viewer: { login } } } }]);
    expect((await failure(issues.identity())).message).toBe("reading the token's owner: the response is not what GitHub's API sends");
  });

  it("is the job where neither GraphQL nor REST answers", async () => {
    const { issues } = await api([{ status: 200, body: { errors: [{ message: "no" }] } }, { status: 403, body: { message: "Resource not accessible by integration" } }]);
    expect(await issues.identity()).toBe("github-actions[bot]");
  });
});

describe("a request", () => {
  it.each([
    ["retry-after", { status: 403, headers: { "retry-after": "20" } }, 20_000],
    ["x-ratelimit-reset", { status: 429, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(Date.UTC(2026, 0, 1, 0, 1) / 1000) } }, 61_000],
    ["a secondary limit without a time", { status: 403, body: { message: "You have exceeded a secondary rate limit" } }, 60_000],
  ] as const)("waits as %s says, writes too", async (_, limit, waited) => {
    const { octokit, sent, lines, clock, start } = await api([limit]);
    await write(octokit);
    expect(sent).toHaveLength(2);
    expect(clock.now() - start).toBe(waited);
    expect(lines.join()).toContain("trying again");
  });

  it.each([
    ["longer than the run has", [{ status: 429, headers: { "retry-after": "200" } }], 1, 200_000],
    ["again and again", Array.from({ length: 9 }, () => ({ status: 429, headers: { "retry-after": "1" } })), 4, 1000],
  ])("fails where a limit asks to wait %s", async (_, answers, requests, waited) => {
    const { octokit, sent } = await api(answers);
    const error = await failure(read(octokit));
    expect(error).toMatchObject({ retryAfterMs: waited, httpStatus: 429 });
    expect(error.remedy).toContain("spread the runs");
    expect(sent).toHaveLength(requests);
  });

  it("is repeated after a lost response, unless it creates something", async () => {
    const reading = await api(["reset", { status: 502 }]);
    await read(reading.octokit);
    expect(reading.sent).toHaveLength(3);
    for (const answer of ["reset", { status: 502 }] as const) {
      const writing = await api([answer]);
      await failure(write(writing.octokit));
      expect(writing.sent).toHaveLength(1);
    }
    const labelling = await api(["reset"]);
    await labelling.octokit.rest.issues.addLabels({ owner: "o", repo: "r", issue_number: 1, labels: ["l"], request: REPEATABLE });
    expect(labelling.sent).toHaveLength(2);
    const down = await api(["reset", "reset", "reset"]);
    expect((await failure(read(down.octokit))).message).toBe("listing the issues: ghes.example could not be reached (ECONNRESET)");
  });

  it("is not sent once the run is cancelled", async () => {
    const { octokit, sent, stop } = await api([{ status: 403, headers: { "retry-after": "20" } }]);
    stop.abort(new Error("cancelled"));
    await expect(read(octokit)).rejects.toThrow("cancelled");
    expect(sent).toEqual([]);
  });

  it.each([
    [401, "Bad credentials", "github-token"],
    [403, "Resource not accessible by integration", "permissions: issues: write"],
    [403, "Something else", "See what GitHub says"],
    [404, "Not Found", "permissions: issues: write"],
    [410, "Issues has been disabled", "switch them on"],
    [422, "Validation Failed", "See what GitHub says"],
    [301, "Moved", "See what GitHub says"],
  ])("that is answered %i %s says what to do", async (status, message, remedy) => {
    const error = await failure(write((await api([{ status, body: { message } }])).octokit));
    expect(error.message).toBe(`making the issue: GitHub answered ${String(status)} (${message})`);
    expect(error.remedy).toContain(remedy);
  });
});
