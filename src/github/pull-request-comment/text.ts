/** The comment on a pull request: what apply would do, and what would stop it. Pure. Made of the sections of the job summary. */
import type { Report } from "../../contract.ts";
import { count } from "../../lib/plural.ts";
import { code, markdown } from "../../report/escape.ts";
import { alert, andMore, blocks, details, list } from "../../report/markdown.ts";
import { type Allowance, allowances, type SummaryInput } from "../../report/summary/input.ts";
import { failure, headline, request, steps } from "../../report/summary/sections.ts";

const MAX_NAMESPACES = 20;

/**
 * The plan as Markdown of at most `limit` UTF-16 units. If it would be longer, parts are left out, the least urgent first.
 *
 * @param namespaces the input; empty for all
 */
export function planComment(input: SummaryInput, namespaces: readonly string[], limit: number): string {
  for (const { allowance, cut } of allowances()) {
    const text = commentWith(input, namespaces, allowance, cut);
    if (text.length <= limit) return text;
  }
  return "## The plan is too long for a comment: see the summary of the job.";
}

function commentWith(input: SummaryInput, namespaces: readonly string[], allowance: Allowance, cut: readonly string[]): string {
  const { report } = input;
  return blocks(
    headline(input, allowance),
    scope(namespaces),
    cut.length === 0 ? "" : alert("NOTE", `Left out to fit GitHub's limit for comments: ${cut.join(", ")}. The summary of the job has more.`),
    failure(report, allowance),
    steps(report, allowance),
    request(input, allowance),
    findings(report, allowance),
  );
}

/** The namespaces that the plan is about; empty for all. */
function scope(namespaces: readonly string[]): string {
  const shown = namespaces.slice(0, MAX_NAMESPACES).map((glob) => code(glob));
  const more = andMore(namespaces.length - shown.length);
  return shown.length === 0 ? "" : `Namespaces: ${[shown.join(", "), more].filter((part) => part !== "").join(" ")}`;
}

/** The failed checks, with what to do about each. */
function findings({ checks }: Report, { text }: Allowance): string {
  const failing = checks.filter(({ result }) => result === "fail");
  const lines = failing.map(({ title, message, remedy }) => `**${markdown(title, text)}**: ${markdown(`${message} ${remedy}`.trim(), text)}`);
  return details(`${count(failing.length, "check")} failed`, list(lines));
}
