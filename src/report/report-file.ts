/** The JSON report on disk. */
import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Report } from "../contract.ts";
import { withoutSecrets } from "../secrets.ts";

/**
 * Writes the report as JSON, readable by its owner only, creating directories as needed. A reader finds the former file or the
 * whole new one, never a part. Secrets are cut out: the runner masks nothing in files. Returns the absolute path. Rejects with the
 * file system's error; then nothing is left behind.
 */
export function writeReport(path: string, report: Report): Promise<string> {
  return writeJson(path, report);
}

/** The same for any value that JSON can say. */
export async function writeJson(path: string, value: unknown): Promise<string> {
  const target = resolve(path);
  const directory = dirname(target);
  await mkdir(directory, { recursive: true });
  const temporary = join(directory, `.${basename(target)}.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(`${JSON.stringify(value, secretsCutOut, 2)}\n`, "utf8");
      // Without it a crash may leave an empty file under the final name.
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return target;
}

function secretsCutOut(_: string, value: unknown): unknown {
  return typeof value === "string" ? withoutSecrets(value) : value;
}
