/** Finds report files on disk and reads them. */
// Not by name: Node 20, on which only the build and the tests run, cannot load a bundle that imports `glob` by name.
import fs from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { messageOf } from "../../lib/errors.ts";
import { parseJson } from "../../lib/json.ts";
import { decodeReport, type FleetReport, type InvalidReport } from "./decode-report.ts";

export interface ReadReports {
  readonly reports: readonly FleetReport[];
  /** Files that are not reports, or not of a version that can be read, and why. */
  readonly unreadable: readonly UnreadableFile[];
}

export interface UnreadableFile extends InvalidReport {
  readonly path: string;
}

/** Bytes. A report lists at most some hundred pods and is far smaller. */
const LARGEST_FILE = 32 * 1024 * 1024;

/**
 * Reads the reports at paths. A path is a directory (every `*.json` below it), a file, or a glob as in Node's `fs.glob`: `*` matches
 * within a name, `**` any folders, and neither a name that begins with a dot. A path that does not exist has no reports. Symbolic
 * links below the directory or the first `*` are not followed.
 */
export async function readReports(paths: readonly string[]): Promise<ReadReports> {
  const files = new Set<string>();
  for (const path of paths) for (const file of await filesOf(path)) files.add(file);
  const reports: FleetReport[] = [];
  const unreadable: UnreadableFile[] = [];
  for (const file of [...files].sort()) {
    const path = relative(process.cwd(), file);
    const read = await readOne(file);
    if ("problem" in read) unreadable.push({ path, ...read });
    else reports.push(read);
  }
  return { reports, unreadable };
}

/** The report, or why the file is not one. */
async function readOne(file: string): Promise<FleetReport | InvalidReport> {
  const noReport = (problem: string): InvalidReport => ({ problem, clusterId: "" });
  let content: string;
  try {
    const { size } = await fs.stat(file);
    if (size > LARGEST_FILE) return noReport(`it has ${size} bytes: too large for a report`);
    content = await fs.readFile(file, "utf8");
  } catch (error) {
    return noReport(`it cannot be read: ${messageOf(error)}`);
  }
  const json = parseJson(content);
  return json === undefined ? noReport("it is not JSON") : decodeReport(json);
}

/** Absolute paths of the files. The folders before the first `*` are literal, whatever characters their names have. */
async function filesOf(path: string): Promise<readonly string[]> {
  const parts = path.split(/[\\/]+/);
  const firstGlob = parts.findIndex((part) => part.includes("*"));
  if (firstGlob >= 0) return filesMatching(parts.slice(firstGlob).join("/"), resolve(parts.slice(0, firstGlob).join("/") || (path.startsWith("/") ? "/" : ".")));
  const found = await fs.stat(path).catch(() => undefined);
  if (found === undefined) return [];
  if (!found.isDirectory()) return [resolve(path)];
  const entries = await fs.readdir(resolve(path), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile() && entry.name.endsWith(".json")).map((entry) => join(entry.parentPath, entry.name));
}

async function filesMatching(pattern: string, base: string): Promise<readonly string[]> {
  const realBase = await fs.realpath(base).catch(() => base);
  const files: string[] = [];
  for await (const entry of fs.glob(pattern, { cwd: base, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const real = await fs.realpath(file).catch(() => undefined);
    // Part of the pattern without `*` may be a symbolic link: `fs.glob` follows it.
    if (entry.isFile() && real === join(realBase, relative(base, file))) files.push(file);
  }
  return files;
}
