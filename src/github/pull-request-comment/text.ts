/** The comment on a pull request: what apply would do, and what would stop it. Pure. Made of the sections of the job summary. */
import { count } from "../../lib/plural.ts";
import { code } from "../../report/escape.ts";
import { alert, andMore, blocks, details } from "../../report/markdown.ts";
import { type Allowance, allowances, type SummaryInput } from "../../report/summary/input.ts";
import { headline } from "../../report/summary/sections.ts";
import { plan } from "../../report/summary/steps.ts";
import { causes, failure } from "../../report/summary/what-to-do.ts";
import { causesOf } from "../../report/verdict.ts";

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
  const help = input.links.troubleshooting;
  return blocks(
    headline(input, allowance),
    scope(namespaces),
    cut.length === 0 ? "" : alert("NOTE", `Left out to fit GitHub's limit for comments: ${cut.join(", ")}. The summary of the job has more.`),
    failure(input, allowance),
    plan(input, allowance),
    details(count(causesOf(report).length, "finding"), causes(report, allowance, help)),
  );
}

/** The namespaces that the plan is about; empty for all. */
function scope(namespaces: readonly string[]): string {
  const shown = namespaces.slice(0, MAX_NAMESPACES).map((glob) => code(glob));
  const more = andMore(namespaces.length - shown.length);
  return shown.length === 0 ? "" : `Namespaces: ${[shown.join(", "), more].filter((part) => part !== "").join(" ")}`;
}
