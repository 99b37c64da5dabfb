/** The JSON report on disk. */
import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Report } from "../contract.ts";
import { withoutSecrets } from "../lib/redaction.ts";
import { shortened } from "../report/escape.ts";
import { number } from "../report/format.ts";

/**
 * Writes the report as JSON, readable by its owner only, creating directories as needed. A reader finds the former file or the
 * whole new one, never a part. Secrets are cut out: the runner masks nothing in files. What is longer than anybody would read is cut
 * short, and says so. Returns the absolute path. Rejects with the file system's error; then nothing is left behind.
 */
export function writeReport(path: string, report: Report): Promise<string> {
  return writeJson(path, report, withinLimits);
}

/**
 * The same for any value that JSON can say.
 *
 * @param told what is written in place of each text and list within it; nothing is cut short where it is left out
 */
export async function writeJson(path: string, value: unknown, told: (value: unknown) => unknown = inFull): Promise<string> {
  const target = resolve(path);
  const directory = dirname(target);
  await mkdir(directory, { recursive: true });
  const temporary = join(directory, `.${basename(target)}.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(`${JSON.stringify(value, (_, part: unknown) => told(part), 2)}\n`, "utf8");
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

function inFull(value: unknown): unknown {
  return typeof value === "string" ? withoutSecrets(value) : value;
}

/** Of a text, in UTF-16 units: Azure's longest errors have some two thousand. */
const LONGEST_TEXT = 4000;
/** The lists that can be long, of evidence and of offenders, are shorter than this when they come here, and say so themselves. */
const LONGEST_LIST = 100;

function withinLimits(value: unknown): unknown {
  if (typeof value === "string") return shortened(value, LONGEST_TEXT);
  if (!Array.isArray(value) || value.length <= LONGEST_LIST) return value;
  const items: readonly unknown[] = value;
  return [...items.slice(0, LONGEST_LIST), ...(typeof items[0] === "string" ? [`and ${number(items.length - LONGEST_LIST)} more`] : [])];
}
