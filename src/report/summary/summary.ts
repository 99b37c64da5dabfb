/** The job summary: the verdict, what is proven, what to do; everything else folded. Pure. */
import { utf8Bytes } from "../format.ts";
import { lastWrites } from "../last-writes.ts";
import { alert, blocks, details } from "../markdown.ts";
import { kubernetesWarnings, otherChecks, pods } from "./checks.ts";
import { type Allowance, allowances, type SummaryInput } from "./input.ts";
import { beforeAndAfter, facts, footer, headline } from "./sections.ts";
import { plan, request, steps } from "./steps.ts";
import { causes, failure, warnings } from "./what-to-do.ts";

/** UTF-8 bytes. GitHub drops a larger summary of a step as a whole. */
export const SUMMARY_LIMIT = 1024 * 1024;

/**
 * The job summary as GitHub Markdown of at most {@link SUMMARY_LIMIT} bytes. If it would be larger, parts are left out, the least
 * urgent first, and a note at the top names them.
 */
export function renderSummary(input: SummaryInput): string {
  for (const { allowance, cut } of allowances()) {
    const page = render(input, allowance, cut);
    if (utf8Bytes(page) <= SUMMARY_LIMIT) return page;
  }
  // Only a report with far more checks or steps than there are IDs gets here.
  const least: Allowance = { offenders: 0, evidence: 0, warnings: 0, differences: 0, text: 200 };
  return `${blocks(
    headline(input, least),
    shortened(["everything but the verdict"]),
    failure(input, least),
    footer(input, least),
  )}\n`;
}

function render(input: SummaryInput, allowance: Allowance, cut: readonly string[]): string {
  const { report, links } = input;
  const help = links.troubleshooting;
  return `${blocks(
    headline(input, allowance),
    shortened(cut),
    // After a change, only a write that the change undid is of interest.
    report.status === "changed" && (report.lastWrites ?? []).length === 0 ? "" : lastWrites(input.lastWrites, allowance.text),
    beforeAndAfter(report),
    failure(input, allowance),
    plan(input, allowance),
    causes(report, allowance, help),
    warnings(report, allowance, help),
    report.mode === "plan" ? "" : details("The request to Azure", request(input, allowance)),
    steps(report, allowance),
    pods(report, allowance),
    otherChecks(report, allowance),
    kubernetesWarnings(input.warnings, allowance),
    details("Cluster facts", facts(input, allowance)),
    footer(input, allowance),
  )}\n`;
}

function shortened(cut: readonly string[]): string {
  if (cut.length === 0) return "";
  return alert("NOTE", `Left out to fit GitHub's limit of 1 MiB: ${cut.join(", ")}. The JSON report has them.`);
}
