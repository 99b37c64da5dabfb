/** The JSON report on disk. */
import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Report } from "../contract.ts";
import { withoutSecrets } from "../lib/redaction.ts";
import { shortened } from "../report/escape.ts";
import { codeOf } from "../lib/errors.ts";
import { number } from "../lib/plural.ts";

/**
 * Writes the report as JSON, readable by its owner only, and creates directories as needed. The file is replaced atomically. Secrets are
 * removed, because the runner masks the log only. Long texts and lists are shortened, and say so.
 *
 * @returns the absolute path
 * @throws the file system's error; no temporary file is left
 */
export function writeReport(path: string, report: Report): Promise<string> {
  return writeJson(path, report, withinLimits);
}

/**
 * Writes any JSON value in the same way.
 *
 * @param replace returns what to write in place of a value within it; by default secrets are removed, and nothing is shortened
 */
export async function writeJson(path: string, value: unknown, replace: (value: unknown) => unknown = redacted): Promise<string> {
  const target = resolve(path);
  const directory = dirname(target);
  await createDirectory(directory);
  await refuseSpecialFile(target);
  const temporary = join(directory, `.${basename(target)}.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(`${JSON.stringify(value, (_, part: unknown) => replace(part), 2)}\n`, "utf8");
      // Without a sync, a crash after the rename may leave an empty file.
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

/**
 * Creates a directory and those above it. `mkdir` of Node.js with `recursive` never ends in a file system that refuses a new directory
 * with ENOENT, such as /proc.
 */
async function createDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return;
    const parent = dirname(path);
    if (codeOf(error) !== "ENOENT" || parent === path) throw error;
    await createDirectory(parent);
    // A second ENOENT is a refusal. A concurrent run may have created the directory.
    await mkdir(path).catch((again: unknown) => {
      if (codeOf(again) !== "EEXIST") throw again;
    });
  }
}

/** Refuses to replace a directory or a device: as root, a rename would put a file in the place of `/dev/null`. */
async function refuseSpecialFile(path: string): Promise<void> {
  const existing = await stat(path).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  });
  if (existing?.isFile() === false) throw new Error(`${path} is ${existing.isDirectory() ? "a directory" : "not a regular file"}`);
}

function redacted(value: unknown): unknown {
  return typeof value === "string" ? withoutSecrets(value) : value;
}

/** UTF-16 units. Azure's longest error messages have about 2,000. */
const MAX_TEXT = 4000;
/** Items. Evidence and offenders are limited to fewer before, and count the rest themselves. */
const MAX_LIST = 100;

function withinLimits(value: unknown): unknown {
  if (typeof value === "string") return shortened(value, MAX_TEXT);
  if (!Array.isArray(value) || value.length <= MAX_LIST) return value;
  const items: readonly unknown[] = value;
  return [...items.slice(0, MAX_LIST), ...(typeof items[0] === "string" ? [`and ${number(items.length - MAX_LIST)} more`] : [])];
}
