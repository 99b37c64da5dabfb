/** The comment on a pull request: what apply would do, and what would stop it. Pure. Made of the sections of the job summary. */
import { count } from "../../lib/plural.ts";
import { code } from "../../report/escape.ts";
import { alert, blocks, details } from "../../report/markdown.ts";
import { type Allowance, allowances, type SummaryInput } from "../../report/summary/input.ts";
import { headline } from "../../report/summary/sections.ts";
import { plan } from "../../report/summary/steps.ts";
import { causes, failure } from "../../report/summary/what-to-do.ts";
import { causesOf } from "../../report/verdict.ts";

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
    namespaces.length === 0 ? "" : `Namespaces: ${namespaces.map((glob) => code(glob, allowance.text)).join(", ")}`,
    cut.length === 0 ? "" : alert("NOTE", `Left out to fit GitHub's limit for comments: ${cut.join(", ")}. The summary of the job has more.`),
    failure(report, allowance, help),
    plan(input, allowance),
    details(count(causesOf(report).length, "finding"), causes(report, allowance, help)),
  );
}
