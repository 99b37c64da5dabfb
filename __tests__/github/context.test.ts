import { describe, expect, it } from "vitest";
import { workflowOf } from "../../src/github/context.ts";

const CONTEXT = { apiUrl: "https://api.github.com", serverUrl: "https://github.com", repo: { owner: "contoso", repo: "platform" }, runId: 42 };

describe("the workflow", () => {
  it("is that of the runner's context", () => {
    const run = { url: "https://github.com/contoso/platform/actions/runs/42", id: "42" };
    expect(workflowOf(CONTEXT)).toEqual({ apiUrl: "https://api.github.com", repository: { owner: "contoso", repo: "platform" }, run });
    expect(workflowOf({ ...CONTEXT, serverUrl: "https://github.com/" }).run).toEqual(run);
    expect(workflowOf({ ...CONTEXT, apiUrl: " " }).apiUrl).toBe("https://api.github.com");
  });

  it.each([
    ["GITHUB_RUN_ID", { runId: Number.NaN }],
    ["GITHUB_SERVER_URL", { serverUrl: "javascript:x" }],
    ["GITHUB_SERVER_URL", { serverUrl: "https://github.com/) [x](y" }],
  ])("has no link where %s is %j", (_, value) => {
    expect(workflowOf({ ...CONTEXT, ...value }).run).toEqual({ url: "", id: "" });
  });

  it.each([{ owner: "a b", repo: "c" }, { owner: "a", repo: "" }, { owner: "a" } as { owner: string; repo: string }])("is none where the repository is %j", (repo) => {
    expect(() => workflowOf({ ...CONTEXT, repo })).toThrow("no repository");
  });

  it("is none where the context has no repository", () => {
    const context = {
      ...CONTEXT,
      get repo(): { owner: string; repo: string } {
        throw new Error("context.repo requires a GITHUB_REPOSITORY environment variable");
      },
    };
    expect(() => workflowOf(context)).toThrow("GITHUB_REPOSITORY");
  });
});
