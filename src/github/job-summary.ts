/** The job summary of the step. */
import * as core from "@actions/core";

/**
 * Writes the page, in place of any that this step wrote before.
 *
 * @returns whether it was written. The `GITHUB_STEP_SUMMARY` file may be missing or read-only, which does not fail a run.
 */
export async function writeSummary(page: string, write: (page: string) => Promise<unknown> = overwrite): Promise<boolean> {
  try {
    await write(page);
    return true;
  } catch {
    return false;
  }
}

function overwrite(page: string): Promise<unknown> {
  return core.summary.emptyBuffer().addRaw(page).write({ overwrite: true });
}
