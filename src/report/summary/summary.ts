/** The job summary: the status first, then the failed checks with their remedies, then everything else. Pure. */
import { utf8Bytes } from "../format.ts";
import { lastWrites } from "../last-writes.ts";
import { checks, kubernetesWarnings, pods } from "./checks.ts";
import { type Allowance, allowances, type SummaryInput } from "./input.ts";
import { alert, blocks } from "../markdown.ts";
import { facts, failure, footer, headline, request, steps } from "./sections.ts";

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
    failure(input.report, least),
    footer(input, least),
  )}\n`;
}

function render(input: SummaryInput, allowance: Allowance, cut: readonly string[]): string {
  const { report } = input;
  const checked = checks(report, allowance);
  const failing = report.checks.some(({ result }) => result === "fail" || result === "warn");
  return `${blocks(
    headline(input, allowance),
    shortened(cut),
    failure(report, allowance),
    lastWrites(input.lastWrites, allowance.text),
    // Failed checks come before the cluster's properties, passed checks after them.
    failing ? checked : "",
    facts(input, allowance),
    steps(report, allowance),
    request(input, allowance),
    failing ? "" : checked,
    pods(report, allowance),
    kubernetesWarnings(input.warnings, allowance),
    footer(input, allowance),
  )}\n`;
}

function shortened(cut: readonly string[]): string {
  if (cut.length === 0) return "";
  return alert("NOTE", `Left out to fit GitHub's limit of 1 MiB: ${cut.join(", ")}. The JSON report has them.`);
}
