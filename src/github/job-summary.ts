/** The job summary of the step. */
import * as core from "@actions/core";
import { refuseBlockingFile } from "./command-file.ts";

/**
 * Writes the page, in place of any that this step wrote before.
 *
 * @returns whether it was written. The `GITHUB_STEP_SUMMARY` file may be missing or read-only, which does not fail a run.
 */
export async function writeSummary(page: string, write: (page: string) => Promise<unknown> = overwriteSummary): Promise<boolean> {
  try {
    await write(page);
    return true;
  } catch {
    return false;
  }
}

/** Does the work of {@link writeSummary}. Rejects with the reason if the page cannot be written. */
export async function overwriteSummary(page: string): Promise<void> {
  await refuseBlockingFile("GITHUB_STEP_SUMMARY");
  await core.summary.emptyBuffer().addRaw(page).write({ overwrite: true });
}
