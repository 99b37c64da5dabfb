/** The files by which a step hands outputs and its summary to the runner. */
import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";

/**
 * Finds out whether a file can be opened without blocking the process. `@actions/core` writes outputs by synchronous calls, and no time
 * limit ends such a call. So the file is opened by an asynchronous call first, which is given up where a network file system does not answer.
 * A terminal whose output is stopped still blocks; no runner sets one.
 *
 * @param variable the environment variable with the path: `GITHUB_OUTPUT`
 * @throws Error if the path is a named pipe: writing to one waits for somebody to read it. Any other problem is left to the writer.
 */
export async function refuseBlockingFile(variable: string): Promise<void> {
  const path = process.env[variable] ?? "";
  if (path === "") return;
  const file = await stat(path).catch(() => undefined);
  if (file?.isFIFO() === true) throw new Error(`${path} is a named pipe`);
  await open(path, constants.O_WRONLY).then((opened) => opened.close(), () => undefined);
}
