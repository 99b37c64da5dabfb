/** Each news is one comment, however many runs find it out. */
import { describe, expect, it } from "vitest";
import type { Comment } from "../../../src/github/comments.ts";
import { postOnce } from "../../../src/github/drift-issue/news.ts";
import { GitHubError } from "../../../src/github/github-error.ts";
import { simulatedContext } from "../../simulated-context.ts";
import { ME, rememberingTracker } from "./remembering-tracker.ts";


const MARK = "<!-- istio-cni-aks-news 0a1b -->";

/** Posts `text` on an issue that has `comments`. `overlapping` is what another run posts in between. */
async function post(comments: readonly Partial<Comment>[], overlapping?: Partial<Comment>, refusal?: Error): Promise<{ readonly bodies: readonly string[]; readonly log: readonly string[] }> {
  const { context, lines } = simulatedContext();
  const all: Comment[] = comments.map((comment, index) => ({ id: 10 + index, author: ME, body: "", ...comment }));
  const { issues } = rememberingTracker();
  const tracker = {
    ...issues,
    comments: () => Promise.resolve([...all]),
    comment: (_: number, body: string) => {
      if (refusal !== undefined) return Promise.reject(refusal);
      all.push({ id: 50, author: ME, body });
      if (overlapping !== undefined) all.push({ id: 0, author: ME, body: "", ...overlapping });
      return Promise.resolve(50);
    },
    deleteComment: (id: number) => {
      all.splice(all.findIndex((comment) => comment.id === id), 1);
      return Promise.resolve();
    },
  };
  await postOnce({ tracker, identity: ME, log: context.log }, 1, "0a1b", "It drifts.");
  return { bodies: all.map(({ id, body }) => `${String(id)} ${body}`), log: lines };
}

describe("news", () => {
  it("are a comment that begins with the key, which nobody sees", async () => {
    expect(await post([])).toEqual({ bodies: [`50 ${MARK}\nIt drifts.`], log: [] });
  });

  it.each<[string, Partial<Comment>, boolean]>([
    ["another run posted", { body: `${MARK}\nIt drifts.` }, false],
    ["this login posted, in another case of letters", { body: MARK, author: "GitHub-Actions[bot]" }, false],
    ["somebody else posted", { body: MARK, author: "mallory" }, true],
    ["a comment quotes", { body: `> ${MARK}` }, true],
    ["have another key", { body: MARK.replace("0a1b", "0a1c") }, true],
  ])("that %s are posted: %#", async (_, comment, isPosted) => {
    expect((await post([comment])).bodies).toHaveLength(isPosted ? 2 : 1);
  });

  it.each<[string, Partial<Comment>, readonly number[]]>([
    ["before this one, are left to that run", { id: 49, body: MARK }, [49]],
    ["after this one, are left to this run", { id: 51, body: MARK }, [50, 51]],
    ["of other content, are not compared", { id: 49, body: "It drifts." }, [49, 50]],
  ])("that an overlapping run posts %s", async (_, overlapping, ids) => {
    const { bodies } = await post([], overlapping);
    expect(bodies.map((body) => Number(body.split(" ")[0])).sort()).toEqual(ids);
  });

  it.each([403, 410, 422])("are left out of a conversation that takes no comments: %d", async (status) => {
    const { bodies, log } = await post([], undefined, new GitHubError("locked", "", status));
    expect({ bodies, log }).toEqual({ bodies: [], log: ["no comment: locked"] });
  });

  it.each([
    ["a rate limit", new GitHubError("slow down", "", 403, 60_000)],
    ["a failure of GitHub", new GitHubError("bad gateway", "", 502)],
    ["no response", new GitHubError("reset", "")],
    ["a fault of this program", Object.assign(new TypeError("undefined"), { status: 403 })],
  ])("are posted by the next run after %s", async (_, refusal) => {
    await expect(post([], undefined, refusal)).rejects.toBe(refusal);
  });
});
