/** Patience with GitHub: what is asked again, what is waited for, and what ends the try. Answers come from a recorded client. */
import { createHttpHeaders, type HttpClient, type PipelineRequest, RestError } from "@azure/core-rest-pipeline";
import { describe, expect, it } from "vitest";
import { type ApiRequest, GitHubApi, GitHubError } from "../../../src/github/drift-issue/api.ts";
import { simulatedContext } from "../../simulated-context.ts";

type Answer = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown } | "reset";

function api(answers: readonly Answer[], deadlineInMs = 180_000) {
  const { context, lines, stop } = simulatedContext({ deadlineInMs });
  const left = [...answers];
  const sent: PipelineRequest[] = [];
  const client: HttpClient = {
    sendRequest: (request) => {
      sent.push(request);
      const answer = left.shift() ?? { status: 200 };
      if (answer === "reset") return Promise.reject(new RestError("socket hang up", { code: "ECONNRESET", request }));
      return Promise.resolve({ request, status: answer.status, headers: createHttpHeaders(answer.headers ?? {}), bodyAsText: JSON.stringify(answer.body ?? {}) });
    },
  };
  const { clock, signal } = context;
  const log = { ...context.log, phase: () => undefined, end: () => undefined };
  return { api: new GitHubApi("https://ghes.example/api/v3/", "s3cret", { clock, log, signal, endsAt: context.deadlineAt }, client), sent, lines, stop, clock, start: clock.now() };
}

const READ: ApiRequest = { doing: "listing the issues", method: "GET", url: "https://ghes.example/api/v3/x" };
const WRITE: ApiRequest = { doing: "making the issue", method: "POST", url: "https://ghes.example/api/v3/x", body: { a: 1 } };

async function failure(sending: Promise<unknown>): Promise<GitHubError> {
  const error = await sending.then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(GitHubError);
  return error as GitHubError;
}

describe("GitHub's API", () => {
  it("gets the token, and nothing else does", async () => {
    const { api: github, sent, lines } = api([{ status: 200, headers: { link: '<https://evil.example/x?page=2>; rel="next"' } }]);
    expect((await github.send(READ)).next, "a page elsewhere is not asked for").toBeUndefined();
    expect(sent[0]?.headers.get("authorization")).toBe("Bearer s3cret");
    expect(lines.join()).not.toContain("s3cret");
  });

  it.each([
    ["retry-after", { status: 403, headers: { "retry-after": "20" } }, 20_000],
    ["x-ratelimit-reset", { status: 429, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(Date.UTC(2026, 0, 1, 0, 1) / 1000) } }, 61_000],
    ["a secondary limit without a time", { status: 403, body: { message: "You have exceeded a secondary rate limit" } }, 60_000],
  ] as const)("is waited for as %s says, writes too", async (_, limit, waited) => {
    const { api: github, sent, lines, clock, start } = api([limit]);
    await github.send(WRITE);
    expect(sent).toHaveLength(2);
    expect(clock.now() - start).toBe(waited);
    expect(lines.join()).toContain("trying again");
  });

  it.each([
    ["longer than the run has", [{ status: 429, headers: { "retry-after": "200" } }], 1],
    ["again and again", Array.from({ length: 9 }, () => ({ status: 429, headers: { "retry-after": "1" } })), 4],
  ])("is given up where it asks to wait %s", async (_, answers, requests) => {
    const { api: github, sent } = api(answers);
    const error = await failure(github.send(READ));
    expect(error).toMatchObject({ limited: true, status: 429 });
    expect(error.remedy).toContain("spread the runs");
    expect(sent).toHaveLength(requests);
  });

  it("is asked again after a lost answer, but told nothing twice", async () => {
    const reading = api(["reset", { status: 502 }]);
    await reading.api.send(READ);
    expect(reading.sent).toHaveLength(3);
    for (const answer of ["reset", { status: 502 }] as const) {
      const writing = api([answer]);
      await failure(writing.api.send(WRITE));
      expect(writing.sent).toHaveLength(1);
    }
    const down = api(["reset", "reset", "reset"]);
    expect((await failure(down.api.send(READ))).message).toBe("listing the issues: ghes.example could not be reached (ECONNRESET)");
  });

  it("is not waited for once the run is cancelled", async () => {
    const { api: github, sent, stop } = api([{ status: 403, headers: { "retry-after": "20" } }]);
    stop.abort(new Error("cancelled"));
    await expect(github.send(READ)).rejects.toThrow("cancelled");
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
  ])("%i %s: says what to do", async (status, message, remedy) => {
    const error = await failure(api([{ status, body: { message } }]).api.send(WRITE));
    expect(error.message).toBe(`making the issue: GitHub answered ${String(status)} (${message})`);
    expect(error.remedy).toContain(remedy);
  });
});
