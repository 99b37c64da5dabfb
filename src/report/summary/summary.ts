/** The job summary: one page that says first how it stands, then why, then what to do, then everything else. */
import * as core from "@actions/core";
import { utf8Bytes } from "../format.ts";
import { checks, kubernetesWarnings, pods } from "./checks.ts";
import { allowances } from "./input.ts";
import type { Allowance, SummaryInput } from "./input.ts";
import { alert, blocks } from "../markdown.ts";
import { facts, failure, footer, headline, request, steps } from "./sections.ts";

export type { SummaryInput } from "./input.ts";

/** GitHub drops the summary of a step whole when it is larger (UTF-8 bytes). */
export const SUMMARY_LIMIT = 1024 * 1024;

/**
 * The job summary as GitHub Markdown, never above {@link SUMMARY_LIMIT}. Where all would be too much, whole parts go, the
 * least urgent first, and a note at the top names them. Pure.
 */
export function renderSummary(input: SummaryInput): string {
  for (const { allowance, cut } of allowances()) {
    const page = render(input, allowance, cut);
    if (utf8Bytes(page) <= SUMMARY_LIMIT) return page;
  }
  // Only a report with far more checks or steps than there are ids comes here: what stands is told, the rest is named.
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
    // What is wrong comes before what the cluster is; what is well comes after.
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

/**
 * Hands the page to the runner, in place of what this step wrote before. False where the runner takes none: the
 * `GITHUB_STEP_SUMMARY` file is missing or cannot be written, which is no reason for a run to fail.
 */
export async function writeSummary(page: string, write: (page: string) => Promise<unknown> = toRunner): Promise<boolean> {
  try {
    await write(page);
    return true;
  } catch {
    return false;
  }
}

function toRunner(page: string): Promise<unknown> {
  return core.summary.emptyBuffer().addRaw(page).write({ overwrite: true });
}
