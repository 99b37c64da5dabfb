/** Lists of GitHub's API, page by page. */
import { GitHubError } from "./github-error.ts";

/** Items of a page; the most that GitHub sends. */
export const PAGE = 100;
/** The most items of a list, so that a server that always names another page cannot keep a run busy. */
export const MAX_ITEMS = 10_000;

/** The items of all pages of a list. @param tooMany the error for more than {@link MAX_ITEMS} */
export async function allOf(pages: AsyncIterable<{ readonly data: unknown }>, tooMany: () => GitHubError): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  for await (const { data } of pages) {
    if (!Array.isArray(data)) throw unexpectedBody();
    if (items.length >= MAX_ITEMS) throw tooMany();
    const page: readonly unknown[] = data;
    items.push(...page);
  }
  return items;
}

/** The error for a response of another shape. Octokit's types are GitHub's promise: a proxy may send something else. */
export function unexpectedBody(): GitHubError {
  return new GitHubError("the response is not what GitHub's API sends", "Check GITHUB_API_URL.");
}
