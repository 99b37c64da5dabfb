/** The files by which a step hands outputs and its summary to the runner. */
import { statSync } from "node:fs";

/**
 * Refuses a named pipe: opening one for writing blocks the process until somebody reads it.
 *
 * @param variable the environment variable with the path: `GITHUB_OUTPUT`
 * @throws Error if the path is a named pipe. Any other problem is left to the writer.
 */
export function refusePipe(variable: string): void {
  const path = process.env[variable] ?? "";
  if (path !== "" && statSync(path, { throwIfNoEntry: false })?.isFIFO() === true) throw new Error(`${path} is a named pipe`);
}
