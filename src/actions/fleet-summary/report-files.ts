/** Finds report files on disk and reads them. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { messageOf } from "../../lib/errors.ts";
import { parseJson } from "../../lib/json.ts";
import { globMatches } from "../../istio/injection/namespace-scope.ts";
import { decodeReport, type FleetReport } from "./decode-report.ts";

export interface ReadReports {
  readonly reports: readonly FleetReport[];
  /** Files that are no reports, and why. */
  readonly unreadable: readonly { readonly path: string; readonly problem: string }[];
}

/** A report lists at most some hundred pods; nothing near this size is one. */
const LARGEST_FILE = 32 * 1024 * 1024;

/**
 * The reports behind paths: a directory (every `*.json` below it), a file, or a glob, in which `*` is any text within a name and `**`
 * any folders. What is not there has no reports; symbolic links inside are not followed.
 */
export async function readReports(paths: readonly string[]): Promise<ReadReports> {
  const files = new Set<string>();
  for (const path of paths) for (const file of await filesOf(path)) files.add(file);
  const reports: FleetReport[] = [];
  const unreadable: { path: string; problem: string }[] = [];
  for (const file of [...files].sort()) {
    const path = relative(process.cwd(), file);
    const read = await readOne(file);
    if (typeof read === "string") unreadable.push({ path, problem: read });
    else reports.push(read);
  }
  return { reports, unreadable };
}

/** The report, or what is wrong with the file. */
async function readOne(file: string): Promise<FleetReport | string> {
  let content: string;
  try {
    const { size } = await stat(file);
    if (size > LARGEST_FILE) return `it has ${size} bytes: too large for a report`;
    content = await readFile(file, "utf8");
  } catch (error) {
    return `it cannot be read: ${messageOf(error)}`;
  }
  const json = parseJson(content);
  if (json === undefined) return "it is not JSON";
  const report = decodeReport(json);
  return "problem" in report ? report.problem : report;
}

/** Absolute paths of the files. */
async function filesOf(path: string): Promise<readonly string[]> {
  const parts = path.split(/[\\/]+/);
  const firstGlob = parts.findIndex((part) => part.includes("*"));
  if (firstGlob < 0) {
    const there = await stat(path).catch(() => undefined);
    if (there === undefined) return [];
    return there.isDirectory() ? (await filesBelow(resolve(path))).filter((file) => file.endsWith(".json")) : [resolve(path)];
  }
  const base = resolve(parts.slice(0, firstGlob).join("/") || (path.startsWith("/") ? "/" : "."));
  const pattern = parts.slice(firstGlob);
  return (await filesBelow(base)).filter((file) => matches(pattern, relative(base, file).split(sep)));
}

async function filesBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Whether the names of a path fit a glob's, one by one; `**` stands for any number of them. */
function matches(pattern: readonly string[], names: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return names.length === 0;
  if (first === "**") return matches(rest, names) || (names.length > 0 && matches(pattern, names.slice(1)));
  const [name, ...others] = names;
  return name !== undefined && globMatches(first, name) && matches(rest, others);
}
